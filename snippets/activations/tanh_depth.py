"""Through tanh signal and gradient fade like a power of depth, not faster."""

import matplotlib.pyplot as plt
import torch

from lego.activations import sigmoid, tanh
from lego.diagnostics import slope
from lego.plotting import look

width, depth = 256, 50
layers = torch.arange(1, depth + 1)
signals, gradients = {}, {}
figure, (forward, backward) = plt.subplots(1, 2)
for name, function in [("sigmoid", sigmoid), ("tanh", tanh)]:
    generator = torch.Generator().manual_seed(0)
    h, delta = torch.randn(2, 64, width, generator=generator).double()
    passed, spreads, sizes = [], [], []
    for _ in layers:
        weight = torch.randn(width, width, generator=generator).double()
        weight /= width**0.5
        z = h @ weight
        passed.append((weight, slope(function, z)))
        h = function(z)
        spreads.append(h.std(dim=0).square().mean().sqrt().item())
    for weight, flat in reversed(passed):
        delta = (delta * flat) @ weight.T
        sizes.append(delta.square().mean().sqrt().item())
    signals[name], gradients[name] = spreads, sizes[::-1]
    forward.loglog(layers, spreads, **look(name))
    backward.semilogy(layers, gradients[name], **look(name))

forward.loglog(layers, (2 * layers) ** -0.5, ":", color="C7", label="1/√(2l)")
forward.set(title="spread of the signal", xlabel="layer l", ylim=(1e-4, 2))
forward.legend(loc="lower left")
backward.set(title="size of the gradient", xlabel="layer l")
plt.show()
