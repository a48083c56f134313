"""At the best rates ReLU halves tanh's steps on spirals, but not on digits."""

import matplotlib.pyplot as plt
import torch

from lego.datasets import digits, spirals
from lego.plotting import look
from lego.preprocessing import Standardize
from lego.stack import mlp
from lego.training import fit

rng = torch.Generator().manual_seed(0)
images, arms = digits(), spirals(count=500, generator=rng)
standardize = Standardize(images.train.inputs)
x = standardize(images.train.inputs)
tasks = {  # inputs, targets, a loss to reach, learning rates
    "digits": (x, images.train.targets, 0.2, [0.1, 0.2, 0.4, 0.8]),
    "spirals": (*arms.train, 0.3, [0.2, 0.4, 0.8]),
}
inits = {"tanh": "xavier_normal", "relu": "he_normal"}
steps = {}
figure, panels = plt.subplots(1, 2)
for axes, task in zip(panels, tasks, strict=True):
    x, y, goal, rates = tasks[task]
    widths = [x.shape[1], 64, 64, 64, int(y.max()) + 1]
    for name, init in inits.items():
        steps[task, name] = []
        for lr in rates:
            model = mlp(widths, name, init=init, generator=rng)
            training = {"lr": lr, "batch_size": 64, "generator": rng}
            loss, count = goal + 1, 0
            while loss > goal and count < 1000:
                loss = sum(fit(model, x, y, steps=10, **training).loss) / 10
                count += 10
            steps[task, name].append(count)
        print(f"{task}, {name}: {steps[task, name]} steps at rates {rates}")
        axes.semilogx(rates, steps[task, name], marker="o", **look(name))
    axes.set(title=f"{task}: steps to a loss of {goal}", ylim=(0, None))
    axes.set(xlabel="learning rate", xticks=rates, xticklabels=rates)
    axes.minorticks_off()
panels[0].legend()
plt.show()
