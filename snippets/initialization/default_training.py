"""Two layers forgive PyTorch's default; six are near chance after 150 steps."""

import matplotlib.pyplot as plt
import torch

from lego.datasets import digits
from lego.preprocessing import Standardize
from lego.stack import mlp
from lego.training import accuracy, fit

x, y = digits(generator=torch.Generator().manual_seed(0)).all
x = Standardize(x[:1000])(x)
cases = {
    "pytorch": ("pytorch", None, "s--"),
    "pytorch, batch norm": ("pytorch", "batch", "^:"),
    "he_normal": ("he_normal", None, "o-"),
}
depths, scores = (1, 2, 4, 6, 8), {}
figure, axes = plt.subplots()
for name, (init, norm, style) in cases.items():
    scores[name] = []
    for depth in depths:
        rng = torch.Generator().manual_seed(0)
        widths = [64] * (depth + 1) + [10]
        model = mlp(widths, init=init, norm=norm, generator=rng)
        fit(model, x[:1000], y[:1000], steps=150, lr=0.05, batch_size=64,
            generator=rng)  # fmt: skip
        score = accuracy(model.eval(), x[1000:], y[1000:])
        scores[name].append(score)
    axes.plot(depths, scores[name], style, label=name)
    print(f"{name:20}", *(f"{score:.2f}" for score in scores[name]))
axes.set(xlabel="hidden layers", ylabel="test accuracy", xticks=depths)
axes.legend(loc="lower left")
plt.show()
