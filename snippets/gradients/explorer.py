"""Twenty sigmoid layers output numbers near one half and lose the gradient."""

import matplotlib.pyplot as plt
import torch

from lego.activations import sigmoid
from lego.diagnostics import diagnose
from lego.stack import mlp

rng = torch.Generator().manual_seed(0)
net = mlp([64] * 21, "sigmoid", init="xavier_normal", generator=rng)
inputs = torch.randn(256, 64, generator=rng)
pull = torch.randn(256, 64, generator=rng) / 256  # a gradient from above
report = diagnose(net, (inputs, pull), lambda h, pull: (h * pull).sum())
norms = [layer.output_gradient for layer in report.layers]

h, bands = inputs, []
levels = torch.tensor([0.05, 0.25, 0.5, 0.75, 0.95])
for layer in (part for part in net if isinstance(part, torch.nn.Linear)):
    h = sigmoid(layer(h)).detach()
    bands.append(h.flatten().quantile(levels))
low, lower, middle, upper, high = torch.stack(bands).T

layers = range(1, 21)
figure, (forward, back) = plt.subplots(1, 2)
forward.fill_between(layers, low, high, color="C0", alpha=0.2, linewidth=0)
forward.fill_between(layers, lower, upper, color="C0", alpha=0.35, linewidth=0)
forward.plot(layers, middle)
forward.set(title="activations: middle 50% and 90%", xlabel="layer")
back.semilogy(layers, norms, "C1.-")
back.set(title="gradient that reaches the layer", xlabel="layer")
factor = (norms[0] / norms[-1]) ** (1 / 19)
print(f"the gradient changes by a factor of {factor:.2f} a layer:")
print(report.findings[0].name)
plt.show()
