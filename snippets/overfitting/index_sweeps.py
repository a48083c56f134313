"""More capacity and wrong labels widen the gap; more examples close it."""

import matplotlib.pyplot as plt
import torch

from lego.datasets import digits
from lego.preprocessing import Standardize
from lego.stack import mlp
from lego.training import accuracy, fit

inputs, labels = digits().all
usual = {"units": 128, "examples": 200, "share of wrong labels": 0.2}
sweeps = {
    "units": (2, 4, 8, 32, 256),
    "examples": (50, 100, 200, 400, 800),
    "share of wrong labels": (0.0, 0.2, 0.4, 0.6),
}
scores = {}
figure, panels = plt.subplots(1, 3, figsize=(9, 3), sharey=True)
for axes, (name, values) in zip(panels, sweeps.items(), strict=True):
    for value in values:
        (units, count, noise), found = (usual | {name: value}).values(), []
        for seed in range(2):
            rng = torch.Generator().manual_seed(seed)
            order = torch.randperm(len(inputs), generator=rng)
            x, y = Standardize(inputs[order[:count]])(inputs), labels.clone()
            train, test = order[:count], order[1000:]
            wrong = train[torch.rand(count, generator=rng) < noise]
            y[wrong] = torch.randint(10, wrong.shape, generator=rng)
            model = mlp([64, units, 10], generator=rng)
            fit(model, x[train], y[train], steps=150, lr=0.2, generator=rng)
            found.append([accuracy(model, x[p], y[p]) for p in (train, test)])
        scores[name, value] = torch.tensor(found)
    curves = torch.stack([scores[name, value] for value in values])
    for part, line in enumerate(("o-", "s--")):
        axes.plot(values, curves[:, :, part], line[0], color=f"C{part}", ms=3)
        axes.plot(
            values, curves[:, :, part].mean(1), line[1:], color=f"C{part}"
        )
    axes.set(xlabel=name, xscale="log" if name == "units" else "linear")
panels[0].set(ylabel="accuracy: train —, held out - -", ylim=(0, 1.05))
plt.show()
