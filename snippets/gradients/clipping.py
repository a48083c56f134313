"""At a cliff, one raw step undoes all before it; a clipped one does not."""

import matplotlib.pyplot as plt
import torch

from lego.plotting import contours


def loss(points):  # a recurrent unit: fifty times the same weight and bias
    weight, bias = points.unbind(-1)
    h = torch.full_like(weight, 0.5)
    for _ in range(50):
        h = torch.sigmoid(weight * h + bias)
    return (h - 0.7) ** 2


paths = {}
for name, limit in (("raw", float("inf")), ("clipped at 0.1", 0.1)):
    point = torch.tensor([5.0, -1.6], requires_grad=True)
    path = [point]
    for _ in range(25):
        (gradient,) = torch.autograd.grad(loss(point), point)
        gradient *= min(1, limit / gradient.norm())
        point = (point - gradient).detach().requires_grad_()
        path.append(point)
    paths[name] = torch.stack(path).detach()
    steps = paths[name].diff(dim=0).norm(dim=1)
    print(f"{name}: longest step {steps.max():.2f}", end=", ")
    print(f"lowest loss {loss(paths[name]).min():.5f}")

axes = contours(loss, *paths.values(), bounds=(4, 5.1, -2.6, -1.1), levels=14)
axes.lines[1].set_linestyle("--")
axes.legend(axes.lines, paths, loc="upper left")
axes.set(xlabel="weight", ylabel="bias")
plt.show()
