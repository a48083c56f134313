"""Noise of one and a half times the inputs' spread brings eight points."""

import matplotlib.pyplot as plt
import torch
from torch import nn

from lego.datasets import digits
from lego.preprocessing import Standardize
from lego.regularization import GaussianNoise
from lego.stack import mlp
from lego.training import accuracy, fit

inputs, labels = digits().all
sizes = (0.0, 0.25, 0.5, 1.0, 1.5, 2.5)
scores = {size: [] for size in sizes}
for seed in range(3):
    rng = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(inputs), generator=rng)
    train, test = order[:200], order[1000:]
    x, y = Standardize(inputs[train])(inputs), labels.clone()
    wrong = train[torch.rand(200, generator=rng) < 0.2]
    y[wrong] = torch.randint(10, wrong.shape, generator=rng)
    for size in sizes:
        noise = GaussianNoise(size, generator=rng)
        model = nn.Sequential(noise, *mlp([64, 128, 10], generator=rng))
        fit(model, x[train], y[train], steps=300, lr=0.2)
        held_out = accuracy(model, x[test], labels[test])
        scores[size].append((accuracy(model, x[train], y[train]), held_out))

curves = torch.tensor(list(scores.values()))
figure, axes = plt.subplots()
for part, (style, name) in enumerate((("o-", "train"), ("s--", "held out"))):
    axes.plot(sizes, curves[:, :, part], style[0], color=f"C{part}")
    mean = curves[:, :, part].mean(1)
    axes.plot(sizes, mean, style[1:], color=f"C{part}", label=name)
    print(f"{name:8}", *(f"{value:.2f}" for value in mean))
axes.set(xlabel="standard deviation of the noise", ylim=(0, 1.05))
axes.set(ylabel="accuracy")
axes.legend(loc="lower left")
plt.show()
