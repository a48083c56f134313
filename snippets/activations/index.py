"""Each brick has a slope just right of zero; left of it ReLU has none."""

import matplotlib.pyplot as plt
import torch

from lego.activations import ACTIVATIONS
from lego.diagnostics import slope
from lego.plotting import look

x = torch.linspace(-4, 4, 161)
torch.manual_seed(0)  # some bricks draw parameters
left, right = {}, {}
columns = 4
rows = -(-len(ACTIVATIONS) // columns)
figure, panels = plt.subplots(
    rows, columns, figsize=(7, 1.5 * rows), sharex=True, sharey=True
)
for axes, (name, make) in zip(panels.flat, ACTIVATIONS.items(), strict=False):
    brick, style = make(), look(name)
    slopes = slope(brick, x)
    left[name] = slopes[x < 0].abs().max().item()
    right[name] = slopes[(x > 0) & (x < 1)].abs().min().item()
    axes.plot(x, brick(x).detach(), color=style["color"])
    axes.plot(x, slopes, color=style["color"], linestyle="--")
    axes.set_title(style["label"], fontsize="small")

for axes in panels.flat[len(ACTIVATIONS) :]:
    axes.axis("off")
axes.set(ylim=(-1.5, 3))
figure.supxlabel("x", fontsize="medium")
figure.supylabel("output and slope", fontsize="medium")
plt.show()
