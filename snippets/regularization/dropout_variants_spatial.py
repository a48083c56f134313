"""A dropped pixel is partly known from its channel; a dropped channel isn't."""

import matplotlib.pyplot as plt
import torch
from torch import nn

from lego.datasets import digits

images = digits().all.inputs.reshape(-1, 1, 8, 8) / 16
kernels = torch.randn(8, 1, 3, 3, generator=torch.Generator().manual_seed(0))
maps = torch.relu(nn.functional.conv2d(images, kernels, padding=1))

torch.manual_seed(0)
known = {}
for name, drop in {
    "Dropout": nn.Dropout(0.3),
    "Dropout2d": nn.Dropout2d(0.3),
}.items():
    mask = drop(torch.ones_like(maps)) > 0
    known[name] = []
    for channel in range(8):
        row, column = 4, 4  # a pixel in the middle
        gone = ~mask[:, channel, row, column]
        around = (maps * mask)[gone, channel, 2:7, 2:7].flatten(1)
        around = torch.cat([around, torch.ones(len(around), 1)], 1).double()
        value = maps[gone, channel, row, column].double()
        guess = (
            around @ torch.linalg.lstsq(around, value, driver="gelsd").solution
        )
        explained = 1 - (guess - value).var() / value.var()
        known[name].append(explained.item())

figure, axes = plt.subplots()
for name, style in (("Dropout", "o"), ("Dropout2d", "s")):
    axes.plot(range(8), known[name], style, label=name)
axes.set(xlabel="channel", ylim=(-0.05, 1))
axes.set(ylabel="share of a dropped value\nthat its neighbors tell")
axes.legend()
plt.show()
