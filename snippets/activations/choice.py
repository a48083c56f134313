"""On digits eight activations differ no more than seeds; the sigmoid does."""

import matplotlib.pyplot as plt
import torch

from lego.datasets import digits
from lego.plotting import look
from lego.preprocessing import Standardize
from lego.stack import mlp
from lego.training import accuracy, fit

data = digits()
standardize = Standardize(data.train.inputs)
x, y = standardize(data.train.inputs), data.train.targets
x_test, y_test = standardize(data.test.inputs), data.test.targets

weights = {"sigmoid": "xavier_normal", "tanh": "xavier_normal"}
weights["selu"] = "lecun_normal"
names = ["sigmoid", "tanh", "relu", "leaky_relu", "elu", "selu"]
names += ["silu", "mish", "gelu"]
scores = {}
figure, axes = plt.subplots()
for place, name in enumerate(names):
    scores[name] = []
    for seed in range(4):
        generator = torch.Generator().manual_seed(seed)
        init = weights.get(name, "he_normal")
        model = mlp([64, 64, 64, 10], name, init=init, generator=generator)
        settings = {"optimizer": "momentum", "generator": generator}
        fit(model, x, y, steps=100, lr=0.05, batch_size=64, **settings)
        scores[name].append(100 * accuracy(model, x_test, y_test))
    color = look(name)["color"]
    axes.plot([place] * 4, scores[name], "o", color=color, fillstyle="none")
    mean = sum(scores[name]) / 4
    axes.plot([place - 0.3, place + 0.3], [mean, mean], color=color)
    print(f"{name}: mean of four seeds {mean:.1f}%")
labels = [look(name)["label"] for name in names]
axes.set(xticks=range(9), xticklabels=labels, ylabel="test accuracy, %")
plt.show()
