"""Twelve loss curves, each with a cause of its own."""

import matplotlib.pyplot as plt
import torch

from lego.datasets import digits
from lego.preprocessing import Standardize
from lego.stack import mlp
from lego.training import fit

inputs, labels = digits().all
x = Standardize(inputs[:1000])(inputs)
rng = torch.Generator().manual_seed(0)
coins = torch.randint(10, labels.shape, generator=rng)
deep = {"activation": "sigmoid", "init": "xavier_normal"}
drop = {"schedule": lambda sgd: torch.optim.lr_scheduler.StepLR(sgd, 120, 0.1)}
cases = {  # the net; examples, batch, targets; arguments of fit
    "1 healthy": ({}, (1000, 32, labels), {}),
    "2 rate too small": ({}, (1000, 32, labels), {"lr": 0.001}),
    "3 rate too large": ({}, (1000, 32, labels), {"lr": 1.1}),
    "4 tiny batches": ({}, (1000, 2, labels), {"lr": 0.05}),
    "5 paralyzed": (deep | {"widths": [64] * 7 + [10]}, (1000, 32, labels), {}),
    "6 waits, then falls": (
        deep | {"widths": [64] * 4 + [10]},
        (1000, 32, labels),
        {"lr": 1.0},
    ),
    "7 labels are noise": ({}, (1000, 32, coins), {}),
    "8 few examples": ({}, (50, 32, labels), {}),
    "9 too small a net": ({"widths": [64, 2, 10]}, (1000, 32, labels), {}),
    "10 rate lowered": ({}, (1000, 8, labels), {"lr": 0.3} | drop),
    "11 starts too high": ({"last": 5}, (1000, 32, labels), {}),
    "12 not shuffled": ({}, (1000, 32, labels), {"ordered": True}),
}

histories = {}
figure, panels = plt.subplots(3, 4, figsize=(9, 6), sharex=True, sharey=True)
for axes, (name, (net, data, how)) in zip(
    panels.flat, cases.items(), strict=True
):
    (count, size, y), how = data, {"lr": 0.1} | how
    net = {"widths": [64, 64, 10]} | net
    last = net.pop("last", 1)
    model = mlp(**net, generator=torch.Generator().manual_seed(0))
    model[-1].weight.data *= last
    rows = torch.randint(count, (200, size), generator=rng)
    if how.pop("ordered", False):  # one class after the other
        rows = y[:1000].argsort().repeat(7)[: 200 * size].reshape(200, size)
    batches = [(x[i], y[i]) for i in rows]
    histories[name] = fit(model, batches, steps=200, validate_every=10,
                          validation=(x[1000:], y[1000:]), **how)  # fmt: skip
    axes.semilogy(histories[name].loss, linewidth=1)
    steps, values = histories[name].validation_steps, histories[name].validation
    axes.semilogy(steps, values, "--")
    axes.set(ylim=(0.01, 30))
    axes.set_title(name, fontsize="medium")
panels[2, 0].set(xlabel="step", ylabel="loss: train —\nvalidation - -")
plt.show()
