"""GELU is what a unit outputs on average if x decides its chance to pass."""

import matplotlib.pyplot as plt
import torch

from lego.activations import gelu, relu
from lego.diagnostics import slope
from lego.plotting import look

x = torch.linspace(-4, 3, 281)
generator = torch.Generator().manual_seed(0)
noise = torch.randn(4000, 1, generator=generator)
passes = noise < x  # each x passes with probability Φ(x)
average = (passes * x).mean(dim=0)

figure, (value, gradient) = plt.subplots(1, 2)
value.plot(x[::10], average[::10], "o", color="C7", label="average of 4000")
for name, function in [("relu", relu), ("gelu", gelu)]:
    value.plot(x, function(x), **look(name))
    gradient.plot(x, slope(function, x), **look(name))

distance = (average - gelu(x)).abs().max().item()
lowest = gelu(x).min().item()
print(f"largest distance from the average: {distance:.3f}")
print(f"minimum {lowest:.5f} at x = {x[gelu(x).argmin()]:.2f}")
value.set(title="output", xlabel="x", ylim=(-0.4, 2))
value.legend()
gradient.set(title="slope", xlabel="x")
plt.show()
