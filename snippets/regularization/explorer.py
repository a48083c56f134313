"""Dropout follows the very path of ridge; early stopping a path nearby."""

import matplotlib.pyplot as plt
import torch

from lego.regularization import dropout_as_ridge, gradient_descent, ridge

# two inputs of spread 1 and correlation 0.6: x.T @ x is [[1, 0.6], [0.6, 1]]
x = torch.tensor([[1.0, 0.6], [0.0, 0.8]], dtype=torch.float64)
best = torch.tensor([1.6, 0.6], dtype=torch.float64)
y = x @ best
rate = 0.5 / 1.6  # half of one by the larger eigenvalue

ways = {
    "ridge": [ridge(x, y, 10**a) for a in torch.linspace(-3, 3, 121)],
    "early stopping": [gradient_descent(x, y, rate, k) for k in range(1, 300)],
    "dropout": [
        ridge(x, y, dropout_as_ridge(x, p))
        for p in torch.linspace(0, 0.999, 121).tolist()
    ],
}
figure, axes = plt.subplots(figsize=(7, 4))
grid = torch.linspace(-1, 2.8, 101, dtype=torch.float64)
away = torch.cartesian_prod(grid, grid) - best
loss = (away @ x.T).square().sum(dim=1).reshape(101, 101).T
levels = [(0.35 * k) ** 2 for k in range(1, 8)]
axes.contour(grid, grid, loss, levels=levels, colors="C7", linewidths=0.6)
for (name, path), style in zip(ways.items(), ["-", "--", ":"], strict=True):
    axes.plot(*torch.stack(path).T, style, label=name)
axes.set(xlabel="first weight", ylabel="second weight")
axes.set(xlim=(-0.9, 2.7), ylim=(-0.6, 1.4), aspect="equal")
axes.legend(loc="lower right")

one = ridge(x, y, 1.0)
stopped = gradient_descent(x, y, rate, round(1 / rate))
dropped = ridge(x, y, dropout_as_ridge(x, 0.5))
print("λ = 1:", f"dropout is {(dropped - one).norm():.0e} away from ridge,")
print(f"early stopping {(stopped - one).norm():.2f}")
plt.show()
