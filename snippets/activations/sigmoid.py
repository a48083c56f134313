"""The sigmoid's slope is at most 1/4, and below 1/100 once |x| > 4.6."""

import matplotlib.pyplot as plt
import torch

from lego.activations import sigmoid
from lego.diagnostics import slope
from lego.plotting import look

x = torch.linspace(-10, 10, 401)
gradient = slope(sigmoid, x)
alive = x[gradient > 0.01]

figure, (left, right) = plt.subplots(1, 2)
left.plot(x, sigmoid(x), **look("sigmoid"))
left.set(title="output", xlabel="x", yticks=[0, 0.5, 1])
right.plot(x, gradient, **look("sigmoid"))
right.set(title="slope", xlabel="x", yticks=[0, 0.125, 0.25])
for axes in (left, right):
    axes.axvspan(-10, alive.min(), color="#d9d9d9", alpha=0.5, linewidth=0)
    axes.axvspan(alive.max(), 10, color="#d9d9d9", alpha=0.5, linewidth=0)

peak = x[gradient.argmax()].abs()
print(f"largest slope {gradient.max():.4f}, at x = {peak:.1f}")
print(f"slope above 0.01 from {alive.min():.2f} to {alive.max():.2f}")
plt.show()
