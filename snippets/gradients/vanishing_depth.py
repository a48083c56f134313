"""Two sigmoid layers learn the task, four stay at chance; tanh learns it."""

from functools import partial

import matplotlib.pyplot as plt
import torch

from lego.plotting import look
from lego.stack import mlp
from lego.training import accuracy, fit

rng = torch.Generator().manual_seed(0)
training = {"steps": 200, "lr": 0.2, "batch_size": 128, "generator": rng}
x = torch.randn(4000, 2, generator=rng)
y = (x[:, 0] * x[:, 1] > 0).long()
momentum = partial(torch.optim.SGD, momentum=0.9)

depths = [2, 3, 4, 6, 8]
scores = {"sigmoid": [], "tanh": []}
figure, axes = plt.subplots()
for name in scores:
    for depth in depths:
        widths = [2] + [16] * (depth - 1) + [2]
        model = mlp(widths, name, init="xavier_normal", generator=rng)
        fit(model, x[:2000], y[:2000], optimizer=momentum, **training)
        scores[name].append(accuracy(model, x[2000:], y[2000:]))
    axes.plot(depths, scores[name], marker="o", **look(name))

axes.axhline(0.5, color="gray", linestyle=":")
axes.text(2, 0.52, "chance", color="gray")
axes.set(xlabel="layers of weights", xticks=depths)
axes.set(ylabel="test accuracy after 200 steps", ylim=(0.4, 1.02))
axes.legend(loc="center right")
plt.show()
