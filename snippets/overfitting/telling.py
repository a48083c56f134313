"""Six runs, six shapes: only one of them is overfitting."""

import matplotlib.pyplot as plt
import torch

from lego.datasets import digits
from lego.preprocessing import Standardize
from lego.stack import mlp
from lego.training import fit

rng = torch.Generator().manual_seed(0)
data = digits(generator=rng)
standardize = Standardize(data.train.inputs)
x, y = standardize(data.train.inputs), data.train.targets
held_out = standardize(data.validation.inputs), data.validation.targets
deep = {"widths": [64] * 7 + [10], "activation": "sigmoid"}
deep["init"] = "xavier_normal"
cases = {
    "overfitting": ({"count": 100}, 0.1, {}),
    "healthy": ({}, 0.1, {}),
    "too small": ({}, 0.1, {"widths": [64, 2, 10]}),
    "paralyzed": ({}, 0.1, deep),
    "learning rate too large": ({}, 2.0, {}),
    "dropout": ({}, 0.1, {"dropout": 0.6}),
}
histories = {}
figure, panels = plt.subplots(2, 3, figsize=(9, 5), sharex=True, sharey=True)
for axes, (name, (part, lr, net)) in zip(
    panels.flat, cases.items(), strict=True
):
    count = part.get("count", len(x))
    model = mlp(**{"widths": [64, 64, 10], "generator": rng} | net)
    history = fit(model, x[:count], y[:count], steps=200, lr=lr,
                  batch_size=50, seed=0, validate_every=5,
                  validation=held_out)  # fmt: skip
    histories[name] = history
    axes.semilogy(history.loss, label="train")
    axes.semilogy(history.validation_steps, history.validation, "--",
                  label="validation")  # fmt: skip
    axes.set(title=name, xlabel="step", ylabel="loss", ylim=(0.002, 200))
    axes.label_outer()
panels[0, 0].legend(loc="upper right")
plt.show()
