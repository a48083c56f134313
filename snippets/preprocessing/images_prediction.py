"""A net that gets different statistics at prediction time fails silently."""

import matplotlib.pyplot as plt
import torch

from lego.datasets import digits
from lego.preprocessing import ImageStandardize
from lego.stack import mlp
from lego.training import accuracy, fit

rng = torch.Generator().manual_seed(0)
data = digits(generator=rng)
images = data.train.inputs.reshape(-1, 1, 8, 8)
test = data.test.inputs.reshape(-1, 1, 8, 8)
standardize = ImageStandardize(images)
model = mlp([64, 64, 10], generator=rng)
fit(model, standardize(images).flatten(1), data.train.targets,
    steps=300, lr=0.1, batch_size=64, generator=rng)  # fmt: skip

dark = test * 0.5  # the same digits, photographed at dusk
cases = {
    "as in training": standardize(test),
    "not standardized": test,
    "scaled to 0...1": test / 16,
    "dark, as in training": standardize(dark),
    "dark, by its own statistics": ImageStandardize(dark)(dark),
}
scores = {}
for name, inputs in cases.items():
    scores[name] = accuracy(model, inputs.flatten(1), data.test.targets)
    print(f"{name:28} {scores[name]:.2f}")

figure, axes = plt.subplots()
axes.plot(list(scores.values())[::-1], list(scores)[::-1], "o")
axes.set(xlabel="test accuracy", xlim=(0.85, 1))
plt.show()
