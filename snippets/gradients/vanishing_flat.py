"""Two equally flat losses: one net has converged, the other is paralysed."""

import matplotlib.pyplot as plt
import torch

from lego.diagnostics import gradient_norms
from lego.stack import mlp
from lego.training import fit

generator = torch.Generator().manual_seed(1)
x = torch.randn(20_000, 2, generator=generator)
coin = torch.randint(2, (20_000,), generator=generator)  # nothing to learn
product = (x[:, 0] * x[:, 1] > 0).long()  # a shallow net learns this

norms, losses = {}, {}
figure, (left, right) = plt.subplots(1, 2)
for name, activation, targets in [("A", "tanh", coin), ("B", "sigmoid", product)]:
    model = mlp(
        [2] + [32] * 7 + [2], activation, init="xavier_normal", generator=generator
    )
    history = fit(
        model, x, targets, steps=300, lr=0.2, batch_size=256, generator=generator
    )
    losses[name] = torch.tensor(history.loss[-100:]).mean()
    norms[name] = list(gradient_norms(model, x[:2000], targets[:2000]).values())
    style = {"A": "-", "B": "--"}[name]
    left.plot(
        range(0, 300, 2), history.loss[::2], style, label=f"net {name}", linewidth=1
    )
    right.semilogy(range(1, 9), norms[name], style, marker="o")
    ratio = norms[name][-1] / norms[name][0]
    print(f"net {name}: loss {losses[name]:.3f}, last layer / first: {ratio:.0e}")

left.set(title="loss", xlabel="step", ylim=(0.5, 1))
right.set(title="norm of the weight gradient", xlabel="layer", xticks=range(1, 9))
left.legend()
plt.show()
