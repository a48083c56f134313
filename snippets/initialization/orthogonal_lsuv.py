"""LSUV measures what a formula can only estimate: variance 1 in each layer."""

import matplotlib.pyplot as plt
import torch
from torch import nn

from lego.datasets import digits
from lego.initialization import initialize
from lego.preprocessing import Standardize
from lego.stack import mlp

x = digits(generator=torch.Generator().manual_seed(0)).train.inputs
x = Standardize(x)(x)[:256]

variances = {}
figure, axes = plt.subplots()
for scheme, style in (("he_normal", "s--"), ("lsuv", "o-")):
    rng = torch.Generator().manual_seed(0)
    model = mlp([64] * 16, "silu", generator=rng)
    options = {"batch": x} if scheme == "lsuv" else {"activation": "silu"}
    initialize(model, scheme, generator=rng, **options)
    h, variances[scheme] = x, []
    for layer in model:
        h = layer(h)
        if isinstance(layer, nn.Linear):
            variances[scheme].append(h.var().item())
    label = "LSUV" if options.get("batch") is not None else "He, SiLU's gain"
    axes.semilogy(range(1, 16), variances[scheme], style, label=label)
axes.set(xlabel="layer", ylabel="variance of z")
axes.legend()
plt.show()
