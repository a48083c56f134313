"""Each step of the argument predicts a number, and the layer agrees."""

import matplotlib.pyplot as plt
import torch

n, rng = 1000, torch.Generator().manual_seed(0)
v = 3 / n  # the variance of the weights, still to be chosen
h = torch.relu(torch.randn(n, n, generator=rng))
w = torch.randn(n, n, generator=rng) * v**0.5
product = w[:, None] * h[:20]  # weight times input, for all pairs
z = h @ w.T
delta = torch.randn(n, n, generator=rng)  # the gradient above, of size 1

second_moment = h.square().mean().item()
steps = {
    "1: Var(w h) = v E h²": (v * second_moment, product.var()),
    "2: Var(z) = n v E h²": (n * v * second_moment, z.var()),
    "3: E relu(z)² = Var(z)/2": (z.var() / 2, z.relu().square().mean()),
    "4: next E h² = (n v/2) E h²": (
        n * v / 2 * second_moment,
        z.relu().square().mean(),
    ),
    "5: backward, (n v/2) E δ²": (
        n * v / 2,
        ((delta * (z > 0)) @ w).square().mean(),
    ),
}

figure, axes = plt.subplots()
for name, (predicted, measured) in steps.items():
    axes.plot(float(measured / predicted), name, "o", color="C0")
    print(f"{name:28} predicted {predicted:.4f}, measured {measured:.4f}")
axes.axvline(1, color="gray", linewidth=1)
axes.set(xlabel="measured / predicted", xlim=(0.9, 1.1))
axes.invert_yaxis()
plt.show()
