"""Columns chosen with the test set in view seem to predict coin flips."""

import matplotlib.pyplot as plt
import torch

from lego.datasets import breast_cancer
from lego.preprocessing import Standardize
from lego.stack import mlp
from lego.training import accuracy, fit


def score(columns, y, train, test, seen):
    change = Standardize(columns[seen])
    rng = torch.Generator().manual_seed(0)
    model = mlp([columns.shape[1], 2], generator=rng)
    fit(model, change(columns[train]), y[train], steps=60, lr=0.5)
    return accuracy(model, change(columns[test]), y[test])


x, y = breast_cancer(generator=torch.Generator().manual_seed(0)).all
noise = torch.Generator().manual_seed(1)
coins = torch.randint(2, (100,), generator=noise)
wide = torch.randn(100, 2000, generator=noise)
scores = {}
for _ in range(10):
    order = torch.randperm(100, generator=noise)
    train, test = order[:60], order[60:]
    for name, seen in (("train only", train), ("all data", order)):
        signed = wide[seen] * (2 * coins[seen, None] - 1)
        best = signed.mean(0).abs().topk(10).indices
        found = score(wide[:, best], coins, train, test, train)
        scores.setdefault(("columns chosen", name), []).append(found)
        found = score(x[:100], y[:100], train, test, seen)
        scores.setdefault(("normalized", name), []).append(found)

figure, axes = plt.subplots()
for (what, name), found in sorted(scores.items()):
    label = f"{what}\nwith {name}"
    axes.plot(found, [label] * 10, "o", color="C0", fillstyle="none")
    print(f"{what} with {name:10}: mean {sum(found) / 10:.2f}")
axes.set(xlabel="test accuracy, ten splits")
axes.margins(y=0.2)
plt.show()
