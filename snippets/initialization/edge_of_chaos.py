"""Order, chaos, and the narrow edge between them, for three activations."""

import matplotlib.pyplot as plt
import numpy as np

from lego.plotting import look
from lego.propagation import chi, fixed_point

weights = np.linspace(0.5, 3.5, 13)  # standard deviations of √n times w
biases = np.linspace(0.0, 1.0, 11)

maps = {}
figure, panels = plt.subplots(1, 3, figsize=(9, 3), sharey=True)
for axes, name in zip(panels, ("relu", "tanh", "gelu"), strict=True):
    maps[name] = np.full((len(biases), len(weights)), np.nan)
    for row, bias in enumerate(biases):
        for column, weight in enumerate(weights):
            q = fixed_point(name, weight**2, bias**2)
            q = min(q, 1e6)  # grows without end: its slopes no longer change
            maps[name][row, column] = chi(name, max(q, 1e-9), weight**2)
    levels = [0, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 20]
    filled = axes.contourf(
        weights, biases, maps[name], levels, cmap="RdBu_r", vmin=0, vmax=2
    )
    axes.contour(weights, biases, maps[name], [1.0], colors="black")
    axes.set(title=look(name)["label"], xlabel="σ of the weights")
    axes.set(xticks=[1, 2, 3])
    ends = [np.interp(1, row, weights) for row in maps[name][[0, -1]]]
    print(f"{name}: the edge moves from {ends[0]:.2f} to {ends[1]:.2f}")
panels[0].set(ylabel="σ of the biases")
figure.colorbar(filled, ax=panels, pad=0.02, label="χ", ticks=[0, 0.5, 1, 2, 3])
plt.show()
