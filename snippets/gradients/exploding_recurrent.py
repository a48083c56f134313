"""A recurrent net multiplies by the same matrix at every step of time."""

import matplotlib.pyplot as plt
import torch

width, length = 32, 60
rng = torch.Generator().manual_seed(0)
start = torch.randn(width, width, generator=rng)
start /= torch.linalg.eigvals(start).abs().max()  # spectral radius 1
h = torch.randn(256, width, generator=rng) * 0.01
signal = torch.randn(length, 256, width, generator=rng) * 0.01

sizes = {}
figure, axes = plt.subplots()
for radius, style in ((0.9, "--"), (1.0, "-"), (1.2, "-.")):
    for name, bend in (("linear", lambda z: z), ("tanh", torch.tanh)):
        states, state = [], h.clone().requires_grad_()
        for x in signal:
            states.append(state)
            state = bend(state @ (radius * start) + x)
        delta = torch.randn(256, width, generator=rng)
        gradients = torch.autograd.grad(state, states, delta)
        norms = torch.stack([g.norm() for g in gradients]) / delta.norm()
        sizes[radius, name] = norms.flip(0)
    curve = sizes[radius, "linear"]
    steps = range(1, length + 1)
    axes.semilogy(steps, curve, style, label=f"spectral radius {radius}")
    print(f"radius {radius}: after 60 steps {curve[-1]:.1e} (linear),", end=" ")
    print(f"{sizes[radius, 'tanh'][-1]:.1e} (tanh)")
axes.set(xlabel="steps back in time", ylabel="gradient / gradient at the end")
axes.legend(loc="upper left")
plt.show()
