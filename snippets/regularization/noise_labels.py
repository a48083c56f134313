"""Smoothed labels bound the logits; the answers become less certain."""

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F

from lego.datasets import digits
from lego.preprocessing import Standardize
from lego.regularization import smooth_labels
from lego.stack import mlp
from lego.training import accuracy, fit

inputs, labels = digits().all
rng = torch.Generator().manual_seed(0)
order = torch.randperm(len(inputs), generator=rng)
train, test = order[:200], order[1000:]
x, y = Standardize(inputs[train])(inputs), labels.clone()
wrong = train[torch.rand(200, generator=rng) < 0.2]
y[wrong] = torch.randint(10, wrong.shape, generator=rng)

numbers = {}
figure, axes = plt.subplots()
for amount, style in ((0.0, "stepfilled"), (0.1, "step")):
    model = mlp([64, 128, 10], generator=torch.Generator().manual_seed(0))
    soft = smooth_labels(y[train], 10, amount)
    fit(model, x[train], soft, steps=400, lr=0.3)
    with torch.no_grad():
        output = model(x[test])
    certain = output.softmax(1).max(1).values
    loss = F.cross_entropy(output, labels[test]).item()
    score = accuracy(model, x[test], labels[test])
    numbers[amount] = score, certain.mean().item(), loss
    label = f"smoothed by {amount}"
    axes.hist(certain, 30, range=(0, 1), histtype=style, label=label)
    print(f"{label}: right {score:.2f}", end=", ")
    print(f"certain {certain.mean():.2f}, test loss {loss:.2f}")
axes.set(xlabel="probability of the answer", ylabel="test digits")
axes.legend(loc="upper left")
plt.show()
