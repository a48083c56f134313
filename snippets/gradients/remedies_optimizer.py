"""Adam divides by the gradient's size: it moves layers that SGD leaves."""

import matplotlib.pyplot as plt
import torch

from lego.datasets import digits
from lego.preprocessing import Standardize
from lego.stack import mlp
from lego.training import accuracy, fit

x, y = digits().all
x = Standardize(x[:1000])(x)
depths = (2, 4, 6, 8, 10)
cases = {"sgd": 0.1, "adam": 0.01}
scores = {}
for depth in depths:
    for optimizer, lr in cases.items():
        rng = torch.Generator().manual_seed(0)
        widths = [64] * depth + [10]
        model = mlp(widths, "sigmoid", init="xavier_normal", generator=rng)
        fit(model, x[:1000], y[:1000], steps=200, lr=lr, optimizer=optimizer,
            batch_size=64, generator=rng)  # fmt: skip
        scores[depth, optimizer] = accuracy(model, x[1000:], y[1000:])

figure, axes = plt.subplots()
for optimizer, style in (("sgd", "o-"), ("adam", "s--")):
    found = [scores[depth, optimizer] for depth in depths]
    axes.plot(
        depths, found, style, label={"sgd": "SGD", "adam": "Adam"}[optimizer]
    )
    print(optimizer, *(f"{score:.2f}" for score in found))
axes.set(xlabel="layers", ylabel="accuracy", xticks=depths)
axes.legend()
plt.show()
