"""ACON-C's slopes spread from their start; no channel becomes a line."""

import matplotlib.pyplot as plt
import torch

from lego.activations import AconC
from lego.datasets import digits, spirals
from lego.preprocessing import Standardize
from lego.stack import mlp
from lego.training import accuracy, fit

rng = torch.Generator().manual_seed(0)
learned, scores = {}, {}
figure, (left, right) = plt.subplots(1, 2)
tasks = digits(generator=rng), spirals(generator=rng)
for data, mark, color in zip(tasks, "o^", ("C0", "C1"), strict=True):
    x, y = data.train
    scale = Standardize(x)
    name = "digits" if x.shape[1] == 64 else "spirals"
    widths = [x.shape[1], 64, 64, int(y.max()) + 1]
    model = mlp(widths, lambda: AconC(64, p1=1.0, p2=0.0), generator=rng)
    settings = {"lr": 0.01, "optimizer": "adam", "batch_size": 64}
    fit(model, scale(x), y, steps=300, **settings, generator=rng)
    test = data.test
    scores[name] = accuracy(model, scale(test.inputs), test.targets)
    bricks = [layer for layer in model if isinstance(layer, AconC)]
    print(f"{name}, {scores[name]:.2f} right:")
    for part in ("p1", "p2", "beta"):
        values = torch.cat([getattr(brick, part).detach() for brick in bricks])
        learned[name, part] = values
        print(f"    {part} from {values.min():.2f} to {values.max():.2f}")
    slopes = learned[name, "p2"], learned[name, "p1"]
    left.plot(*slopes, mark, color=color, alpha=0.6, label=name)
    beta = learned[name, "beta"]
    right.hist(beta, torch.linspace(0, 2, 41), color=color, alpha=0.6)
left.plot(0, 1, "k+", ms=12, label="start")
left.set(xlabel="p₂, slope far left", ylabel="p₁, slope far right")
left.legend()
right.set(xlabel="β", ylabel="channels")
plt.show()
