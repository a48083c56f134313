"""On a net that memorizes, L2 helps over a decade, and too much ruins it."""

import matplotlib.pyplot as plt
import torch

from lego.datasets import digits
from lego.preprocessing import Standardize
from lego.regularization import l2
from lego.stack import mlp
from lego.training import accuracy, fit

inputs, labels = digits().all
factors = (1e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1)
scores = {factor: [] for factor in factors}
for seed in range(3):
    rng = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(inputs), generator=rng)
    train, test = order[:200], order[1000:]
    x, y = Standardize(inputs[train])(inputs), labels.clone()
    wrong = train[torch.rand(200, generator=rng) < 0.2]
    y[wrong] = torch.randint(10, wrong.shape, generator=rng)
    for factor in factors:
        model = mlp(
            [64, 128, 10], generator=torch.Generator().manual_seed(seed)
        )
        fit(model, x[train], y[train], steps=300, lr=0.2,
            penalty=lambda net, f=factor: f * l2(net))  # fmt: skip
        held_out = accuracy(model, x[test], labels[test])
        scores[factor].append((accuracy(model, x[train], y[train]), held_out))

curves = torch.tensor(list(scores.values()))
figure, axes = plt.subplots()
for part, (style, name) in enumerate((("o-", "train"), ("s--", "held out"))):
    axes.semilogx(factors, curves[:, :, part], style[0], color=f"C{part}")
    mean = curves[:, :, part].mean(1)
    axes.semilogx(factors, mean, style[1:], color=f"C{part}", label=name)
    print(f"{name:8}", *(f"{value:.2f}" for value in mean))
axes.set(xlabel="factor of L2", ylabel="accuracy", ylim=(0, 1.05))
axes.legend(loc="lower left")
plt.show()
