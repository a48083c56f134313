"""A stopped net answers almost like one that L2 holds to its start."""

import copy

import matplotlib.pyplot as plt
import torch
from torch.nn.utils import parameters_to_vector as vector

from lego.datasets import digits
from lego.preprocessing import Standardize
from lego.stack import mlp
from lego.training import fit

inputs, labels = digits().all
x = Standardize(inputs[:100])(inputs)
rng = torch.Generator().manual_seed(0)
start = mlp([64, 32, 10], "tanh", init="xavier_normal", generator=rng)
origin = vector(start.parameters()).detach()  # a descent starts here


def answers(net, steps, lr=0.1, factor=0.0):
    fit(net, x[:100], labels[:100], steps=steps, lr=lr,
        penalty=lambda net: factor / 2
        * (vector(net.parameters()) - origin).square().sum())  # fmt: skip
    return net(x[1000:]).detach().softmax(1)


counts, factors = (5, 10, 20, 40, 80), torch.logspace(0.5, -2, 31).tolist()
held = copy.deepcopy(start)  # from strong to weak, each net from the last
penalized = [answers(held, 60, 0.3, factor) for factor in factors]
first, nearest, gaps, moved = start(x[1000:]).detach().softmax(1), [], [], []
for count in counts:
    stopped = answers(copy.deepcopy(start), count)
    apart = [(stopped - other).abs().sum(1).mean() / 2 for other in penalized]
    gaps.append(min(apart).item())
    nearest.append(factors[apart.index(min(apart))])
    moved.append((stopped - first).abs().sum(1).mean().item() / 2)
    print(f"{count:2} steps: gap {gaps[-1]:.2f}, learned {moved[-1]:.2f}")
figure, axes = plt.subplots()
axes.semilogy(counts, nearest, "o", label="nearest factor of L2")
axes.semilogy(counts, [10 / count for count in counts], label="1/(εk)")
axes.set(xlabel="steps until the stop, k", ylabel="factor", xticks=counts)
axes.legend()
plt.show()
