"""On the CNN the learning rate moves each function by 20 points or more."""

import matplotlib.pyplot as plt

from lego.activations import SEARCH_CANDIDATES
from lego.experiments import search_table
from lego.plotting import look

network = "CNN"
tuning = {name: {} for name in SEARCH_CANDIDATES}
for row in search_table():
    name = row["function"]
    if (row["network"], row["part"]) == (
        network,
        "validation",
    ) and name in tuning:
        tuning[name].setdefault(row["rate"], []).append(100 * row["accuracy"])
mean = {
    name: {rate: sum(found) / len(found) for rate, found in rates.items()}
    for name, rates in tuning.items()
}

figure, axes = plt.subplots()
best = {}
for name, scores in mean.items():
    best[name] = max(scores, key=scores.get)
    axes.semilogx(*zip(*scores.items(), strict=True), marker="o", **look(name))
    moved = max(scores.values()) - min(scores.values())
    print(
        f"{look(name)['label']:19} best at {best[name]:5}, rates move it",
        end="",
    )
    print(f" by {moved:.0f} points")
axes.set(
    xlabel="learning rate", ylabel=f"validation accuracy of the {network}, %"
)
axes.legend(fontsize="small", bbox_to_anchor=(1, 1))
plt.show()
