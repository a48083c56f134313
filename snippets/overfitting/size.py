"""Each doubling of the data helps a wide net; four units level off."""

import matplotlib.pyplot as plt
import torch

from lego.datasets import digits
from lego.preprocessing import Standardize
from lego.stack import mlp
from lego.training import accuracy, fit

inputs, labels = digits(generator=torch.Generator().manual_seed(0)).all
counts, widths = (40, 80, 160, 320, 640, 1280), (4, 16, 128)
errors = {}
figure, axes = plt.subplots()
for width, style in zip(widths, ("^:", "s-.", "o-"), strict=True):
    for count in counts:
        errors[width, count] = 0.0
        for seed in range(3):
            rng = torch.Generator().manual_seed(seed)
            order = torch.randperm(len(inputs), generator=rng)
            train, test = order[:count], order[1297:]
            x = Standardize(inputs[train])(inputs)
            model = mlp([64, width, 10], generator=rng)
            fit(model, x[train], labels[train], steps=100, lr=0.4,
                generator=rng)  # fmt: skip
            wrong = 1 - accuracy(model, x[test], labels[test])
            errors[width, count] += wrong / 3
    curve = [errors[width, count] for count in counts]
    axes.loglog(counts, curve, style, label=f"{width} units")
    print(f"{width:3} units:", *(f"{error:.3f}" for error in curve))
axes.set(xlabel="training examples", ylabel="test error", xticks=counts)
marks = (0.05, 0.1, 0.2, 0.4)
axes.set(xticklabels=counts, yticks=marks, yticklabels=marks)
axes.minorticks_off()
axes.legend()
plt.show()
