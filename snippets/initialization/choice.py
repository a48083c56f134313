"""Eight layers: tanh learns with four of five schemes, GELU with only two."""

import matplotlib.pyplot as plt
import torch

from lego.datasets import digits
from lego.initialization import gain, initialize
from lego.plotting import look
from lego.preprocessing import Standardize
from lego.stack import mlp
from lego.training import accuracy, fit

x, y = digits(generator=torch.Generator().manual_seed(0)).all
x = Standardize(x[:1000])(x)
schemes = (
    "pytorch",
    "lecun_normal",
    "xavier_normal",
    "he_normal",
    "orthogonal",
)

scores = {}
figure, axes = plt.subplots(figsize=(7, 3.2))
for activation, marker in (("relu", "o"), ("tanh", "s"), ("gelu", "^")):
    for scheme in schemes:
        rng = torch.Generator().manual_seed(0)
        model = mlp([64] * 8 + [10], activation, generator=rng)
        scale = {"gain": gain(activation)} if scheme == "orthogonal" else {}
        initialize(model, scheme, generator=rng, **scale)
        fit(model, x[:1000], y[:1000], steps=100, lr=0.1, batch_size=64,
            generator=rng)  # fmt: skip
        scores[activation, scheme] = accuracy(model, x[1000:], y[1000:])
    found = [scores[activation, scheme] for scheme in schemes]
    style = look(activation) | {"linestyle": "none"}
    axes.plot(found, schemes, marker=marker, **style)
    print(activation, *(f"{score:.2f}" for score in found))
axes.set(xlabel="test accuracy after 100 steps", xlim=(0, 1))
axes.legend(loc="center left")
plt.show()
