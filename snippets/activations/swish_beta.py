"""Beta learns, yet three starts end apart: nothing pulls it to one value."""

import matplotlib.pyplot as plt
import torch

from lego.activations import Swish
from lego.datasets import digits
from lego.plotting import PALETTE
from lego.preprocessing import Standardize
from lego.stack import mlp
from lego.training import fit

x, y = digits().train
x = Standardize(x)(x)
learned, losses = {}, {}
figure, axes = plt.subplots()
for start, color in zip([0.25, 1.0, 4.0], PALETTE, strict=False):
    generator = torch.Generator().manual_seed(0)

    def brick(beta=start):
        return Swish(beta=beta)

    model = mlp([64, 64, 64, 64, 10], brick, generator=generator)
    settings = {"lr": 0.1, "batch_size": 64, "generator": generator}
    losses[start] = fit(model, x, y, steps=300, **settings).loss
    betas = [layer.beta for layer in model if isinstance(layer, Swish)]
    learned[start] = [beta.item() for beta in betas]
    axes.plot([1, 2, 3], learned[start], color=color, marker="o")
    axes.axhline(start, color=color, linestyle=":")
    last = sum(losses[start][-50:]) / 50
    values = ", ".join(f"{beta:.2f}" for beta in learned[start])
    print(f"start {start:g}: learned {values}; loss {last:.3f}")
axes.set(xlabel="layer", ylabel="β (dotted: at the start)", xticks=[1, 2, 3])
plt.show()
