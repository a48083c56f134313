"""One dead net of 16 layers, and four changes that each revive it."""

import matplotlib.pyplot as plt
import torch
from torch import nn

from lego.datasets import digits
from lego.diagnostics import gradient_norms
from lego.preprocessing import Standardize
from lego.stack import mlp
from lego.training import accuracy, fit


class Shortcut(nn.Sequential):
    def forward(self, x):
        return x + super().forward(x)


rng = torch.Generator().manual_seed(0)
x, y = digits(generator=rng).all
x = Standardize(x[:1000])(x)
widths, sigmoid = [64] * 16 + [10], {"activation": "sigmoid", "generator": rng}
sigmoid["init"] = "xavier_normal"
nothing, larger, plain = (mlp(widths, **sigmoid) for _ in range(3))
for layer in larger[:-1:2]:
    layer.weight.data *= 8
blocks = [Shortcut(*plain[i : i + 2]) for i in range(0, 30, 2)]
nets = {"nothing": nothing, "larger weights": larger}
nets["tanh instead"] = mlp(widths, "tanh", init="xavier_normal", generator=rng)
nets["batch norm"] = mlp(widths, **sigmoid, norm="batch")
nets["shortcuts"] = nn.Sequential(*blocks, plain[-1])
norms, scores, train = {}, {}, {"lr": 0.1, "batch_size": 64, "clip_norm": 1}
figure, axes = plt.subplots()
for (name, model), mark in zip(nets.items(), "osv^D", strict=True):
    norms[name] = list(gradient_norms(model, x[:1000], y[:1000]).values())
    axes.semilogy(range(1, 17), norms[name], mark + "-", label=name)
    fit(model, x[:1000], y[:1000], steps=200, **train, generator=rng)
    scores[name] = accuracy(model.eval(), x[1000:], y[1000:])
    print(f"{name:14}  layer 1: {norms[name][0]:.0e}, {scores[name]:.2f} right")
axes.set(xlabel="layer", ylabel="norm of the weight gradient")
axes.legend(loc="lower right")
plt.show()
