"""Leaky ReLU is max(ax, x) as long as a is at most 1, and not beyond."""

from functools import partial

import matplotlib.pyplot as plt
import torch

from lego.activations import leaky_relu
from lego.diagnostics import slope

x = torch.linspace(-2, 2, 41)
formulas = {
    "max(0, x) + a min(0, x)": leaky_relu,
    "max(ax, x)": lambda x, slope: torch.maximum(slope * x, x),
}
outputs, slopes = {}, {}
figure, panels = plt.subplots(1, 2, sharey=True)
for axes, (name, formula) in zip(panels, formulas.items(), strict=True):
    for a, style in [(-1, ":"), (0.2, "-"), (1, "--"), (2, "-.")]:
        function = partial(formula, slope=a)
        outputs[name, a] = function(x)
        slopes[name, a] = slope(function, torch.tensor([-1.0, 1.0])).tolist()
        axes.plot(x, outputs[name, a], style, label=f"a = {a}")
        left, right = slopes[name, a]
        print(f"{name}, a = {a}: slopes {left:.3g} and {right:.3g}")
    axes.set(title=name, xlabel="x")
panels[0].set(ylabel="output")
panels[0].legend()
plt.show()
