"""Swish and ACON-C are steeper somewhere than the lines that they approach."""

import matplotlib.pyplot as plt
import torch

from lego.activations import acon_c, relu, swish
from lego.diagnostics import slope
from lego.plotting import look

x = torch.linspace(-6, 6, 481, dtype=torch.float64)
bricks = {
    "relu": relu,
    "swish": swish,
    "acon_c": lambda x: acon_c(x, p1=1.2, p2=-0.3),
}
steepest = {}
figure, (value, gradient) = plt.subplots(1, 2)
for name, brick in bricks.items():
    slopes = slope(brick, x)
    steepest[name] = slopes.max().item()
    value.plot(x, brick(x), **look(name))
    gradient.plot(x, slopes, **look(name))
    print(f"{look(name)['label']:6} largest slope {steepest[name]:.4f}")

value.set(title="value", xlabel="x", ylim=(-3, 6))
value.legend()
gradient.set(title="slope", xlabel="x", ylim=(-1, 2))
plt.show()
