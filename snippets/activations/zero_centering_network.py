"""Centering a deep net's sigmoids pays most at large learning rates."""

import matplotlib.pyplot as plt
import torch

from lego.activations import Elementwise, sigmoid
from lego.datasets import digits
from lego.preprocessing import Standardize
from lego.stack import mlp
from lego.training import fit

x, y = digits().train
x = Standardize(x)(x)
bricks = {
    "sigmoid": lambda: Elementwise(sigmoid),
    "sigmoid minus 1/2": lambda: Elementwise(lambda z: sigmoid(z) - 0.5),
}
rates, needed = [1.0, 2.0, 4.0], {}
figure, axes = plt.subplots()
for (name, brick), style in zip(bricks.items(), ["C0o-", "C4s--"], strict=True):
    needed[name] = []
    for rate in rates:
        generator = torch.Generator().manual_seed(0)
        settings = {"init": "xavier_normal", "generator": generator}
        model = mlp([64, 32, 32, 32, 10], brick, **settings)
        settings = {"batch_size": 64, "generator": generator}
        losses = fit(model, x, y, steps=320, lr=rate, **settings).loss
        smooth = torch.tensor(losses).unfold(0, 10, 1).mean(dim=1)
        needed[name].append((smooth < 0.3).nonzero()[0].item() + 10)
    axes.plot(rates, needed[name], style, label=name)
    print(f"{name}: steps", *needed[name])
axes.set(xlabel="learning rate", xticks=rates, ylim=(0, None))
axes.set(ylabel="steps to a training loss of 0.3")
axes.legend()
plt.show()
