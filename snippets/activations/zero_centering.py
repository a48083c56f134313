"""One example moves all weights of a unit one way; a batch mixes the signs."""

import matplotlib.pyplot as plt
import torch

from lego.activations import sigmoid, tanh
from lego.plotting import look

width, count = 64, 1024
generator = torch.Generator().manual_seed(0)
x, target = torch.randn(2, count, width, generator=generator)
weights = torch.randn(2, width, width, generator=generator) / width**0.5

sizes = [1, 2, 4, 8, 16, 32, 64, 128, 256]
shares = {}
figure, axes = plt.subplots()
for name, function, biases, height in [
    ("sigmoid", sigmoid, "at zero", 0.9),
    ("sigmoid", sigmoid, "fitted", 0.42),
    ("tanh", tanh, "at zero", 0.05),
]:
    h = function(x @ weights[0])  # the inputs of the next layer
    delta = h @ weights[1] - target  # its upstream gradient
    if biases == "fitted":
        delta = delta - delta.mean(dim=0)  # a fitted bias leaves no mean
    share = []
    for size in sizes:
        pairs = zip(h.split(size), delta.split(size), strict=True)
        gradients = torch.stack([d.T @ b for b, d in pairs])
        same = (gradients > 0).all(dim=2) | (gradients < 0).all(dim=2)
        share.append(same.double().mean().item())
    shares[name, biases] = share
    axes.semilogx(sizes, share, marker="o", **look(name))
    axes.text(24, height, f"{name}, biases {biases}")

axes.set(xlabel="examples in the batch", xticks=sizes, xticklabels=sizes)
axes.set(ylabel="share of units", ylim=(-0.05, 1.05))
axes.minorticks_off()
plt.show()
