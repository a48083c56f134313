"""Ten seeds do not tell the first five apart: some steps need hundreds."""

import matplotlib.pyplot as plt
import torch

from lego.activations import SEARCH_CANDIDATES
from lego.experiments import search_table

runs = {}
for row in search_table():
    if row["part"] == "test" and row["function"] in SEARCH_CANDIDATES:
        found = runs.setdefault(row["network"], {})
        found.setdefault(row["function"], []).append(100 * row["accuracy"])

# two groups of n seeds, a test at 5%, found in 80% of all experiments
z = torch.special.ndtri(torch.tensor([0.975, 0.8])).sum()
gap = torch.logspace(-1.2, 1, 50)
figure, axes = plt.subplots()
needed = {}
networks = {"MLP": "-", "CNN": "--", "residual CNN": ":"}
for network, style in networks.items():
    scores = torch.tensor(list(runs[network].values()))
    five = scores[scores.mean(1).argsort(descending=True)[:5]]
    spread = five.var(1).mean().sqrt()
    gaps = -five.mean(1).diff()
    needed[network] = (2 * (z * spread / gaps) ** 2).ceil().clamp(min=2)
    (line,) = axes.loglog(gap, 2 * (z * spread / gap) ** 2, style)
    line.set_label(network)
    axes.plot(gaps, 2 * (z * spread / gaps) ** 2, "o", color=line.get_color())
    print(
        f"{network:13} spread of seeds {spread:.2f} points; five best, from one"
    )
    print(f"{'':13} to the next: ", end="")
    print(", ".join(f"{n:.0f} seeds" for n in needed[network]))
axes.axhline(10, color="gray", linestyle=":")
axes.set(xlabel="difference of two functions, points", ylabel="seeds needed")
axes.set_ylim(1, 1e5)
axes.legend()
plt.show()
