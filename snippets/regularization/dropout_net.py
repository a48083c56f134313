"""Dropout brings four to five points; most wrong labels are still learned."""

import matplotlib.pyplot as plt
import torch

from lego.datasets import digits
from lego.preprocessing import Standardize
from lego.stack import mlp
from lego.training import accuracy, fit

inputs, labels = digits().all
shares = (0.0, 0.2, 0.4, 0.6, 0.8)
scores, learned = {share: [] for share in shares}, []
for seed in range(3):
    rng = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(inputs), generator=rng)
    train, test = order[:200], order[1000:]
    x, y = Standardize(inputs[train])(inputs), labels.clone()
    wrong = train[torch.rand(200, generator=rng) < 0.2]
    y[wrong] = torch.randint(10, wrong.shape, generator=rng)
    for share in shares:
        model = mlp([64, 128, 10], dropout=share, generator=rng)
        fit(model, x[train], y[train], steps=300, lr=0.2, seed=seed)
        held_out = accuracy(model, x[test], labels[test])
        scores[share].append((accuracy(model, x[train], y[train]), held_out))
    learned.append(accuracy(model, x[wrong], y[wrong]))  # at the last share

curves = torch.tensor(list(scores.values()))
figure, axes = plt.subplots()
for part, (style, name) in enumerate((("o-", "train"), ("s--", "held out"))):
    axes.plot(shares, curves[:, :, part], style[0], color=f"C{part}")
    mean = curves[:, :, part].mean(1)
    axes.plot(shares, mean, style[1:], color=f"C{part}", label=name)
    print(f"{name:8}", *(f"{value:.2f}" for value in mean))
print(f"wrong labels learned at {share}: {sum(learned) / 3:.0%}")
axes.set(xlabel="share of dropped units", ylabel="accuracy", ylim=(0, 1.05))
axes.legend(loc="lower left")
plt.show()
