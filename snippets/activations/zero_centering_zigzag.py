"""An input of mean 3 makes descent zigzag; centered, it goes straight."""

import matplotlib.pyplot as plt
import torch

generator = torch.Generator().manual_seed(0)
x = torch.randn(200, 2, generator=generator)
x = (x - x.mean(dim=0)) / x.std(dim=0) + 3
best, start = torch.tensor([1.0, -1.0]), torch.tensor([-1.5, 0.5])
y = x @ best

grid = torch.linspace(-2, 2, 81)
points = torch.cartesian_prod(grid, grid)
steps, condition = {}, {}
figure, panels = plt.subplots(1, 2, sharey=True)
for axes, name in zip(panels, ("mean 3", "centered"), strict=True):
    inputs = x if name == "mean 3" else x - x.mean(dim=0)
    hessian = inputs.T @ inputs / len(inputs)
    low, high = torch.linalg.eigvalsh(hessian)
    condition[name] = (high / low).item()
    w, path = start, [start]
    while (w - best).norm() > 1e-3:
        w = w - 2 / (low + high) * hessian @ (w - best)
        path.append(w)
    steps[name] = len(path) - 1

    away = points - best
    loss = ((away @ hessian) * away).sum(dim=1).reshape(81, 81).T / 2
    axes.contour(grid, grid, loss, levels=8, colors="C7", linewidths=0.7)
    axes.plot(*torch.stack(path).T, color="C0", marker=".")
    axes.set(title=f"{name}: {steps[name]} steps", xlabel="first weight")
    print(f"{name}: condition number {condition[name]:.1f}")
panels[0].set(ylabel="second weight")
plt.show()
