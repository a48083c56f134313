"""Penalty and decay are one step for SGD, and two for Adam."""

import matplotlib.pyplot as plt
import torch

rng = torch.Generator().manual_seed(0)
scales = torch.logspace(-1.5, 1.5, 40).double()  # columns of unequal size
x = torch.randn(500, 40, generator=rng).double() * scales
truth = torch.randn(40, generator=rng) / scales
y = x @ truth + torch.randn(500, generator=rng)

rate, decay, weights = 1e-3, 0.5, {}
for optimizer in (torch.optim.SGD, torch.optim.Adam):
    for apart in (False, True):
        w = torch.ones(40, dtype=torch.double, requires_grad=True)
        step = optimizer([w], lr=rate, weight_decay=0 if apart else decay)
        for _ in range(300):
            step.zero_grad()
            (0.1 * (x @ w - y).square().mean()).backward()
            if apart:  # shrink apart from the gradient, as AdamW does
                w.data *= 1 - rate * decay
            step.step()
        weights[optimizer, apart] = w.detach()

figure, axes = plt.subplots()
differences = {}
for optimizer, style in ((torch.optim.SGD, "o"), (torch.optim.Adam, "s")):
    gap = (weights[optimizer, False] - weights[optimizer, True]).abs()
    differences[optimizer] = gap
    axes.semilogx(scales, gap, style, label=optimizer.__name__)
    print(f"{optimizer.__name__}: largest difference {gap.max():.0e}")
axes.set(xlabel="size of the column", ylabel="|penalty - decay| of its weight")
axes.legend()
plt.show()
