"""Two equally flat losses: one net has converged, the other is paralyzed."""

import matplotlib.pyplot as plt
import torch

from lego.diagnostics import gradient_norms
from lego.stack import mlp
from lego.training import fit

rng = torch.Generator().manual_seed(1)
x = torch.randn(20_000, 2, generator=rng)
coin = torch.randint(2, (20_000,), generator=rng)  # nothing to learn
product = (x[:, 0] * x[:, 1] > 0).long()  # a shallow net learns this
cases = {"A": ("tanh", coin, "-"), "B": ("sigmoid", product, "--")}

norms, losses = {}, {}
figure, (left, right) = plt.subplots(1, 2)
for name, (activation, y, style) in cases.items():
    widths = [2] + [32] * 7 + [2]
    model = mlp(widths, activation, init="xavier_normal", generator=rng)
    history = fit(model, x, y, steps=300, lr=0.2, batch_size=256, generator=rng)
    norms[name] = list(gradient_norms(model, x[:2000], y[:2000]).values())
    losses[name] = torch.tensor(history.loss[-100:]).mean()
    ratio = norms[name][-1] / norms[name][0]
    print(
        f"net {name}: loss {losses[name]:.3f}, last layer / first {ratio:.0e}"
    )
    left.plot(range(0, 300, 2), history.loss[::2], style, linewidth=1)
    right.semilogy(range(1, 9), norms[name], style, label=f"net {name}")

left.set(title="loss", xlabel="step", ylim=(0.5, 1))
right.set(title="norm of the weight gradient", xlabel="layer")
right.legend()
plt.show()
