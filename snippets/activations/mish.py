"""Mish still has a slope at x = -2, where ReLU has none."""

import matplotlib.pyplot as plt
import torch

from lego.activations import mish, relu, silu
from lego.diagnostics import slope
from lego.plotting import look

x = torch.linspace(-5, 3, 801)
lowest = {}
figure, (value, gradient) = plt.subplots(1, 2)
for name, function in [("relu", relu), ("silu", silu), ("mish", mish)]:
    y = function(x)
    lowest[name] = y.min().item(), x[y.argmin()].item()
    value.plot(x, y, **look(name))
    gradient.plot(x, slope(function, x), **look(name))
    at = slope(function, torch.tensor(-2.0)).item()
    print(f"{name}: minimum {lowest[name][0]:.4f}, slope at -2: {at:.4f}")

value.set(title="output", xlabel="x", ylim=(-0.5, 2))
value.legend()
gradient.set(title="slope", xlabel="x")
gradient.axvline(-2, linestyle=":", color="gray")
plt.show()
