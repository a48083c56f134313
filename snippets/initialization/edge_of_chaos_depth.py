"""The deeper the net, the nearer to the edge it must start."""

import matplotlib.pyplot as plt
import torch

from lego.datasets import digits
from lego.initialization import initialize
from lego.preprocessing import Standardize
from lego.propagation import chi, depth_scale, fixed_point
from lego.stack import mlp
from lego.training import accuracy, fit

x, y = digits(generator=torch.Generator().manual_seed(0)).all
x = Standardize(x[:500])(x[:500])
weights, depths = (0.5, 0.8, 1.0, 1.3, 2.0, 3.0), (4, 10, 25)
points = [fixed_point("tanh", w**2) for w in weights]
pairs = zip(points, weights, strict=True)
scales = [depth_scale(chi("tanh", q, w**2)) for q, w in pairs]
print("depth scale", *(f"{scale:4.3g}" for scale in scales))

scores = torch.zeros(len(depths), len(weights))
for row, depth in enumerate(depths):
    for column, weight in enumerate(weights):
        rng = torch.Generator().manual_seed(0)
        model = mlp([64] * depth + [10], "tanh", generator=rng)
        initialize(model, "lecun_normal", gain=weight, generator=rng)
        fit(model, x, y[:500], steps=50, lr=0.05, batch_size=100,
            clip_norm=1.0, generator=rng)  # fmt: skip
        scores[row, column] = accuracy(model, x, y[:500])

figure, axes = plt.subplots()
for row, marker in enumerate("os^"):
    label = f"{depths[row]} layers"
    axes.plot(weights, scores[row], marker + "-", label=label)
    print(f"{label:11}", *(f"{score:.2f}" for score in scores[row]))
axes.set(xlabel="scale of the weights", ylabel="accuracy on the training set")
axes.set(xscale="log", xticks=weights, xticklabels=weights)
axes.minorticks_off()
axes.legend(loc="lower left", bbox_to_anchor=(0.42, 0))
plt.show()
