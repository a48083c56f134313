"""Forty blocks with He's weights end in NaN; Fixup's start as the identity."""

import matplotlib.pyplot as plt
import torch
from torch import nn

from lego.datasets import digits
from lego.initialization import initialize
from lego.preprocessing import Standardize
from lego.stack import mlp
from lego.training import accuracy, fit

torch.manual_seed(0)


class Block(nn.Sequential):
    def forward(self, x):
        return x + super().forward(x)


x, y = digits(generator=torch.Generator().manual_seed(0)).all
x = Standardize(x[:1000])(x)
sizes, scores = {}, {}
figure, axes = plt.subplots()
for scheme, style in (("he_normal", "s--"), ("fixup", "o-")):
    rng = torch.Generator().manual_seed(0)
    blocks = [Block(*mlp([64, 64, 64])) for _ in range(40)]
    model = nn.Sequential(*blocks, nn.Linear(64, 10))
    parts = {"branches": blocks, "head": model[-1]} if scheme == "fixup" else {}
    initialize(model, scheme, generator=rng, **parts)
    h, sizes[scheme] = x[:200], []
    for block in blocks:
        sizes[scheme].append((h := block(h)).square().mean().item())
    axes.semilogy(range(1, 41), sizes[scheme], style, ms=4, label=scheme)
    try:
        fit(model, x[:1000], y[:1000], steps=60, lr=0.05, batch_size=64,
            generator=rng)  # fmt: skip
        scores[scheme] = accuracy(model, x[1000:], y[1000:])
    except FloatingPointError:
        scores[scheme] = 0.0  # NaN
    print(f"{scheme}: {scores[scheme]:.2f} right")
axes.set(xlabel="block", ylabel="mean square after the block")
axes.legend()
plt.show()
