"""Fifty layers of SELU bring the mean near 0, the variance near 1."""

import matplotlib.pyplot as plt
import torch

from lego.activations import selu
from lego.plotting import PALETTE

width, depth = 512, 50
generator = torch.Generator().manual_seed(0)
starts = [(0.6, 0.4), (-0.6, 0.4), (0.6, 1.8), (-0.6, 1.8), (0.0, 2.2)]
ends = []
figure, axes = plt.subplots()
for color, (mean, variance) in zip(PALETTE, starts, strict=False):
    h = mean + variance**0.5 * torch.randn(256, width, generator=generator)
    path = [(mean, variance)]
    for _ in range(depth):
        weight = torch.randn(width, width, generator=generator)
        h = selu(h @ weight / width**0.5)
        path.append((h.mean().item(), h.var().item()))
    ends.append(path[-1])
    axes.plot(*zip(*path, strict=True), color=color, marker=".")
    axes.plot(mean, variance, color=color, marker="s")

axes.plot(0, 1, "o", color="gray", markersize=9, fillstyle="none")
axes.set(xlabel="mean of a layer's outputs", ylabel="variance")
worst = max(max(abs(m), abs(v - 1)) for m, v in ends)
print(f"after {depth} layers: within {worst:.2f} of (0, 1)")
plt.show()
