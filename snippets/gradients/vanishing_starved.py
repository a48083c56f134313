"""In a deep sigmoid net the last layer moves at once; the first has hardly moved after 300 steps."""

import matplotlib.pyplot as plt
import torch

from lego.stack import mlp
from lego.training import fit

generator = torch.Generator().manual_seed(0)
x = torch.randn(2000, 2, generator=generator)
y = (x[:, 0] * x[:, 1] > 0).long()

model = mlp([2] + [32] * 5 + [2], activation="sigmoid", init="xavier_normal", generator=generator)
weights = [layer.weight for layer in model if hasattr(layer, "weight")]
start = [weight.detach().clone() for weight in weights]


def distances(step, model):
    return {f"layer {l}": (w - s).norm() / s.norm() for l, (w, s) in enumerate(zip(weights, start), start=1)}


history = fit(model, x, y, steps=300, lr=0.5, batch_size=256, generator=generator, watch=distances)

figure, axes = plt.subplots()
for layer, path in history.watched.items():
    (line,) = axes.loglog(range(1, 300), path[1:])
    axes.text(310, path[-1], layer, va="center", color=line.get_color())
axes.set(xlabel="step", ylabel="distance from the start,\nrelative to the start", xlim=(1, 700))
print("after 300 steps:", *(f"{path[-1]:.0e}" for path in history.watched.values()))
plt.show()
