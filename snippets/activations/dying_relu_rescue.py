"""ELU and a slope of 0.2 wake units up; ReLU and a slope of 0.01 do not."""

import matplotlib.pyplot as plt
import torch
from torch import nn

from lego.datasets import spirals
from lego.plotting import look
from lego.stack import mlp
from lego.training import accuracy, fit

rng = torch.Generator().manual_seed(1)
points = spirals(count=500, generator=rng)


def off(step, model):
    z = model[:3](points.train.inputs)  # what the second activation gets
    return {"off": (z.amax(dim=0) < 0).double().mean().item()}


training = {"steps": 301, "lr": 0.4, "batch_size": 64, "watch": off}
share, scores = {}, {}
figure, axes = plt.subplots()
for name, brick, activation, bias, height in [
    ("ReLU", "relu", nn.ReLU, -3, 1.04),
    ("slope 0.01", "leaky_relu", nn.LeakyReLU, -3, 0.95),
    ("slope 0.2", "leaky_relu", lambda: nn.LeakyReLU(0.2), -3, 0.36),
    ("ELU", "elu", nn.ELU, -3, 0.13),
    ("ReLU, bias 0", "relu", nn.ReLU, 0, 0.04),
]:
    model = mlp([2, 64, 64, 3], activation, generator=rng)
    for layer in model[0], model[2]:
        nn.init.constant_(layer.bias, bias)
    history = fit(model, *points.train, generator=rng, **training)
    share[name] = seen = history.watched["off"]
    scores[name] = score = accuracy(model, *points.test)
    print(f"{name}: {seen[0]:.0%}, then {seen[-1]:.0%} off; score {score:.2f}")
    axes.plot(range(0, 301, 10), seen[::10], **look(brick))
    axes.text(303, height, name, va="center")
axes.set(xlabel="step", xlim=(0, 350), ylim=(0, 1.1))
axes.set(ylabel="units off for every input")
plt.show()
