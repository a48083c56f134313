"""The last sigmoid layer moves hundreds of times further than the first."""

import matplotlib.pyplot as plt
import torch

from lego.diagnostics import gradient_norms
from lego.stack import mlp
from lego.training import fit

rng = torch.Generator().manual_seed(0)
x = torch.randn(2000, 2, generator=rng).double()
y = (x[:, 0] * x[:, 1] > 0).long()
widths = [2] + [32] * 5 + [2]
model = mlp(widths, "sigmoid", init="xavier_normal", generator=rng).double()
weights = [layer.weight for layer in model if hasattr(layer, "weight")]
start = [weight.detach().clone() for weight in weights]
before = list(gradient_norms(model, x, y).values())


def distances(step, model):
    pairs = zip(weights, start, strict=True)
    moved = [(weight - s).norm() / s.norm() for weight, s in pairs]
    return {f"layer {layer}": path for layer, path in enumerate(moved, start=1)}


training = {"steps": 300, "lr": 0.5, "batch_size": 256, "generator": rng}
paths = fit(model, x, y, watch=distances, **training).watched
after = list(gradient_norms(model, x, y).values())
answers, effect = model(x).softmax(dim=1).detach(), []
for weight, old in zip(weights, start, strict=True):
    learned, weight.data = weight.data, old  # without its training
    effect.append((model(x).softmax(dim=1) - answers).abs().max().item())
    weight.data = learned

steps = sorted({round(1.1**power) for power in range(60)} | {299})
figure, axes = plt.subplots()
for (name, path), change in zip(paths.items(), effect, strict=True):
    (line,) = axes.loglog(steps, [path[step] for step in steps])
    side = {"layer 5": "top", "layer 6": "bottom"}.get(name, "center")
    axes.text(320, path[-1], name, va=side, color=line.get_color())
    print(f"{name}: moved by {path[-1]:.4f}, changed answers by {change:.0e}")
print(f"gradient of layer 1: {before[0]:.1e} at first, {after[0]:.1e} at last")
axes.set(xlabel="step", ylabel="relative distance from start", xlim=(1, 700))
plt.show()
