"""Half the right scale halves the gradient at every layer, whatever the activation; the right scale keeps it for all three."""

import matplotlib.pyplot as plt
import torch

from lego.activations import relu, tanh
from lego.diagnostics import slope
from lego.plotting import look

width, depth = 256, 30
bricks = {"identity": (lambda z: z, 1.0), "tanh": (tanh, 1.0), "relu": (relu, 2**0.5)}  # brick, its scale
curves = {}
figure, panels = plt.subplots(1, 2, sharey=True)
for axes, share, title in zip(panels, (1.0, 0.5), ("weights at the right scale", "weights at half that scale")):
    for name, (function, scale) in bricks.items():
        generator = torch.Generator().manual_seed(0)
        h, delta = torch.randn(2, 64, width, generator=generator)
        layers = []
        for _ in range(depth):
            weight = torch.randn(width, width, generator=generator) * share * scale / width**0.5
            z = h @ weight
            layers.append((weight, slope(function, z)))
            h = function(z)
        curve = []
        for weight, s in reversed(layers):
            delta = (delta * s) @ weight.T
            curve.append(delta.square().mean().sqrt())
        curves[name, share] = torch.stack(curve[::-1])
        axes.semilogy(range(1, depth + 1), curves[name, share], **look(name))
    axes.set(title=title, xlabel="layer, counted from the input")
panels[0].set(ylabel="gradient that arrives")
panels[0].legend()
plt.show()
