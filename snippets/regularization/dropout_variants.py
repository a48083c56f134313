"""Batch norm after dropout learns a variance that prediction does not have."""

import matplotlib.pyplot as plt
import torch
from torch import nn

from lego.regularization import Dropout

torch.manual_seed(0)
rng = torch.Generator().manual_seed(0)
shares, ratios = (0.0, 0.1, 0.3, 0.5, 0.7), {"after": [], "before": []}
for share in shares:
    for place, found in ratios.items():
        norm = nn.BatchNorm1d(200)
        linear = nn.Linear(200, 200)
        drop = Dropout(share, generator=rng)
        nn.init.normal_(linear.weight, std=0.1, generator=rng)
        dense = [linear, norm]
        parts = [drop, *dense] if place == "after" else [*dense, drop]
        layers = nn.Sequential(*parts)
        for _ in range(200):  # training passes: running statistics settle
            layers(torch.relu(torch.randn(256, 200, generator=rng)))
        with torch.no_grad():
            x = torch.relu(torch.randn(4000, 200, generator=rng))
            out = layers.eval()(x)
        found.append(out.var(0).mean().item())  # 1 where nothing shifts

figure, axes = plt.subplots()
styles = {"after": "o-", "before": "s--"}
for place, found in ratios.items():
    label = f"batch norm {place} the dropout"
    axes.plot(shares, found, styles[place], label=label)
    print(f"{place:6}", *(f"{value:.2f}" for value in found))
axes.set(xlabel="share of dropped units", ylim=(0, 1.1))
axes.set(ylabel="variance of the output at prediction")
axes.legend(loc="lower left")
plt.show()
