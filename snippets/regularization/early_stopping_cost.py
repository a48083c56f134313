"""The validation set costs examples; training again on all gives them back."""

import copy

import matplotlib.pyplot as plt
import torch

from lego.datasets import digits
from lego.regularization import EarlyStopping
from lego.stack import mlp
from lego.training import accuracy, fit

inputs, labels = digits().all
shares, once, again = (0.1, 0.2, 0.3, 0.5, 0.7), {}, {}
for share in shares:
    once[share], again[share] = [], []
    for seed in range(5):
        rng = torch.Generator().manual_seed(seed)
        order = torch.randperm(len(inputs), generator=rng)
        cut = int(200 * (1 - share))
        train, held_out, test = order[:cut], order[cut:200], order[1000:]
        x, y = inputs / 16, labels.clone()
        wrong = order[:200][torch.rand(200, generator=rng) < 0.2]
        y[wrong] = torch.randint(10, wrong.shape, generator=rng)
        start = mlp([64, 64, 10], generator=rng)
        model, stop = copy.deepcopy(start), EarlyStopping(20)
        judge = x[held_out], y[held_out]
        fit(model, x[train], y[train], steps=200, lr=0.3, validation=judge,
            validate_every=2, early_stopping=stop)  # fmt: skip
        once[share].append(accuracy(model, x[test], labels[test]))
        whole, best = order[:200], 2 * stop.best_step + 2
        fit(start, x[whole], y[whole], steps=best, lr=0.3)
        again[share].append(accuracy(start, x[test], labels[test]))

figure, axes = plt.subplots()
runs = (once, "once", "o-"), (again, "again on all", "s--")
for scores, name, style in runs:
    curve = [sum(scores[share]) / 5 for share in shares]
    axes.plot(shares, curve, style, label=name)
    print(f"{name:12}", *(f"{value:.3f}" for value in curve))
axes.set(xlabel="share of 200 examples held out", ylabel="test accuracy")
axes.legend()
plt.show()
