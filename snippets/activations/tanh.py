"""The slope of tanh reaches 1, four times the largest slope of a sigmoid."""

import matplotlib.pyplot as plt
import torch

from lego.activations import sigmoid, tanh
from lego.diagnostics import slope
from lego.plotting import look

x = torch.linspace(-5, 5, 401)
peaks, means = {}, {}
figure, (value, gradient) = plt.subplots(1, 2)
for name, function in [("sigmoid", sigmoid), ("tanh", tanh)]:
    slopes = slope(function, x)
    peaks[name] = slopes.max().item()
    means[name] = function(x).mean().item()
    value.plot(x, function(x), **look(name))
    gradient.plot(x, slopes, **look(name))
    print(f"{name}: slope up to {peaks[name]:.2f}, mean {means[name]:.2f}")

value.set(title="output", xlabel="x", yticks=[-1, 0, 1])
value.legend()
gradient.set(title="slope", xlabel="x", yticks=[0, 0.25, 0.5, 0.75, 1])
plt.show()
