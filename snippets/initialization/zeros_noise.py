"""Noise that only just breaks the symmetry is not enough: its size matters."""

import matplotlib.pyplot as plt
import torch

from lego.datasets import spirals
from lego.stack import mlp
from lego.training import accuracy, fit

x, y = spirals(count=500, generator=torch.Generator().manual_seed(0)).train
noises = [0.0, 1e-8, 1e-6, 1e-4, 1e-2, 1e-1, 0.3]
scores = {}
for noise in noises:
    scores[noise] = []
    for seed in range(3):
        rng = torch.Generator().manual_seed(seed)
        model = mlp([2, 32, 32, 3], "tanh", init="zeros", generator=rng)
        for weight in model.parameters():
            draw = torch.randn(weight.shape, generator=rng)
            weight.data = 0.1 + noise * draw
        fit(model, x, y, steps=200, lr=0.5, batch_size=64, generator=rng)
        scores[noise].append(accuracy(model, x, y))

figure, axes = plt.subplots()
labels = [f"{noise:.0e}" if noise else "none" for noise in noises]
for seed in range(3):
    axes.plot(labels, [s[seed] for s in scores.values()], "o", color="C0")
means = [sum(found) / 3 for found in scores.values()]
axes.plot(labels, means, color="C0")
axes.set(xlabel="noise added to weights of 0.1", ylabel="accuracy", ylim=(0, 1))
plt.show()
