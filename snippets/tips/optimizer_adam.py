"""Adam's best rate is a thirtieth of plain SGD's, momentum's a tenth."""

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

rates, losses = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0), {}
figure, axes = plt.subplots()
for name, style in (("sgd", "o-"), ("momentum", "s--"), ("adam", "^-.")):
    losses[name] = []
    for rate in rates:
        rng = torch.Generator().manual_seed(0)
        model = mlp([64, 64, 64, 10], generator=rng)
        try:
            history = fit(model, *train, steps=100, lr=rate, optimizer=name,
                          batch_size=64, validation=held_out,
                          generator=rng)  # fmt: skip
            losses[name].append(history.validation[-1])
        except FloatingPointError:
            losses[name].append(math.inf)
    loss, best = min(zip(losses[name], rates, strict=True))
    print(f"{name:8}: best rate {best:5}, loss {loss:.2f}")
    axes.loglog(rates, losses[name], style, label=name)

axes.set(xlabel="learning rate", ylabel="validation loss after 100 steps")
axes.set(yticks=(0.1, 0.3, 1, 3), yticklabels=(0.1, 0.3, 1, 3))
axes.set(xticks=rates, xticklabels=rates)
axes.minorticks_off()
axes.legend()
plt.show()
