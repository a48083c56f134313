"""Swish is never below ReLU in the tables, and the best alone in two of six."""

import matplotlib.pyplot as plt

from lego.plotting import look

columns = ["RN-10", "WRN-10", "DN-10", "RN-100", "WRN-100", "DN-100"]
published = {  # accuracy in %, CIFAR-10 and CIFAR-100, medians of five runs
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
ranks = {name: [] for name in published}
for scores in zip(*published.values(), strict=True):
    for name, score in zip(published, scores, strict=True):
        better = sum(other > score for other in scores)
        ranks[name].append(1 + better)  # equal scores share the better rank

figure, axes = plt.subplots()
for name, places in ranks.items():
    axes.plot(columns, places, marker="o", **look(name))
    label = look(name)["label"]
    axes.text(5.15, places[-1], label, va="center", fontsize="small")
    print(f"{look(name)['label']:<19}", *places)
axes.set(ylabel="rank", yticks=range(1, 10), xlim=(-0.2, 7.2))
axes.invert_yaxis()
plt.show()
