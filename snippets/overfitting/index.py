"""The net memorizes its 200 examples, and the validation loss rises."""

import matplotlib.pyplot as plt
import torch

from lego.datasets import digits
from lego.preprocessing import Standardize
from lego.stack import mlp
from lego.training import accuracy, fit

rng = torch.Generator().manual_seed(0)
data = digits(generator=rng)
standardize = Standardize(data.train.inputs)
x, y = standardize(data.train.inputs)[:200], data.train.targets[:200].clone()
wrong = torch.rand(200, generator=rng) < 0.2
y[wrong] = torch.randint(10, (int(wrong.sum()),), generator=rng)
validation = standardize(data.validation.inputs), data.validation.targets

model = mlp([64, 128, 10], generator=rng)
history = fit(model, x, y, steps=500, lr=0.5, validation=validation,
              validate_every=10, metric=accuracy, generator=rng)  # fmt: skip
best = min(range(50), key=history.validation.__getitem__)
steps = history.validation_steps

figure, (left, right) = plt.subplots(1, 2)
left.semilogy(history.loss, label="train")
left.semilogy(steps, history.validation, "--", label="validation")
left.axvline(steps[best], color="gray", linestyle=":")
left.set(title="loss", xlabel="step")
left.legend(loc="center right")
right.plot(steps, history.metric, "--", color="C1")
right.axvline(steps[best], color="gray", linestyle=":")
right.set(title="validation accuracy", xlabel="step", ylim=(0, 1))
learned = accuracy(model, x[wrong], y[wrong])
print(f"lowest validation loss {min(history.validation):.2f}", end=" ")
print(f"at step {steps[best]}, at the end {history.validation[-1]:.2f}")
print(f"wrong labels learned by heart: {learned:.0%}")
plt.show()
