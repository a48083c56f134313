"""ACON's beta turns a line into a maximum: a switch between two slopes."""

import matplotlib.pyplot as plt
import torch

from lego.activations import acon_c
from lego.diagnostics import slope

p1, p2 = 1.2, -0.4
x = torch.linspace(-4, 4, 401)
extremes = {}
figure, (value, gradient) = plt.subplots(1, 2)
looks = ("C7", "-."), ("C5", "--"), ("C0", "-"), ("C3", (0, (5, 1)))
for beta, (color, style) in zip((0.0, 0.5, 2.0, 10.0), looks, strict=True):
    line = {"color": color, "linestyle": style, "label": f"β = {beta:g}"}

    def brick(x, beta=beta):
        return acon_c(x, p1, p2, beta)

    slopes = slope(brick, x)
    extremes[beta] = slopes.min().item(), slopes.max().item()
    value.plot(x, brick(x), **line)
    gradient.plot(x, slopes, **line)

bounds = 1.0998 * p2 - 0.0998 * p1, 1.0998 * p1 - 0.0998 * p2
for bound in bounds:
    gradient.axhline(bound, color="C1", linestyle=":")
value.plot(x, torch.maximum(p1 * x, p2 * x), "C1:", label="max(p₁x, p₂x)")
value.set(title="output", xlabel="x")
value.legend()
gradient.set(title="slope and its bounds", xlabel="x")
low, high = extremes[2.0]
print(f"slope from {low:.3f} to {high:.3f}")
print(f"bounds     {bounds[0]:.3f} to {bounds[1]:.3f}")
plt.show()
