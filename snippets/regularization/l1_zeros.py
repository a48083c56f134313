"""A subgradient hovers around zero; the proximal step lands on it."""

import matplotlib.pyplot as plt
import torch

from lego.regularization import soft_threshold

rng = torch.Generator().manual_seed(0)
x = torch.randn(200, 100, generator=rng)
truth = torch.zeros(100)
truth[:10] = 2 * torch.randn(10, generator=rng).sign()
y = x @ truth + torch.randn(200, generator=rng)

rate, factor, found = 0.05, 0.3, {}
for name in ("subgradient", "proximal step"):
    w = torch.zeros(100)
    for _ in range(2000):
        rows = torch.randint(200, (50,), generator=rng)  # a batch
        gradient = x[rows].T @ (x[rows] @ w - y[rows]) / 50
        if name == "subgradient":
            w = w - rate * (gradient + factor * w.sign())
        else:
            w = soft_threshold(w - rate * gradient, rate * factor)
    found[name] = w

figure, axes = plt.subplots()
for (name, w), style in zip(found.items(), ("o", "x"), strict=True):
    sizes = w.abs().sort(descending=True).values
    axes.semilogy(range(1, 101), sizes.clamp(min=1e-5), style, label=name)
    kept = int((w[:10] != 0).sum())
    print(f"{name:13}: {int((w == 0).sum()):2} exact zeros", end=", ")
    print(f"{kept} of the 10 true weights kept")
axes.set(xlabel="weight, by size", ylabel="|w|  (zeros drawn at 1e-5)")
axes.legend()
plt.show()
