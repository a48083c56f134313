"""A paralyzed net gives every input the same answer; three ways lead back."""

import matplotlib.pyplot as plt
import torch

from lego.datasets import digits
from lego.preprocessing import Standardize
from lego.stack import mlp
from lego.training import accuracy, fit

rng = torch.Generator().manual_seed(0)
data = digits(generator=rng)
standardize = Standardize(data.train[0])
x, y = standardize(data.train[0]), data.train[1]
held_out = standardize(data.validation[0]), data.validation[1]

widths, xavier = [64] * 7 + [10], "xavier_normal"
nets = {
    "sigmoid": mlp(widths, "sigmoid", init=xavier, generator=rng),
    "tanh": mlp(widths, "tanh", init=xavier, generator=rng),
    "sigmoid, weights × 6": mlp(widths, "sigmoid", init=xavier, generator=rng),
    "sigmoid, batch norm": mlp(
        widths, "sigmoid", init=xavier, norm="batch", generator=rng
    ),
}
with torch.no_grad():
    for layer in nets["sigmoid, weights × 6"][:-1:2]:
        layer.weight *= 6

scores = {}
figure, axes = plt.subplots()
for (name, model), style in zip(
    nets.items(), ("-", "--", "-.", ":"), strict=True
):
    history = fit(model, x, y, steps=240, lr=0.1, batch_size=64, generator=rng)
    scores[name] = accuracy(model.eval(), *held_out)
    print(f"{name:20} accuracy {scores[name]:.2f}")
    loss = torch.tensor(history.loss).unfold(0, 10, 10).mean(1)
    axes.plot(range(5, 240, 10), loss, style, label=name)
axes.set(xlabel="step", ylabel="loss, mean of 10 steps", ylim=(0, 2.9))
axes.legend(loc=(0.3, 0.3))
plt.show()
