"""ELU's outputs have a mean nearer zero than ReLU's, layer after layer."""

import matplotlib.pyplot as plt
import torch
from torch import nn

from lego.activations import elu, relu
from lego.initialization import initialize
from lego.plotting import look
from lego.stack import mlp

torch.manual_seed(0)
generator = torch.Generator().manual_seed(0)
x = torch.linspace(-4, 3, 281)
data = torch.randn(1000, 128, generator=generator)

offsets = {}
figure, (value, offset) = plt.subplots(1, 2)
for name, function in [("relu", relu), ("elu", elu)]:
    value.plot(x, function(x), **look(name))
    model = mlp([128] * 9 + [1], name)
    initialize(model, "he_normal", activation=name, generator=generator)
    h, offsets[name] = data, []
    for layer in model[:-1]:
        h = layer(h).detach()
        if not isinstance(layer, nn.Linear):
            size = h.mean(dim=0).square().mean().sqrt() / h.std()
            offsets[name].append(size.item())
    offset.plot(range(1, 9), offsets[name], marker="o", **look(name))
    print(f"{name}: mean by spread {offsets[name][-1]:.2f} in layer 8")

value.set(title="output", xlabel="x")
value.legend()
offset.set(title="mean of a unit / spread", xlabel="layer", ylim=(0, 1.2))
plt.show()
