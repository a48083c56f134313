"""Four dropout rates, eight seeds: the intervals show how much to believe."""

import matplotlib.pyplot as plt
import torch

from lego.datasets import digits
from lego.experiments import bootstrap, sweep
from lego.preprocessing import Standardize
from lego.stack import mlp
from lego.training import accuracy, fit

inputs, labels = digits().all
inputs = Standardize(inputs[:200])(inputs)


def train(dropout, seed):
    generator = torch.Generator().manual_seed(seed)
    net = mlp([64, 64, 10], dropout=dropout, generator=generator)
    fit(net, inputs[:200], labels[:200], steps=100, lr=0.3, seed=seed)
    return {"accuracy": 100 * accuracy(net, inputs[200:], labels[200:])}


rates = [0.0, 0.25, 0.5, 0.75]
rows = sweep(
    train,
    {"dropout": rates},
    seeds=8,
    store="runs.csv",
    backend="sequential",  # without this line: on all cores
)

figure, axes = plt.subplots()
for rate in rates:
    found = [row["accuracy"] for row in rows if row["dropout"] == rate]
    low, high = bootstrap(found)
    axes.plot([rate, rate], [low, high], color="C0")
    axes.plot([rate] * len(found), found, ".", color="C1")
    print(f"dropout {rate:4}: {sum(found) / 8:.1f} [{low:.1f}, {high:.1f}]")
axes.set(xlabel="dropout", ylabel="test accuracy, %", xticks=rates)
plt.show()
