"""Twenty Gaussian layers flatten most directions; orthogonal ones keep all."""

import matplotlib.pyplot as plt
import torch

from lego.initialization import lecun_normal_, orthogonal_

width, depth = 200, 20
kinds = {"Gaussian": lecun_normal_, "orthogonal": orthogonal_}
bends = {"linear": lambda z: torch.ones_like(z), "tanh": None}

values = {}
figure, panels = plt.subplots(1, 2, sharey=True)
for axes, bend in zip(panels, ("linear", "tanh"), strict=True):
    for (name, fill), style in zip(kinds.items(), ("-", "--"), strict=True):
        rng = torch.Generator().manual_seed(0)
        h = 0.1 * torch.randn(width, generator=rng, dtype=torch.double)
        jacobian = torch.eye(width, dtype=torch.double)
        for _ in range(depth):
            weight = fill(torch.empty(width, width), generator=rng).double()
            h = weight @ h
            jacobian = weight @ jacobian
            if bend == "tanh":
                h = h.tanh()
                jacobian = (1 - h**2)[:, None] * jacobian
        values[bend, name] = torch.linalg.svdvals(jacobian)
        top, middle = values[bend, name][0], values[bend, name][width // 2]
        axes.semilogy(
            range(1, width + 1), values[bend, name], style, label=name
        )
        print(f"{bend}, {name}: largest {top:.2g}, median {middle:.1e}")
    axes.set(title=f"{depth} layers, {bend}", xlabel="direction, sorted")
panels[0].set(ylabel="factor on the way through", ylim=(1e-12, 1e2))
panels[0].legend(loc="lower left")
plt.show()
