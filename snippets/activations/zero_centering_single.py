"""One example at a time, positive inputs leave two of four directions."""

import matplotlib.pyplot as plt
import torch

from lego.activations import sigmoid

rng = torch.Generator().manual_seed(0)
outputs = sigmoid(2 * torch.randn(1000, 2, generator=rng))  # of a layer below
cases = {"sigmoid": outputs, "sigmoid minus 1/2": outputs - 0.5}
best = torch.tensor([1.0, -1.0])

same, length = {}, {}
figure, panels = plt.subplots(1, 2, sharey=True)
for axes, (name, inputs) in zip(panels, cases.items(), strict=True):
    rate = 0.5 / inputs.square().sum(dim=1).mean()
    w = torch.zeros(2)
    path = [w]
    for h in inputs:
        delta = (w - best) @ h  # of half the squared error
        w = w - rate * delta * h
        path.append(w)
        if (w - best).norm() < 0.05:
            break
    steps = torch.stack(path).diff(dim=0)
    same[name] = (steps.prod(dim=1) > 0).double().mean().item()
    length[name] = steps.norm(dim=1).sum().item()

    axes.plot(*torch.stack(path).T, color="C0", marker=".")
    axes.plot(*best, "C1*", ms=12)
    axes.set(title=f"{name}: {len(steps)} steps", xlabel="first weight")
    axes.set(aspect="equal", xlim=(-0.3, 1.3))
    print(f"{name}: {same[name]:.0%} of the steps move both weights one way,")
    print(f"    a path of {length[name]:.1f} to a point {best.norm():.1f} away")
panels[0].set(ylabel="second weight")
plt.show()
