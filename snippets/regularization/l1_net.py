"""Nine weights in ten become exactly zero, and accuracy gains a little."""

from functools import partial

import matplotlib.pyplot as plt
import torch

from lego.datasets import digits
from lego.preprocessing import Standardize
from lego.regularization import soft_threshold_
from lego.stack import mlp
from lego.training import accuracy, fit

inputs, labels = digits().all
factors = (0.0, 3e-4, 1e-3, 2e-3, 4e-3, 8e-3)
scores = {factor: [] for factor in factors}
for seed in range(3):
    rng = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(inputs), generator=rng)
    train, test = order[:200], order[1000:]
    x, y = Standardize(inputs[train])(inputs), labels.clone()
    wrong = train[torch.rand(200, generator=rng) < 0.2]
    y[wrong] = torch.randint(10, wrong.shape, generator=rng)
    for factor in factors:
        model = mlp([64, 128, 10], generator=rng)
        shrink = partial(soft_threshold_, amount=0.2 * factor)
        fit(model, x[train], y[train], steps=300, lr=0.2, after_step=shrink)
        weights = model[0].weight  # 64 × 128 of them
        zeros = (weights == 0).double().mean().item()
        scores[factor].append((zeros, accuracy(model, x[test], labels[test])))

curves = torch.tensor(list(scores.values()))
figure, axes = plt.subplots()
axes.plot(curves[..., 0], curves[..., 1], "o", color="C0")
axes.plot(curves[..., 0].mean(1), curves[..., 1].mean(1), color="C0")
for factor, (zeros, score) in zip(factors, curves.mean(1), strict=True):
    print(f"factor {factor:g}: {zeros:.0%} zeros, held out {score:.2f}")
axes.set(xlabel="share of weights that are exactly zero", ylim=(0, 1))
axes.set(ylabel="held-out accuracy")
plt.show()
