"""ReLU and tanh have an edge of chaos; at small biases GELU jumps across it."""

import matplotlib.pyplot as plt
import numpy as np

from lego.plotting import look
from lego.propagation import chi, fixed_point

weights = np.linspace(0.7, 2.2, 16)  # scales: √n times the standard deviation
biases = np.linspace(0.0, 1.0, 6)

maps, edges, jumps = {}, {}, {}
figure, panels = plt.subplots(1, 3, figsize=(9, 3), sharey=True)
for axes, name in zip(panels, ("relu", "tanh", "gelu"), strict=True):
    maps[name] = np.full((len(biases), len(weights)), np.nan)
    for row, bias in enumerate(biases):
        for column, weight in enumerate(weights):
            q = fixed_point(name, weight**2, bias**2)
            q = min(q, 1e6)  # grows without end: its slopes no longer change
            maps[name][row, column] = chi(name, max(q, 1e-9), weight**2)
    levels = [0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3]
    filled = axes.contourf(
        weights, biases, maps[name], levels, cmap="RdBu_r", vmin=0, vmax=2
    )
    edges[name] = np.array([np.interp(1, row, weights) for row in maps[name]])
    jumps[name] = np.diff(maps[name]).max(axis=1) > 0.24  # no edge there
    axes.plot(np.where(jumps[name], np.nan, edges[name]), biases, "k-")
    axes.plot(np.where(jumps[name], edges[name], np.nan), biases, "k:", lw=2)
    axes.set(title=look(name)["label"], xlabel="scale of the weights")
    print(f"{name:5} chi passes 1 at", *(f"{edge:.2f}" for edge in edges[name]))
panels[0].set(ylabel="scale of the biases")
figure.colorbar(filled, ax=panels, pad=0.02, label="χ", ticks=[0, 0.5, 1, 2, 3])
plt.show()
