"""Its own gain keeps a signal far better, though SiLU's balance is unstable."""

import matplotlib.pyplot as plt
import torch

from lego.activations import ACTIVATIONS
from lego.initialization import gain
from lego.plotting import look
from lego.propagation import variance_map

width, depth = 512, 30
bricks = ("relu", "tanh", "elu", "gelu", "silu", "mish")
squares, growth = {}, {}
figure, panels = plt.subplots(1, 2, sharey=True)
titles = ("each at its own gain", "all at ReLU's gain")
for axes, title in zip(panels, titles, strict=True):
    for name in bricks:
        rng = torch.Generator().manual_seed(0)
        scale = gain(name if title == titles[0] else "relu")
        h = torch.randn(100, width, generator=rng) / scale  # so z starts at 1
        squares[title, name] = []
        for _ in range(depth):
            weight = torch.randn(width, width, generator=rng) / width**0.5
            z = h @ (scale * weight)
            squares[title, name].append(z.square().mean().item())
            h = ACTIVATIONS[name]()(z).detach()
        axes.semilogy(range(1, depth + 1), squares[title, name], **look(name))
    axes.set(title=title, xlabel="layer")

for name in bricks:  # how a variance 1% too large comes out of a layer
    growth[name] = variance_map(name, 1.01, gain(name) ** 2) - 1
    print(f"{name}: 1% too much becomes {growth[name]:.2%}")
panels[0].set(ylabel="mean square of z")
panels[1].legend(loc="lower left")
plt.show()
