"""Of fifty plain layers, those of SELU learn best; ReLU's hardly begin."""

import matplotlib.pyplot as plt
import torch

from lego.datasets import digits
from lego.plotting import look
from lego.preprocessing import Standardize
from lego.stack import mlp
from lego.training import accuracy, fit

data = digits()
standardize = Standardize(data.train.inputs)
x, y = standardize(data.train.inputs), data.train.targets
inits = {"selu": "lecun_normal", "tanh": "xavier_normal", "relu": "he_normal"}

scores = {}
figure, axes = plt.subplots()
for name, init in inits.items():
    generator = torch.Generator().manual_seed(0)
    model = mlp([64] * 50 + [10], name, init=init, generator=generator)
    settings = {"lr": 0.02, "batch_size": 64, "generator": generator}
    losses = torch.tensor(fit(model, x, y, steps=100, **settings).loss)
    axes.plot(losses.unfold(0, 5, 1).mean(dim=1), **look(name))
    scores[name] = accuracy(
        model, standardize(data.test.inputs), data.test.targets
    )
    print(f"{name}: test accuracy {scores[name]:.2f} after 100 steps")
axes.set(xlabel="step", ylabel="training loss, mean of 5 steps", ylim=(0, None))
axes.legend()
plt.show()
