"""On convolutions the last two are last here too; Swish never trails ReLU."""

import matplotlib.pyplot as plt

from lego.activations import SEARCH_CANDIDATES
from lego.experiments import bootstrap, search_table
from lego.plotting import look

runs = {}  # accuracies in percent, ten seeds
for row in search_table():
    if row["part"] == "test":
        key = row["network"], row["function"]
        runs.setdefault(key, []).append(100 * row["accuracy"])

networks = ["MLP", "CNN", "residual CNN"]
names = list(SEARCH_CANDIDATES)
mean = {key: sum(found) / len(found) for key, found in runs.items()}
rank = {
    (network, name): 1
    + sum(mean[network, o] > mean[network, name] for o in names)
    for network in networks
    for name in names
}

figure, panels = plt.subplots(1, 3, sharey=True, figsize=(8, 3.6))
for axes, network in zip(panels, networks, strict=True):
    for height, name in enumerate(names):
        ends = bootstrap(runs[network, name])
        axes.plot(ends, [height, height], color="C0")
        axes.plot(mean[network, name], height, "o", color="C0")
    axes.set(title=network, xlabel="test accuracy, %")
axes.set_yticks(range(9), [look(name)["label"] for name in names])
axes.invert_yaxis()

print(f"{'':14}" + "".join(f"{network:>20}" for network in networks))
for name in names:
    line = f"{look(name)['label']:15}"
    for network in networks:
        low, high = bootstrap(runs[network, name])
        line += f"{mean[network, name]:5.1f} [{low:.1f}, {high:.1f}]"
        line += f" {rank[network, name]}"
    print(line)
plt.show()
