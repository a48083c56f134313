"""At the peak there is one solution, and it is huge; beyond it are many."""

import matplotlib.pyplot as plt
import torch

count, dimension, noise = 40, 10, 0.5
features = (5, 10, 20, 30, 36, 40, 44, 50, 70, 120, 250, 600, 1500)
fits, norms = [], []
for seed in range(20):
    rng = torch.Generator().manual_seed(seed)
    truth = torch.randn(dimension, 1, generator=rng).double() / dimension**0.5
    x = torch.randn(count, dimension, generator=rng).double()
    y = torch.tanh(2 * x @ truth)
    y += noise * torch.randn(count, 1, generator=rng)
    first = torch.randn(dimension, max(features), generator=rng).double()
    for number in features:
        h = torch.relu(x @ first[:, :number]) / number**0.5
        w = torch.linalg.pinv(h) @ y
        fits.append((h @ w - y).square().mean())
        norms.append(w.norm())

figure, (left, right) = plt.subplots(1, 2)
residual = torch.stack(fits).reshape(20, -1).median(0).values.clamp(min=1e-6)
length = torch.stack(norms).reshape(20, -1).median(0).values
left.loglog(features, residual, "o-")
left.set(title="training error (floor 1e-6)", xlabel="features")
right.loglog(features, length, "o-")
right.set(title="length of the solution", xlabel="features")
for axes in (left, right):
    axes.axvline(count, color="gray", linestyle=":")
plt.show()
