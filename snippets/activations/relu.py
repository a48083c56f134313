"""ReLU passes a gradient whole or not at all: half of the units are off."""

import matplotlib.pyplot as plt
import torch

from lego.activations import relu, tanh
from lego.diagnostics import slope
from lego.plotting import look

generator = torch.Generator().manual_seed(0)
z = torch.randn(10_000, generator=generator)  # pre-activations at the start
x = torch.linspace(-4, 4, 81)
levels = torch.linspace(0, 1, 101)

slopes, means = {}, {}
figure, (value, passed) = plt.subplots(1, 2)
for name, function in [("tanh", tanh), ("relu", relu)]:
    slopes[name], means[name] = slope(function, z), function(z).mean()
    value.plot(x, function(x), **look(name))
    passed.plot(levels, slopes[name].quantile(levels), **look(name))
    square = slopes[name].square().mean()
    off = (slopes[name] == 0).double().mean()
    print(f"{name}: {off:.0%} of the slopes are zero,", end=" ")
    print(f"mean square {square:.2f}; mean output {means[name]:.2f}")

value.set(title="output", xlabel="x", ylim=(-1.2, 4))
value.legend()
passed.set(title="slopes of 10,000 units, sorted", ylabel="slope")
passed.set(xlabel="share of the units")
plt.show()
