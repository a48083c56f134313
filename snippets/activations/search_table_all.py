"""The five best of 26 functions are an input times a gate; ReLU is ninth."""

import matplotlib.pyplot as plt

from lego.experiments import search_table
from lego.plotting import look

networks = {"MLP": "o", "CNN": "s", "residual CNN": "^"}
runs = {}
for row in search_table():
    if row["part"] == "test" and row["network"] in networks:
        found = runs.setdefault(row["function"], {})
        found.setdefault(row["network"], []).append(100 * row["accuracy"])

means = {
    name: {network: sum(found[network]) / 10 for network in networks}
    for name, found in runs.items()
}
order = sorted(means, key=lambda name: -sum(means[name].values()))
figure, axes = plt.subplots(figsize=(6, 0.27 * len(order) + 1))
for network, marker in networks.items():
    scores = [means[name][network] for name in order]
    axes.plot(scores, range(len(order)), marker, label=network)
axes.set_yticks(range(len(order)), [look(name)["label"] for name in order])
axes.set(xlabel="test accuracy, %")
axes.invert_yaxis()
axes.legend()

for name in order:
    scores = "".join(f"{score:7.1f}" for score in means[name].values())
    print(f"{look(name)['label']:19}{scores}")
plt.show()
