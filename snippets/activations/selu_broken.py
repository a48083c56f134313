"""The wrong weights blow SELU up; plain dropout moves its fixed point."""

import matplotlib.pyplot as plt
import torch
from torch import nn

from lego.activations import selu

width, depth = 256, 50
recipes = {
    "LeCun's weights": (1.0, nn.Identity(), "C0-"),
    "He's weights": (2.0, nn.Identity(), "C1-."),
    "with dropout": (1.0, nn.Dropout(0.1), "C2--"),
    "with alpha dropout": (1.0, nn.AlphaDropout(0.1), "C3:"),
}
torch.manual_seed(0)  # dropout draws from the global generator
variances = {}
figure, axes = plt.subplots()
for name, (size, drop, style) in recipes.items():
    h = torch.randn(512, width)
    variances[name] = [1.0]
    for _ in range(depth):
        weight = torch.randn(width, width) * (size / width) ** 0.5
        h = drop(selu(h @ weight))
        variances[name].append(h.var().item())
    axes.semilogy(variances[name], style, label=name)
    print(f"{name}: variance {variances[name][-1]:.3g} after {depth} layers")
axes.set(xlabel="layer", ylabel="variance of the outputs")
axes.legend()
plt.show()
