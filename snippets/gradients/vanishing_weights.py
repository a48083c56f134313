"""Larger weights keep the gradient of a sigmoid net alive only when two fifths of its units are saturated."""

import matplotlib.pyplot as plt
import torch

from lego.activations import sigmoid
from lego.diagnostics import slope

generator = torch.Generator().manual_seed(0)
width, depth = 128, 12
scales = [0.5, 1, 2, 4, 8, 10, 16, 32]
factors, saturated = [], []
for scale in scales:
    h = torch.randn(64, width, generator=generator)
    weights = [torch.randn(width, width, generator=generator) * scale / width**0.5 for _ in range(depth)]
    slopes = []
    for weight in weights:
        z = h @ weight
        slopes.append(slope(sigmoid, z))
        h = sigmoid(z)
    delta = torch.randn(64, width, generator=generator)  # a gradient that arrives at the last layer
    sizes = []
    for weight, s in zip(reversed(weights), reversed(slopes)):
        delta = (delta * s) @ weight.T
        sizes.append(delta.square().mean().sqrt())
    factors.append((sizes[-1] / sizes[0]) ** (1 / (depth - 1)))
    saturated.append((torch.stack(slopes[2:]) < 0.01).float().mean())

figure, axes = plt.subplots()
axes.semilogx(scales, factors, marker="o", label="factor of the gradient per layer")
axes.semilogx(scales, saturated, "--", marker="s", label="share of saturated units")
axes.axhline(1, color="gray", linestyle=":")
axes.set(xlabel="standard deviation of the weights × √width", xticks=scales, xticklabels=scales)
axes.legend()
print(f"at 10: factor {factors[5]:.2f}, saturated {saturated[5]:.0%}")
plt.show()
