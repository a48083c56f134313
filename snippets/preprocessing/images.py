"""Scaling pixels pays most, and centering brings nearly all of the rest."""

import matplotlib.pyplot as plt
import torch

from lego.datasets import digits
from lego.preprocessing import ImageStandardize
from lego.stack import mlp
from lego.training import fit

x, y = digits(generator=torch.Generator().manual_seed(0)).train
pixels = x.reshape(-1, 1, 8, 8) * 255 / x.max()  # as a file has them
unit = pixels / 255
ranges = {
    "0 to 255": pixels,
    "0 to 1": unit,
    "0 to 1, centered": unit - unit.mean(),
    "-1 to 1": 2 * unit - 1,
    "standardized": ImageStandardize(pixels)(pixels),
}

styles = "-", "--", (0, (6, 1, 1, 1, 1, 1)), "-.", ":"
losses, best = {}, {}
figure, axes = plt.subplots()
for (name, images), style in zip(ranges.items(), styles, strict=True):
    for lr in (0.001, 0.002, 0.005, 0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 4.0):
        rng = torch.Generator().manual_seed(0)
        model = mlp([64, 64, 10], generator=rng)
        try:
            history = fit(model, images.flatten(1), y, steps=60, lr=lr)
        except FloatingPointError:
            continue  # this rate is too large for this range
        if name not in losses or history.loss[-1] < losses[name][-1]:
            losses[name], best[name] = history.loss, lr
    label = f"{name}, rate {best[name]}"
    axes.semilogy(losses[name], linestyle=style, label=label)
    print(f"{name:16} best rate {best[name]}, loss {losses[name][-1]:.2f}")
axes.set(xlabel="step", ylabel="training loss", ylim=(0.03, 50))
axes.legend(loc="upper right")
plt.show()
