"""Fourteen lines give every gradient of a net, equal to autograd's."""

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F

from lego.activations import tanh
from lego.datasets import moons
from lego.stack import mlp

rng = torch.Generator().manual_seed(0)
x, y = moons(count=200, generator=rng).train
x = x.double()
model = mlp([2, 8, 8, 2], "tanh", init="xavier_normal", generator=rng).double()
linears = model[::2]

h, kept = x, []
for layer in linears:
    kept.append(h)  # what the backward pass needs of this layer
    z = layer(h)
    h = z if layer is linears[-1] else tanh(z)

delta = (z.softmax(1) - F.one_hot(y)) / len(y)  # the loss's own gradient
by_hand = []
for layer, h in zip(reversed(linears), reversed(kept), strict=True):
    by_hand += [
        delta.sum(0).detach(),
        (delta.T @ h).detach(),
    ]  # of the bias and the weight
    delta = (delta @ layer.weight) * (1 - h**2)  # tanh' = 1 - tanh²

F.cross_entropy(model(x), y).backward()
figure, axes = plt.subplots(figsize=(4.5, 3.6))
worst = 0.0
for ours, parameter in zip(by_hand[::-1], model.parameters(), strict=True):
    worst = max(worst, (ours - parameter.grad).abs().max().item())
    axes.plot(parameter.grad.flatten(), ours.flatten(), "o", markersize=4)
axes.axline((0, 0), slope=1, color="gray", linewidth=1)
axes.set(xlabel="gradient by autograd", ylabel="gradient by hand")
print(f"{len(by_hand)} gradients, largest difference {worst:.0e}")
plt.show()
