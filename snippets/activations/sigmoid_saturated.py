"""Squared error leaves a saturated unit stuck; cross-entropy frees it."""

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F

from lego.activations import sigmoid

target, rate, steps = torch.tensor(0.0), 0.5, 200
losses = {
    "squared error": lambda z: (sigmoid(z) - target) ** 2,
    "cross-entropy": lambda z: F.binary_cross_entropy_with_logits(z, target),
}
outputs = {}
figure, panels = plt.subplots(1, 2, sharey=True)
for axes, (name, loss) in zip(panels, losses.items(), strict=True):
    for start, style in [(10.0, "-"), (5.0, "--"), (2.0, ":")]:
        z = torch.tensor(start, requires_grad=True)
        path = []
        for _ in range(steps):
            path.append(sigmoid(z).item())
            (gradient,) = torch.autograd.grad(loss(z), z)
            z = (z - rate * gradient).detach().requires_grad_()
        outputs[name, start] = path
        axes.plot(path, style, color="C0", label=f"start at z = {start:g}")
    axes.set(title=name, xlabel="step")
panels[0].set(ylabel="output σ(z); the target is 0")
panels[1].legend()

for name in losses:
    print(f"{name}: from z = 10 to an output of {outputs[name, 10.0][-1]:.4f}")
plt.show()
