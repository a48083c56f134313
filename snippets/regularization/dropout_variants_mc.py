"""Away from the data, nets with different masks disagree."""

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F

from lego.regularization import mc_dropout
from lego.stack import mlp
from lego.training import fit

rng = torch.Generator().manual_seed(0)
x = torch.rand(80, 1, generator=rng) * 2 - 1
y = torch.sin(3 * x) + 0.1 * torch.randn(80, 1, generator=rng)
model = mlp([1, 64, 64, 1], dropout=0.1, generator=rng)
fit(model, x, y, steps=1500, lr=0.01, optimizer="adam", loss=F.mse_loss, seed=0)

torch.manual_seed(0)
where = torch.linspace(-3, 3, 121)[:, None]
mean, spread = mc_dropout(model, where, samples=200)
inside = where.abs()[:, 0] <= 1
print(f"spread inside {spread[inside].mean():.2f}", end=", ")
print(f"at the ends {spread[[0, -1]].mean():.2f}")

figure, axes = plt.subplots()
line = where[:, 0]
band = (mean - 2 * spread)[:, 0], (mean + 2 * spread)[:, 0]
axes.fill_between(line, *band, alpha=0.25, label="± 2 standard deviations")
axes.plot(line, mean[:, 0], label="mean of 200 passes")
axes.plot(x, y, "o", color="C1", markersize=3, label="data")
axes.plot(line, torch.sin(3 * line), ":", color="gray", label="truth")
axes.set(xlabel="x", ylabel="y", ylim=(-4, 4))
axes.legend(loc="upper left")
plt.show()
