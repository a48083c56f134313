"""Ten sigmoid layers shrink the gradient a millionfold, tanh and ReLU don't."""

import matplotlib.pyplot as plt
import torch

from lego.diagnostics import gradient_norms
from lego.plotting import look
from lego.stack import mlp

generator = torch.Generator().manual_seed(0)
inputs = torch.randn(256, 64, generator=generator)
targets = torch.randint(2, (256,), generator=generator)
inits = {
    "sigmoid": "xavier_normal",
    "tanh": "xavier_normal",
    "relu": "he_normal",
}

norms = {}
figure, axes = plt.subplots()
for name, init in inits.items():
    model = mlp([64] * 10 + [2], name, init=init, generator=generator)
    norms[name] = list(gradient_norms(model, inputs, targets).values())
    axes.semilogy(range(1, 11), norms[name], marker="o", **look(name))
    print(
        f"{name:8} last layer / first: {norms[name][-1] / norms[name][0]:.0e}"
    )

axes.set(xlabel="layer, counted from the input", xticks=range(1, 11))
axes.set(ylabel="norm of the weight gradient")
axes.legend()
plt.show()
