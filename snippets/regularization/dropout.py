"""Inverted dropout keeps the mean; what it adds is variance."""

import matplotlib.pyplot as plt
import torch

from lego.regularization import Dropout

rng = torch.Generator().manual_seed(0)
h = torch.relu(torch.randn(1000, generator=rng))  # outputs of a layer
w = torch.randn(1000, generator=rng) / 1000**0.5
shares = (0.1, 0.3, 0.5, 0.7, 0.9)
shown = {0.1: "-", 0.5: "--", 0.9: ":"}

moments = {}
figure, (left, right) = plt.subplots(1, 2)
for p in shares:
    drop = Dropout(p, generator=rng)
    z = torch.stack([drop(h) @ w for _ in range(4000)])
    without = drop.eval()(h) @ w
    variance = p / (1 - p) * (h * w).square().sum()  # the formula
    moments[p] = (z.mean(), without, z.var(), variance)
    print(f"p {p}: mean {z.mean():6.3f} ({without:.3f} at test)", end=", ")
    print(f"variance {z.var():.3f} (predicted {variance:.3f})")
    if p in shown:
        line = {"histtype": "step", "linestyle": shown[p], "label": f"p = {p}"}
        left.hist(z, 60, range=(-6, 6), **line)
left.axvline(float(without), color="gray", linestyle=":")
left.set(title="what the next unit receives", xlabel="z", ylabel="passes")
left.legend()
right.semilogy(shares, [m[2] for m in moments.values()], "o", label="measured")
right.semilogy(
    shares, [m[3] for m in moments.values()], label="p/(1 - p) Σ(hw)²"
)
right.set(title="variance", xlabel="p")
right.legend()
plt.show()
