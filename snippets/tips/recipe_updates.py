"""A useful rate moves a layer by some thousandths of its size per step."""

import matplotlib.pyplot as plt
import torch

from lego.datasets import digits
from lego.preprocessing import Standardize
from lego.stack import mlp
from lego.training import accuracy, fit

inputs, labels = digits().all
x = Standardize(inputs[:1000])(inputs)

ratios, scores = {}, {}
figure, axes = plt.subplots()
for rate, style in ((0.001, "--"), (0.1, "-"), (10.0, "-.")):
    rng = torch.Generator().manual_seed(0)
    model = mlp([64, 64, 64, 10], "tanh", init="xavier_normal", generator=rng)
    weight = model[2].weight
    ratios[rate] = []

    def note(step, net, rate=rate, weight=weight):
        ratio = rate * weight.grad.norm() / weight.norm()
        ratios[rate].append(ratio.item())

    fit(model, x[:1000], labels[:1000], steps=150, lr=rate, batch_size=64,
        watch=note, generator=rng)  # fmt: skip
    scores[rate] = accuracy(model, x[1000:], labels[1000:])
    middle = torch.tensor(ratios[rate]).median()
    print(f"rate {rate}: update/weight {middle:.0e}", end=", ")
    print(f"accuracy {scores[rate]:.2f}")
    axes.semilogy(ratios[rate], style, label=f"rate {rate}")
axes.axhspan(3e-4, 3e-2, alpha=0.15, color="gray")
axes.set(xlabel="step", ylabel="size of the update / size of the weight")
axes.legend()
plt.show()
