"""At a fifth of the right size all gradients are a thousand times too small."""

import matplotlib.pyplot as plt
import torch

from lego.diagnostics import gradient_norms
from lego.initialization import initialize
from lego.stack import mlp

width, rng = 512, torch.Generator().manual_seed(0)
x = torch.randn(256, width, generator=rng)
y = torch.randint(10, (256,), generator=rng)
scales = {"0.2/√n": 0.2, "1/√n": 1.0, "3/√n": 3.0}

norms = {}
figure, axes = plt.subplots()
for (name, scale), style in zip(
    scales.items(), ("s--", "o-", "^-."), strict=True
):
    model = mlp([width] * 6 + [10], "tanh", generator=rng)
    initialize(model, "normal", std=scale / width**0.5, generator=rng)
    norms[name] = list(gradient_norms(model, x, y).values())
    axes.semilogy(range(1, 7), norms[name], style, label=f"std {name}")
axes.set(xlabel="layer", ylabel="norm of the weight gradient")
axes.legend()
plt.show()
