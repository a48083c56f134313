"""Through twelve ReLU layers of unequal widths, He's scale keeps the signal."""

from itertools import pairwise

import matplotlib.pyplot as plt
import torch

from lego.initialization import INITIALIZERS

widths = [200, 800] * 6 + [200]  # fan-in and fan-out differ
schemes = {"lecun_normal": "s--", "xavier_normal": "^-.", "he_normal": "o-"}

signal, gradient = {}, {}
figure, panels = plt.subplots(1, 2, sharey=True)
for scheme, style in schemes.items():
    rng = torch.Generator().manual_seed(0)
    h = torch.randn(500, widths[0], generator=rng)
    signal[scheme], gates, weights = [], [], []
    for n_in, n_out in pairwise(widths):
        weight = torch.empty(n_out, n_in)
        INITIALIZERS[scheme](weight, generator=rng)
        z = h @ weight.T
        h = torch.relu(z)
        signal[scheme].append(h.square().mean())
        gates.append(z > 0)
        weights.append(weight)
    delta, gradient[scheme] = torch.randn(h.shape, generator=rng), []
    for gate, weight in zip(gates[::-1], weights[::-1], strict=True):
        delta = (delta * gate) @ weight
        gradient[scheme].insert(0, delta.square().mean())
    layers = range(1, len(widths))
    panels[0].semilogy(layers, signal[scheme], style, label=scheme)
    panels[1].semilogy(layers, gradient[scheme], style)
panels[0].set(title="signal, mean square of h", xlabel="layer")
panels[1].set(title="gradient, mean square", xlabel="layer")
panels[0].legend()
plt.show()
