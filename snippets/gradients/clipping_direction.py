"""Clipping by norm keeps the direction; by value, it turns the gradient."""

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch import nn

from lego.datasets import digits
from lego.preprocessing import Standardize
from lego.stack import mlp

rng = torch.Generator().manual_seed(0)
x, y = digits(generator=rng).train
x = Standardize(x)(x)
model = mlp([64] * 6 + [10], generator=rng)
for layer in model[::2]:
    layer.weight.data *= 2

F.cross_entropy(model(x), y).backward()
raw = nn.utils.parameters_to_vector(p.grad for p in model.parameters())

limits = raw.norm() * torch.logspace(-5, 0, 30)
kept = {"by norm": [], "by value": []}
for limit in limits:
    by_norm = raw * min(1, limit / raw.norm())
    by_value = raw.clamp(-limit, limit)
    kept["by norm"].append(F.cosine_similarity(raw, by_norm, dim=0))
    kept["by value"].append(F.cosine_similarity(raw, by_value, dim=0))

figure, axes = plt.subplots()
for (name, cosines), style in zip(kept.items(), ("-", "--"), strict=True):
    axes.semilogx(limits / raw.norm(), cosines, style, label=name)
    share = limits[12] / raw.norm()
    print(f"{name}, limit {share:.4f} of the norm: cosine {cosines[12]:.2f}")
axes.set(xlabel="limit / norm of the raw gradient", ylim=(0, 1.05))
axes.set(ylabel="cosine to the raw gradient")
axes.legend(loc="lower right")
plt.show()
