"""Twice the right weights: within a few steps the loss is not finite."""

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F

from lego.datasets import digits
from lego.diagnostics import gradient_norms
from lego.initialization import he_normal_
from lego.preprocessing import Standardize
from lego.stack import mlp

rng = torch.Generator().manual_seed(0)
x, y = digits(generator=rng).train
x = Standardize(x)(x)
depths = (2, 4, 6, 10, 15, 20)

first, losses, nets = {}, {}, {}
figure, (left, right) = plt.subplots(1, 2)
for scale, style in ((1.0, "-"), (1.5, "--"), (2.0, "-.")):
    first[scale], losses[scale] = [], []
    for depth in depths:
        nets[depth] = mlp([64] * depth + [10], generator=rng)
        for layer in nets[depth][::2]:
            he_normal_(layer.weight, gain=scale * 2**0.5, generator=rng)
        norms = gradient_norms(nets[depth], x[:200], y[:200])
        first[scale].append(next(iter(norms.values())))
    optimizer = torch.optim.SGD(nets[6].parameters(), lr=0.1)
    for _ in range(40):
        batch = torch.randint(len(x), (64,), generator=rng)
        loss = F.cross_entropy(nets[6](x[batch]), y[batch])
        losses[scale].append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    left.semilogy(depths, first[scale], style, label=f"He × {scale}")
    right.semilogy(losses[scale], style)
left.set(title="gradient of layer 1, at start", xlabel="layers", xticks=depths)
right.set(title="loss, six layers", xlabel="step")
left.legend()
plt.show()
