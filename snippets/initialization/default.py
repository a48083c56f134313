"""PyTorch's default loses a factor of 6 per layer with ReLU, He's none."""

import matplotlib.pyplot as plt
import torch

from lego.stack import mlp

torch.manual_seed(0)
rng = torch.Generator().manual_seed(0)
x = torch.randn(500, 256, generator=rng)

squares = {}
figure, axes = plt.subplots()
for init, style in (("pytorch", "s--"), ("he_normal", "o-")):
    model = mlp([256] * 9, "relu", init=init, generator=rng)
    h, squares[init], spread = x, [x.square().mean().item()], []
    for layer in model[:-1]:
        h = layer(h)
        if isinstance(layer, torch.nn.ReLU):
            squares[init].append(h.square().mean().item())
            spread.append((h.var(0).mean() / h.square().mean()).item())
    axes.semilogy(squares[init], style, label=init)
    print(f"{init:10}", *(f"{value:.1e}" for value in squares[init][1:]))
    print(f"  depends on the input: {spread[-1]:.1%} of layer 7's output")
weight = torch.nn.Linear(256, 256).weight
print(f"variance of the weights × n: {weight.var().item() * 256:.3f}")
axes.set(xlabel="layer (0: the input)", ylabel="mean square of the outputs")
axes.legend()
plt.show()
