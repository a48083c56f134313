"""The two that come last: one is nearly a line, one outgrows every line."""

import matplotlib.pyplot as plt
import torch

from lego.activations import SEARCH_CANDIDATES
from lego.diagnostics import slope
from lego.plotting import look

x = torch.linspace(-5, 5, 401)
steepness = {}
figure, panels = plt.subplots(3, 3, figsize=(7, 5.5), sharex=True, sharey=True)
for axes, (name, function) in zip(
    panels.flat, SEARCH_CANDIDATES.items(), strict=True
):
    style = look(name)
    axes.plot(x, function(x), color=style["color"])
    slopes = slope(function, x)
    axes.plot(x, slopes, color=style["color"], linestyle="--")
    axes.set_title(style["label"], fontsize="small")
    steepness[name] = slopes.min().item(), slopes.max().item()
    print(
        f"{style['label']:<19} slope from {slopes.min():5.2f}"
        f" to {slopes.max():4.2f}"
    )
axes.set(ylim=(-4, 5))
figure.supxlabel("x", fontsize="medium")
figure.supylabel("output and slope", fontsize="medium")
plt.show()
