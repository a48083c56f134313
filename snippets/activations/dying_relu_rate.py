"""Steps too large kill a whole layer; small ones revive hardly any."""

import matplotlib.pyplot as plt
import torch

from lego.datasets import spirals
from lego.stack import mlp
from lego.training import accuracy, fit

rng = torch.Generator().manual_seed(0)
points = spirals(count=500, generator=rng)


def dead(step, model):
    z = model[:3](points.train.inputs)  # what the second activation gets
    return {"dead": (z.amax(dim=0) <= 0).double().mean().item()}


share, scores = {}, {}
figure, axes = plt.subplots()
training = {"batch_size": 64, "watch": dead, "generator": rng}
for rate, style in [(0.1, "-"), (1, "--"), (4, "-.")]:
    model = mlp([2, 64, 64, 3], "relu", generator=rng)
    share[rate] = []
    for lr in (rate, 0.1):
        history = fit(model, *points.train, steps=150, lr=lr, **training)
        share[rate] += history.watched["dead"]
    scores[rate] = accuracy(model, *points.test)
    print(f"rate {rate}: {share[rate][0]:.0%} dead at the start,", end=" ")
    print(f"{share[rate][149]:.0%} after 150 steps,", end=" ")
    print(f"{share[rate][-1]:.0%} at the end, accuracy {scores[rate]:.2f}")
    (line,) = axes.plot(share[rate], style)
    color = line.get_color()
    axes.text(304, share[rate][-1], f"rate {rate}", va="center", color=color)
axes.axvline(150, color="gray", linestyle=":")
axes.text(153, 0.25, "from here on, rate 0.1", color="gray")
axes.set(xlabel="step", ylabel="dead units", xlim=(0, 350), ylim=(0, 1.1))
plt.show()
