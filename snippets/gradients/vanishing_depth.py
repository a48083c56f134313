"""Two layers of sigmoids learn the task, six do not leave chance; tanh learns it at every depth."""

from functools import partial

import matplotlib.pyplot as plt
import torch

from lego.plotting import look
from lego.stack import mlp
from lego.training import accuracy, fit

generator = torch.Generator().manual_seed(0)
x = torch.randn(4000, 2, generator=generator)
y = (x[:, 0] * x[:, 1] > 0).long()
train, test = slice(0, 2000), slice(2000, 4000)

momentum = partial(torch.optim.SGD, momentum=0.9)
depths = [2, 3, 4, 6, 8]
scores = {}
figure, axes = plt.subplots()
for name in ("sigmoid", "tanh"):
    scores[name] = []
    for depth in depths:
        model = mlp([2] + [16] * (depth - 1) + [2], activation=name, init="xavier_normal", generator=generator)
        fit(model, x[train], y[train], steps=200, lr=0.2, optimizer=momentum, batch_size=128, generator=generator)
        scores[name].append(accuracy(model, x[test], y[test]))
    axes.plot(depths, scores[name], marker="o", **look(name))

axes.axhline(0.5, color="gray", linestyle=":")
axes.text(2, 0.51, "chance", color="gray")
axes.set(xlabel="layers of weights", ylabel="test accuracy after 200 steps", xticks=depths, ylim=(0.4, 1.02))
axes.legend(loc="center right")
plt.show()
