"""ELU needs fewer steps than ReLU, and the more so the deeper the net."""

import matplotlib.pyplot as plt
import torch

from lego.datasets import digits
from lego.initialization import initialize
from lego.plotting import look
from lego.preprocessing import Standardize
from lego.stack import mlp
from lego.training import fit

torch.manual_seed(0)
x, y = digits().train
x = Standardize(x)(x)
depths, needed = [3, 5, 9], {"relu": [], "elu": []}
figure, axes = plt.subplots()
for name in needed:
    for depth in depths:
        generator = torch.Generator().manual_seed(0)
        model = mlp([64] * depth + [10], name)
        initialize(model, "he_normal", activation=name, generator=generator)
        settings = {"lr": 0.1, "batch_size": 64, "generator": generator}
        losses = fit(model, x, y, steps=150, **settings).loss
        smooth = torch.tensor(losses).unfold(0, 10, 1).mean(dim=1)
        below = (smooth < 0.2).nonzero()
        needed[name].append(below[0].item() + 10)
    axes.plot(depths, needed[name], marker="o", **look(name))
    print(f"{name}: steps to a loss of 0.2:", *needed[name])
axes.set(xlabel="layers of weights", xticks=depths, ylim=(0, 150))
axes.set(ylabel="steps to a training loss of 0.2")
axes.legend()
plt.show()
