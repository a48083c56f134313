"""Ten layers of sigmoids leave the first layer a gradient a million times smaller than the last; tanh and ReLU do not."""

import matplotlib.pyplot as plt
import torch

from lego.diagnostics import gradient_norms
from lego.plotting import look
from lego.stack import mlp

generator = torch.Generator().manual_seed(0)
inputs = torch.randn(256, 64, generator=generator)
targets = torch.randint(2, (256,), generator=generator)

norms = {}
figure, axes = plt.subplots()
for name, init in [("sigmoid", "xavier_normal"), ("tanh", "xavier_normal"), ("relu", "he_normal")]:
    model = mlp([64] * 10 + [2], activation=name, init=init, generator=generator)
    norms[name] = list(gradient_norms(model, inputs, targets).values())
    axes.semilogy(range(1, 11), norms[name], marker="o", **look(name))
    print(f"{name:8} last layer / first layer: {norms[name][-1] / norms[name][0]:.1e}")

axes.set(xlabel="layer, counted from the input", ylabel="norm of the weight gradient", xticks=range(1, 11))
axes.legend()
plt.show()
