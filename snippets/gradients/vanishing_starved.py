"""The last sigmoid layer moves hundreds of times further than the first."""

import matplotlib.pyplot as plt
import torch

from lego.stack import mlp
from lego.training import fit

rng = torch.Generator().manual_seed(0)
x = torch.randn(2000, 2, generator=rng)
y = (x[:, 0] * x[:, 1] > 0).long()
widths = [2] + [32] * 5 + [2]
model = mlp(widths, "sigmoid", init="xavier_normal", generator=rng)
weights = [layer.weight for layer in model if hasattr(layer, "weight")]
start = [weight.detach().clone() for weight in weights]


def distances(step, model):
    pairs = zip(weights, start, strict=True)
    moved = [(weight - s).norm() / s.norm() for weight, s in pairs]
    return {f"layer {layer}": path for layer, path in enumerate(moved, start=1)}


training = {"steps": 300, "lr": 0.5, "batch_size": 256, "generator": rng}
history = fit(model, x, y, watch=distances, **training)

steps = sorted({round(1.1**power) for power in range(60)} | {299})
figure, axes = plt.subplots()
for name, path in history.watched.items():
    (line,) = axes.loglog(steps, [path[step] for step in steps])
    side = {"layer 5": "top", "layer 6": "bottom"}.get(name, "center")
    axes.text(320, path[-1], name, va=side, color=line.get_color())
    print(f"{name}: moved by {path[-1]:.4f} of its size")
axes.set(
    xlabel="step", ylabel="distance from the start,\nrelative", xlim=(1, 700)
)
plt.show()
