"""With inputs of mean 3 the path is over twice as long as a straight line."""

import matplotlib.pyplot as plt
import torch

mean = torch.tensor([3.0, 3.0], dtype=torch.float64)
hessian = torch.eye(2, dtype=torch.float64) + torch.outer(mean, mean)
low, high = torch.linalg.eigvalsh(hessian).tolist()
rate = 0.9 * 2 / high  # nine tenths of the largest stable rate

best = torch.tensor([1.0, -1.0], dtype=torch.float64)
start = torch.tensor([-1.5, 0.5], dtype=torch.float64)
path = [start]
for _ in range(60):
    path.append(path[-1] - rate * hessian @ (path[-1] - best))
path = torch.stack(path)
away = path - best
losses = ((away @ hessian) * away).sum(dim=1) / 2
length = path.diff(dim=0).norm(dim=1).sum() / (best - start).norm()

grid = torch.linspace(-2.6, 2.6, 121, dtype=torch.float64)
around = torch.cartesian_prod(grid, grid) - best
loss = ((around @ hessian) * around).sum(dim=1).reshape(121, 121).T / 2
levels = [losses[0] * (k / 5) ** 2 for k in range(1, 8)]
figure, (left, right) = plt.subplots(1, 2)
left.contour(grid, grid, loss, levels=levels, colors="C7", linewidths=0.6)
left.plot(*path.T, "C0.-", linewidth=1.2)
left.plot(*best, "C1D")
left.set(title="path over the loss", xlabel="first weight", ylim=(-2.6, 1.8))
left.set(ylabel="second weight", aspect="equal")
right.semilogy(losses / losses[0])
right.set(title="loss by step, start = 1", xlabel="step", ylim=(1e-6, 1e2))
print(f"condition number {high / low:.0f}")
print(f"the path is {length:.1f} times as long as the straight line")
plt.show()
