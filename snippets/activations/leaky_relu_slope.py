"""The nearer a is to 1, the less a net bends: at 0.8 it stays near chance."""

from functools import partial

import matplotlib.pyplot as plt
import torch
from torch import nn

from lego.datasets import spirals
from lego.plotting import look
from lego.stack import mlp
from lego.training import accuracy, fit

slopes = [0, 0.01, 0.1, 0.2, 0.4, 0.6, 0.8, 1]
scores = []
for a in slopes:
    rng = torch.Generator().manual_seed(0)
    points = spirals(count=500, generator=rng)
    model = mlp([2, 64, 64, 3], partial(nn.LeakyReLU, a), generator=rng)
    training = {"steps": 200, "lr": 0.3, "batch_size": 64, "generator": rng}
    fit(model, *points.train, **training)
    scores.append(accuracy(model, *points.test))
    print(f"a = {a}: {scores[-1]:.2f}")

figure, axes = plt.subplots()
axes.plot(slopes, scores, marker="o", **look("leaky_relu"))
axes.axhline(1 / 3, color="gray", linestyle=":")
axes.text(0, 0.36, "chance", color="gray")
axes.set(xlabel="slope a on the left", ylim=(0, 1.05))
axes.set(ylabel="test accuracy after 200 steps")
plt.show()
