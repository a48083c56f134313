"""Normalization forgives weights too small, and in part weights too large."""

import matplotlib.pyplot as plt
import torch

from lego.datasets import digits
from lego.initialization import initialize
from lego.preprocessing import Standardize
from lego.stack import mlp
from lego.training import accuracy, fit

x, y = digits(generator=torch.Generator().manual_seed(0)).all
x = Standardize(x[:1000])(x)
scales, scores = (1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8), {}
figure, axes = plt.subplots()
for norm, style in ((None, "o-"), ("batch", "s--"), ("layer", "^-.")):
    scores[norm] = []
    for scale in scales:
        rng = torch.Generator().manual_seed(0)
        model = mlp([64] * 6 + [10], norm=norm, generator=rng)
        initialize(model, "he_normal", gain=scale * 2**0.5, generator=rng)
        try:
            fit(model, x[:1000], y[:1000], steps=100, lr=0.05, batch_size=64,
                generator=rng)  # fmt: skip
            score = accuracy(model.eval(), x[1000:], y[1000:])
        except FloatingPointError:
            score = 0.0  # NaN: no answer is right
        scores[norm].append(score)
    label = f"{norm} norm" if norm else "none"
    axes.plot(scales, scores[norm], style, label=label)
    print(f"{label:10}", *(f"{score:.2f}" for score in scores[norm]))
axes.set(xlabel="weights, times He's", ylabel="test accuracy", ylim=(0, 1))
axes.set(xscale="log", xticks=scales, xticklabels=[f"{s:g}" for s in scales])
axes.minorticks_off()
axes.legend(loc="lower center")
plt.show()
