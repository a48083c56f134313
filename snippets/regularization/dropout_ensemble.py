"""One pass without a mask is the geometric mean of all 1024 nets, exactly."""

import itertools

import matplotlib.pyplot as plt
import torch

from lego.datasets import moons
from lego.stack import mlp
from lego.training import fit

rng = torch.Generator().manual_seed(0)
data = moons(count=400, noise=0.2, generator=rng)
model = mlp([2, 10, 2], dropout=0.5, generator=rng)
fit(model, *data.train, steps=500, lr=0.3, seed=0)

x = data.test.inputs
hidden = model[1](model[0](x)).detach()  # ten units
masks = torch.tensor(list(itertools.product((0.0, 1.0), repeat=10)))
logits = model[3](hidden * 2 * masks[:, None]).detach()  # of all 1024 nets
arithmetic = logits.softmax(2).mean(0)
geometric = logits.log_softmax(2).mean(0).softmax(1)
one_pass = model.eval()(x).detach().softmax(1)

figure, axes = plt.subplots(figsize=(4.5, 4))
for name, mean, style in (
    ("geometric mean", geometric, "o"),
    ("arithmetic mean", arithmetic, "x"),
):
    axes.plot(mean[:, 1], one_pass[:, 1], style, markersize=4, label=name)
    gap = (mean - one_pass).abs().max()
    print(f"{name}: largest difference to one pass {gap:.0e}")
same = (arithmetic.argmax(1) == one_pass.argmax(1)).double().mean()
print(f"same class as the arithmetic mean: {same:.0%}")
axes.axline((0, 0), slope=1, color="gray", linewidth=1)
axes.set(xlabel="probability by all 1024 nets")
axes.set(ylabel="by one pass without masks")
axes.legend()
plt.show()
