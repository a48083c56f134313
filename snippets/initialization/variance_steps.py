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
narrower = torch.randn(n // 2, n, generator=rng) * (2 / (n + n // 2)) ** 0.5


def square(signal):
    return signal.square().mean().item()


steps = {
    "1: Var(w h) = v E h²": (v * square(h), product.var()),
    "2: Var(z) = n v E h²": (n * v * square(h), z.var()),
    "3: E relu(z)² = Var(z)/2": (z.var() / 2, square(z.relu())),
    "4: next E h² = (n v/2) E h²": (n * v / 2 * square(h), square(z.relu())),
    "5: backward, (n v/2) E δ²": (n * v / 2, square((delta * (z > 0)) @ w)),
    "5: without ReLU, n v E δ²": (n * v, square(delta @ w)),
    "Xavier, 1000 to 500: forward": (4 / 3, square(h @ narrower.T) / square(h)),
    "Xavier, backward": (2 / 3, square(delta[:, : n // 2] @ narrower)),
}

figure, axes = plt.subplots()
for name, (predicted, measured) in steps.items():
    axes.plot(float(measured / predicted), name, "o", color="C0")
    print(f"{name:28} predicted {predicted:.4f}, measured {measured:.4f}")
axes.axvline(1, color="gray", linewidth=1)
axes.set(xlabel="measured / predicted", xlim=(0.9, 1.1))
axes.invert_yaxis()
plt.show()
