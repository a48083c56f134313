"""Beta turns Swish from the line x/2, at 0, into ReLU, at infinity."""

import matplotlib.pyplot as plt
import torch

from lego.activations import relu, swish
from lego.diagnostics import slope
from lego.plotting import look

x = torch.linspace(-5, 3, 401)
figure, (value, gradient) = plt.subplots(1, 2)
lowest = {}
looks = ("C7", ":"), ("C5", "--"), ("C1", "-"), ("C3", (0, (5, 1)))
for beta, (color, style) in zip((0.0, 0.5, 1.0, 5.0), looks, strict=True):
    line = {"color": color, "linestyle": style, "label": f"β = {beta:g}"}
    y = swish(x, beta)
    lowest[beta] = y.min().item(), x[y.argmin()].item()
    value.plot(x, y, **line)
    gradient.plot(x, slope(lambda x, b=beta: swish(x, b), x), **line)
value.plot(x, relu(x), **look("relu"))
gradient.plot(x, slope(relu, x), **look("relu"))

low, place = lowest[1.0]
print(f"beta = 1: minimum {low:.3f} at {place:.2f}")
value.set(title="output", xlabel="x", ylim=(-0.6, 3))
value.legend(loc="upper left")
gradient.set(title="slope", xlabel="x")
plt.show()
