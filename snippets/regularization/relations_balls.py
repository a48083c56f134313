"""The corners of L1 catch the solution on an axis; L2 has no corners."""

import matplotlib.pyplot as plt
import torch

from lego.plotting import contours
from lego.regularization import l1_as_laplace_prior, soft_threshold

hessian = torch.tensor([[1.0, 0.3], [0.3, 0.6]])
best = torch.tensor([1.6, 0.5])
loss = lambda w: ((w - best) @ hessian * (w - best)).sum(1) / 2  # noqa: E731

penalty = l1_as_laplace_prior(noise_std=1.0, prior_scale=1.5)
w = torch.zeros(2)
for _ in range(500):  # proximal steps
    w = soft_threshold(w - 0.5 * hessian @ (w - best), 0.5 * penalty)
radius = float(w.abs().sum())

angle = torch.linspace(0, 2 * torch.pi, 361)
circle = torch.stack([angle.cos(), angle.sin()], 1)
diamond = circle / circle.abs().sum(1, keepdim=True)
figure, panels = plt.subplots(1, 2)
touch = {}
for axes, (name, ball) in zip(
    panels, {"L1": diamond, "L2": circle}.items(), strict=True
):
    ball = radius * ball
    touch[name] = ball[loss(ball).argmin()]
    contours(loss, bounds=(-1.2, 2.4, -1.2, 1.8), levels=8, axes=axes)
    axes.fill(*ball.T, alpha=0.3)
    axes.plot(*touch[name], "o", color="C1")
    axes.plot(*best, "+", color="gray")
    axes.set(title="{}: touches at ({:.2f}, {:.2f})".format(name, *touch[name]))
    axes.set_aspect("equal")
plt.show()
