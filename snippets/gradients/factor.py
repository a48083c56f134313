"""Half the right scale of weights halves the gradient, layer by layer."""

import matplotlib.pyplot as plt
import torch

from lego.activations import relu, tanh
from lego.diagnostics import slope
from lego.plotting import look

width, depth = 128, 30
bricks = {
    "identity": (lambda z: z, 1.0),
    "tanh": (tanh, 1.0),
    "relu": (relu, 2**0.5),
}
titles = {1.0: "weights at the right scale", 0.5: "weights at half that scale"}
arrives = {}
figure, panels = plt.subplots(1, 2, sharey=True)
for axes, (share, title) in zip(panels, titles.items(), strict=True):
    for name, (function, scale) in bricks.items():
        generator = torch.Generator().manual_seed(0)
        h, delta = torch.randn(2, 64, width, generator=generator)
        layers, sizes = [], []
        for _ in range(depth):
            weight = torch.randn(width, width, generator=generator)
            weight *= share * scale / width**0.5
            z = h @ weight
            layers.append((weight, slope(function, z)))
            h = function(z)
        for weight, flat in reversed(layers):
            delta = (delta * flat) @ weight.T
            sizes.append(delta.square().mean().sqrt())
        arrives[name, share] = sizes[::-1]
        axes.semilogy(range(1, depth + 1), arrives[name, share], **look(name))
    axes.set(title=title, xlabel="layer, counted from the input")
panels[0].set(ylabel="size of the gradient")
panels[0].legend(loc="lower right")
plt.show()
