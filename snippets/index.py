"""The sigmoid's slope never exceeds 1/4; those of tanh and ReLU reach 1."""

import matplotlib.pyplot as plt
import torch

from lego.activations import ACTIVATIONS
from lego.diagnostics import slope
from lego.plotting import look

x = torch.linspace(-4, 4, 401)
slopes = {}
figure, (value, gradient) = plt.subplots(1, 2)
for name in ("sigmoid", "tanh", "relu"):
    brick = ACTIVATIONS[name]()
    slopes[name] = slope(brick, x)
    value.plot(x, brick(x), **look(name))
    gradient.plot(x, slopes[name], **look(name))

value.set(title="output", xlabel="x", ylim=(-1.1, 2.1))
value.legend()
gradient.set(title="slope", xlabel="x", yticks=[0, 0.25, 0.5, 0.75, 1])
plt.show()
