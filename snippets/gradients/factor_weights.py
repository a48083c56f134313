"""Weights ten times as large keep the gradient; half the values saturate."""

import matplotlib.pyplot as plt
import torch

from lego.activations import sigmoid
from lego.diagnostics import slope

rng = torch.Generator().manual_seed(0)
width, depth = 128, 12
scales = [0.5, 1, 2, 4, 6, 10, 16, 32]
factors, saturated = [], []
for scale in scales:
    weights = torch.randn(depth, width, width, generator=rng)
    weights *= scale / width**0.5
    h = torch.randn(64, width, generator=rng)
    slopes = []
    for weight in weights:
        z = h @ weight
        slopes.append(slope(sigmoid, z))
        h = sigmoid(z)
    delta = torch.randn(64, width, generator=rng)  # arrives at the top
    sizes = []
    for weight, flat in zip(reversed(weights), reversed(slopes), strict=True):
        delta = (delta * flat) @ weight.T
        sizes.append(delta.square().mean().sqrt())
    factors.append((sizes[-1] / sizes[0]) ** (1 / (depth - 1)))
    saturated.append((torch.stack(slopes) < 0.01).float().mean())
    shares = f"factor {factors[-1]:.2f}, saturated {saturated[-1]:.0%}"
    print(f"scale {scale:4}: {shares}")

figure, axes = plt.subplots()
axes.semilogx(
    scales, factors, marker="o", label="factor of the gradient per layer"
)
axes.semilogx(
    scales, saturated, "--", marker="s", label="share of saturated values"
)
axes.axhline(1, color="gray", linestyle=":")
axes.set(xlabel="scale of the weights", xticks=scales, xticklabels=scales)
axes.legend()
plt.show()
