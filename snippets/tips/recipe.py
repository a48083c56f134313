"""A range test: the best rate is a few times smaller than the breakdown."""

import copy

import matplotlib.pyplot as plt
import torch

from lego.datasets import digits
from lego.preprocessing import Standardize
from lego.stack import mlp
from lego.training import accuracy, fit

inputs, labels = digits().all
x = Standardize(inputs[:1000])(inputs)
start = mlp([64, 64, 64, 10], generator=torch.Generator().manual_seed(0))


def rising(sgd):  # from 1e-4, by a tenth more at each step
    return torch.optim.lr_scheduler.ExponentialLR(sgd, 1.1)


model, rng = copy.deepcopy(start), torch.Generator().manual_seed(0)
history = fit(model, x[:1000], labels[:1000], steps=110, lr=1e-4,
              batch_size=64, schedule=rising, generator=rng)  # fmt: skip

scores = {}
for rate in (0.001, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0):
    model, rng = copy.deepcopy(start), torch.Generator().manual_seed(0)
    try:
        fit(model, x[:1000], labels[:1000], steps=100, lr=rate, batch_size=64,
            generator=rng)  # fmt: skip
        scores[rate] = accuracy(model, x[1000:], labels[1000:])
    except FloatingPointError:
        scores[rate] = 0.0
    print(f"rate {rate:g}: accuracy {scores[rate]:.2f}")

figure, (left, right) = plt.subplots(1, 2, sharex=True)
left.loglog(history.lr, history.loss)
left.set(title="one run, rising rate", xlabel="learning rate", ylabel="loss")
right.semilogx(list(scores), list(scores.values()), "o-")
right.set(title="a run for each rate", xlabel="learning rate", ylim=(0, 1))
right.set(ylabel="accuracy after 100 steps")
plt.show()
