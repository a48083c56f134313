"""Dropout is ridge scaled by each column's size; noise is plain ridge."""

import matplotlib.pyplot as plt
import torch

from lego.regularization import dropout_as_ridge, noise_as_tikhonov, ridge

rng = torch.Generator().manual_seed(0)
x = torch.randn(60, 4, generator=rng).double() * torch.tensor([0.3, 1, 3, 10])
y = x @ torch.tensor([3, 1, 0.3, 0.1]).double()
y = y + torch.randn(60, generator=rng)
p, std = 0.3, 1.0
exact = {
    "dropout": ridge(x, y, dropout_as_ridge(x, p)),
    "noise": ridge(x, y, noise_as_tikhonov(x, std)),
}

counts, gaps = [10, 100, 1000, 10_000], {"dropout": [], "noise": []}
for name in gaps:
    for count in counts:  # copies of the data, each with its own noise
        many = x.repeat(count, 1)
        if name == "dropout":
            keep = torch.rand(many.shape, generator=rng) >= p
            many = many * keep / (1 - p)
        else:
            many = many + std * torch.randn(many.shape, generator=rng)
        sampled = torch.linalg.lstsq(many, y.repeat(count)).solution
        gaps[name].append((sampled - exact[name]).norm().item())
free = torch.linalg.lstsq(x, y).solution
for name, w in exact.items():
    print(f"{name:7} keeps", *(f"{share:.2f}" for share in w / free))

figure, axes = plt.subplots()
axes.loglog(counts, gaps["dropout"], "o-", label="dropout")
axes.loglog(counts, gaps["noise"], "s--", label="noise")
axes.loglog(counts, [1 / c**0.5 for c in counts], ":", color="gray")
axes.set(xlabel="noisy copies of the data", ylabel="distance to the ridge")
axes.legend()
plt.show()
