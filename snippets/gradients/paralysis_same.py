"""In deep sigmoid layers the inputs no longer make a difference."""

import matplotlib.pyplot as plt
import torch

from lego.plotting import look
from lego.stack import mlp

rng = torch.Generator().manual_seed(0)
x = torch.randn(500, 64, generator=rng)

depth, spread = 8, {}
figure, axes = plt.subplots()
for name in ("sigmoid", "tanh"):
    model = mlp([64] * (depth + 1), name, init="xavier_normal", generator=rng)
    h, spread[name] = x, []
    for layer in model:
        h = layer(h)
        if not isinstance(layer, torch.nn.Linear):  # after an activation
            of_inputs = h.var(0).mean() / h.square().mean()
            spread[name].append(of_inputs.item())
    axes.semilogy(range(1, depth), spread[name], marker="o", **look(name))
    print(name, *(f"{share:.1e}" for share in spread[name]))
axes.set(xlabel="layer", ylabel="share of h² that depends on the input")
axes.legend(loc="lower left")
plt.show()
