"""Four times the batch wants about three times the rate, up to a limit."""

import math

import matplotlib.pyplot as plt
import torch

from lego.datasets import digits
from lego.preprocessing import Standardize
from lego.stack import mlp
from lego.training import fit

inputs, labels = digits().all
x = Standardize(inputs[:1000])(inputs)
train, held_out = (x[:1000], labels[:1000]), (x[1000:], labels[1000:])

rates, losses = (0.03, 0.1, 0.3, 1.0, 3.0), {}
figure, axes = plt.subplots()
for size, style in ((8, "o-"), (32, "s--"), (128, "^-."), (512, "D:")):
    losses[size] = []
    for rate in rates:
        rng = torch.Generator().manual_seed(0)
        model = mlp([64, 64, 10], generator=rng)
        try:
            history = fit(model, *train, epochs=5, lr=rate, batch_size=size,
                          validation=held_out, generator=rng)  # fmt: skip
            losses[size].append(history.validation[-1])
        except FloatingPointError:
            losses[size].append(math.inf)
    loss, best = min(zip(losses[size], rates, strict=True))
    steps = 5 * (1000 // size)
    print(f"batches of {size:3}: {steps:3} steps, best rate {best}", end=", ")
    print(f"loss {loss:.2f}")
    axes.loglog(rates, losses[size], style, label=f"batches of {size}")

axes.set(xlabel="learning rate", ylabel="validation loss after five epochs")
axes.set(ylim=(0.1, 4), xticks=rates, xticklabels=rates)
axes.set(yticks=(0.1, 0.3, 1, 3), yticklabels=(0.1, 0.3, 1, 3))
axes.minorticks_off()
axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
plt.show()
