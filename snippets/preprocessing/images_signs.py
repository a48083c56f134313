"""Positive pixels: all gradients of a unit's weights share one sign."""

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F

from lego.datasets import digits
from lego.preprocessing import Center
from lego.stack import mlp

rng = torch.Generator().manual_seed(0)
x, y = digits(generator=rng).train
inputs = {"0 to 1": x / 16, "centered": Center(x)(x) / 16}

share, counts = {}, (1, 2, 4, 8, 16, 32, 64)
figure, axes = plt.subplots()
styles = iter(("o-", "s--"))
for name, images in inputs.items():
    model = mlp([64, 100, 10], "tanh", init="xavier_normal", generator=rng)
    for count in counts:
        loss = F.cross_entropy(model(images[:count]), y[:count])
        (gradient,) = torch.autograd.grad(loss, model[0].weight)
        one_sign = (gradient >= 0).all(1) | (gradient <= 0).all(1)
        share[name, count] = one_sign.double().mean().item()
    curve = [share[name, count] for count in counts]
    axes.semilogx(counts, curve, next(styles), base=2, label=f"pixels {name}")
    print(f"{name:9}", *(f"{value:.0%}" for value in curve))
axes.set(xlabel="images in the batch", ylabel="share of units, one sign")
axes.legend()
plt.show()
