"""With equal weights, 32 units stay one unit, however long you train."""

import matplotlib.pyplot as plt
import torch

from lego.datasets import spirals
from lego.initialization import initialize
from lego.stack import mlp
from lego.training import accuracy, fit

rng = torch.Generator().manual_seed(0)
x, y = spirals(count=500, generator=rng).train
schemes = {"zeros": {}, "constant": {"value": 0.1}, "xavier_normal": {}}

units, scores = {}, {}
figure, axes = plt.subplots()
for (scheme, options), style in zip(
    schemes.items(), ("o-", "s--", "^-."), strict=True
):
    model = mlp([2, 32, 32, 3], "tanh", generator=rng)
    initialize(model, scheme, generator=rng, **options)
    units[scheme] = []
    for _ in range(10):
        distinct = model[2].weight.detach().round(decimals=3).unique(dim=0)
        units[scheme].append(len(distinct))
        fit(model, x, y, steps=30, lr=0.5, batch_size=64, generator=rng)
    scores[scheme] = accuracy(model, x, y)
    print(f"{scheme:13} {units[scheme][-1]:2} units", end=", ")
    print(f"accuracy {scores[scheme]:.2f}")
    axes.plot(range(0, 300, 30), units[scheme], style, label=scheme)
axes.set(xlabel="step", ylabel="distinct units of layer 2, of 32")
axes.legend(loc="center right")
plt.show()
