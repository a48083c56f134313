"""Shifted copies teach what the test asks for; flipped ones mislead."""

import matplotlib.pyplot as plt
import torch

from lego.datasets import digits
from lego.preprocessing import ImageStandardize
from lego.stack import mlp
from lego.training import accuracy, fit

pixels, labels = digits().all
images = pixels.reshape(-1, 1, 8, 8)
shifts = [(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)]
changes = {
    "as they are": lambda batch: [batch],
    "shifted": lambda batch: [batch.roll(s, (2, 3)) for s in shifts],
    "flipped": lambda batch: [batch, batch.flip(2), batch.flip(3)],
}
counts, scores = (50, 150, 450), {}
for count in counts:
    for name, change in changes.items():
        rng = torch.Generator().manual_seed(count)
        order = torch.randperm(len(images), generator=rng)
        train, test = order[:count], order[1000:]
        x = ImageStandardize(images[train])(images)
        many = torch.cat(change(x[train])).flatten(1)
        model = mlp([64, 64, 10], generator=rng)
        y = labels[train].repeat(len(many) // count)
        fit(model, many, y, steps=120, lr=0.3)
        for where, amount in (("centered", 0), ("shifted", 1)):
            moved = x[test].roll(amount, 3).flatten(1)
            scores[name, count, where] = accuracy(model, moved, labels[test])

figure, panels = plt.subplots(1, 2, sharey=True)
for axes, where in zip(panels, ("centered", "shifted"), strict=True):
    for name, style in zip(changes, ("o-", "s--", "^:"), strict=True):
        curve = [scores[name, count, where] for count in counts]
        axes.plot([str(count) for count in counts], curve, style, label=name)
        print(f"test {where}, {name:11}", *(f"{v:.2f}" for v in curve))
    axes.set(title=f"test digits {where}", xlabel="training digits")
panels[1].legend(loc=(0.4, 0.35))
plt.show()
