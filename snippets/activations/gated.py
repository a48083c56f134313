"""Gated units and squared ReLU learn complex squares; ReLU does not."""

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F

from lego.activations import SwiGLU
from lego.plotting import look
from lego.stack import mlp
from lego.training import fit

generator = torch.Generator().manual_seed(0)
x = torch.randn(512, 2, generator=generator)
y = torch.stack([x[:, 0] ** 2 - x[:, 1] ** 2, 2 * x[:, 0] * x[:, 1]], dim=1)

models = {
    "relu": mlp([2, 9, 2], "relu", generator=generator),
    "gelu": mlp([2, 9, 2], "gelu", generator=generator),
    "relu_squared": mlp([2, 9, 2], "relu_squared", generator=generator),
    "swiglu": SwiGLU(2, hidden=8, generator=generator),
}
losses, sizes = {}, {}
figure, axes = plt.subplots()
for name, model in models.items():
    sizes[name] = sum(p.numel() for p in model.parameters())
    settings = {"optimizer": "adam", "lr": 0.03, "loss": F.mse_loss}
    losses[name] = fit(model, x, y, steps=250, **settings).loss
    axes.semilogy(losses[name], **look(name))
    last = losses[name][-1]
    print(f"{name}: {sizes[name]} parameters, squared error {last:.1e}")
axes.set(xlabel="step", ylabel="mean squared error")
axes.legend(loc="lower left")
plt.show()
