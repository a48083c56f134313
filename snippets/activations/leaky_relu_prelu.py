"""PReLU learns a negative slope on spirals: its derivative can be negative."""

import matplotlib.pyplot as plt
import torch

from lego.activations import PReLU
from lego.datasets import digits, spirals
from lego.preprocessing import Standardize
from lego.stack import mlp
from lego.training import fit

rng = torch.Generator().manual_seed(0)
images, arms = digits().train, spirals(count=500, generator=rng).train
x = Standardize(images.inputs)(images.inputs)
tasks = {"digits": (x, images.targets), "spirals": arms}


def slopes(step, model):
    learned = [m.weight.item() for m in model if isinstance(m, PReLU)]
    return {f"layer {i}": a for i, a in enumerate(learned, start=1)}


watched, styles = {}, ["-", "--", "-."]
figure, panels = plt.subplots(1, 2, sharey=True)
training = {"lr": 0.1, "batch_size": 64, "generator": rng, "watch": slopes}
for axes, (task, (x, y)) in zip(panels, tasks.items(), strict=True):
    widths = [x.shape[1], 64, 64, 64, int(y.max()) + 1]
    model = mlp(widths, PReLU, generator=rng)
    watched[task] = fit(model, x, y, steps=400, **training).watched
    for (name, path), style in zip(watched[task].items(), styles, strict=True):
        axes.plot(range(0, 400, 5), path[::5], style, label=name)
        print(f"{task}, {name}: from {path[0]:.2f} to {path[-1]:.2f}")
    axes.axhline(0, color="gray", linestyle=":")
    axes.set(title=task, xlabel="step")
panels[0].set(ylabel="slope on the left")
panels[0].legend()
plt.show()
