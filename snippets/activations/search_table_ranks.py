"""Our residual CNN agrees with the paper, mostly because of the last two."""

import matplotlib.pyplot as plt
import torch

from lego.experiments import search_table
from lego.plotting import look

published = {  # accuracy in %, as on the page of the search
    "relu": [93.8, 95.3, 94.8, 74.2, 77.8, 83.7],
    "swish": [94.5, 95.5, 94.9, 75.1, 78.0, 83.9],
    "max(x, sigmoid(x))": [94.3, 95.3, 94.8, 74.8, 78.6, 84.2],
    "cos(x) - x": [94.1, 94.8, 94.6, 75.2, 76.6, 81.8],
    "min(x, sin(x))": [94.0, 95.1, 94.4, 73.4, 77.1, 74.3],
    "arctan(x)^2 - x": [93.9, 94.7, 94.9, 75.2, 76.7, 83.1],
    "max(x, tanh(x))": [93.9, 94.2, 94.5, 74.8, 76.0, 78.6],
    "sinc(x) + x": [91.5, 92.1, 92.0, 66.1, 68.3, 67.9],
    "x * arcsinh(x)^2": [85.1, 92.1, 91.1, 52.8, 70.6, 68.1],
}
columns = ["RN-10", "WRN-10", "DN-10", "RN-100", "WRN-100", "DN-100"]
networks = ["MLP", "deep MLP", "CNN", "residual CNN"]
sums = torch.zeros(len(published), len(networks))
for row in search_table():
    if row["part"] == "test" and row["function"] in published:
        i = list(published).index(row["function"])
        sums[i, networks.index(row["network"])] += row["accuracy"]
scores = torch.cat([torch.tensor(list(published.values())), sums], 1)


def ranks(scores):  # equal scores share the better rank
    return 1 + (scores[:, None] < scores).sum(1)


print(" " * 19 + " paper            ours")
for name, line in zip(published, ranks(scores).tolist(), strict=True):
    print(f"{look(name)['label']:19}", *line[:6], "   ", *line[6:])
for title, kept in {"all nine": 9, "without the last two": 7}.items():
    found = torch.corrcoef(ranks(scores[:kept]).T.float())  # as Spearman did
    paper = (found[:6, :6].sum() - 6) / 30
    print(f"{title:21}paper {paper:.2f}, ", end="")
    print(f"our residual CNN and the paper {found[9, :6].mean():.2f}")

figure, axes = plt.subplots(figsize=(5.5, 4.5))
both = torch.corrcoef(ranks(scores).T.float())
image = axes.imshow(both.numpy(), cmap="coolwarm", vmin=-1, vmax=1)
axes.set_xticks(range(10), columns + networks, rotation=60, ha="right")
axes.set_yticks(range(10), columns + networks)
axes.grid(False)
figure.colorbar(image, label="rank correlation")
plt.show()
