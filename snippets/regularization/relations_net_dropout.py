"""Dropout of hidden units is exactly ridge for squared loss only."""

import itertools

import matplotlib.pyplot as plt
import torch
from torch.nn.functional import cross_entropy, mse_loss

from lego.datasets import digits
from lego.preprocessing import Standardize
from lego.regularization import dropout_as_ridge
from lego.stack import mlp
from lego.training import fit

inputs, labels = (part[:200] for part in digits().all)
x, p = Standardize(inputs)(inputs).double(), 0.5
y = torch.eye(10).double()[labels]  # one-hot
masks = torch.tensor([*itertools.product((0.0, 2.0), repeat=8)]).double()
losses = {"squared loss": mse_loss, "cross-entropy": cross_entropy}
found, counts = {}, range(0, 301, 50)
figure, panels = plt.subplots(1, 2, sharey=True)
for axes, (name, loss) in zip(panels, losses.items(), strict=True):
    rng, measured = torch.Generator().manual_seed(0), []
    net = mlp([64, 8, 10], dropout=p, generator=rng).double()
    for count in counts:
        if count > 0:
            fit(net, x, y, steps=50, lr=0.3, loss=loss, seed=count)
        with torch.no_grad():
            h, last, w = net[:2](x), net[3], net[3].weight
            many = torch.stack([loss(last(mask * h), y) for mask in masks])
            penalty = (w @ dropout_as_ridge(h, p) * w).sum() / y.numel()
            if loss is cross_entropy:  # to second order
                share = last(h).softmax(1)
                spread = share @ w.square() - (share @ w).square()
                penalty = p / (1 - p) * (h.square() * spread).sum(1).mean() / 2
            measured.append((many.mean() - loss(last(h), y), penalty))
    rise, penalty = found[name] = torch.tensor(measured).T
    axes.semilogy(counts, rise, linewidth=5, label="mean rise of the loss")
    axes.semilogy(counts, penalty, label="penalty")
    axes.set(title=name, xlabel="steps of training")
    print(f"{name}: rise / penalty", *(f"{r:.2f}" for r in rise / penalty))
    print(f"  largest difference {(rise - penalty).abs().max():.1g}")
panels[0].legend()
plt.show()
