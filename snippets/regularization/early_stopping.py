"""Patience ends the run, and the best weights come back."""

import matplotlib.pyplot as plt
import torch

from lego.datasets import digits
from lego.preprocessing import Standardize
from lego.regularization import EarlyStopping
from lego.stack import mlp
from lego.training import accuracy, fit

inputs, labels = digits().all
rng = torch.Generator().manual_seed(0)
order = torch.randperm(len(inputs), generator=rng)
train, held_out, test = order[:200], order[200:400], order[1000:]
x, y = Standardize(inputs[train])(inputs), labels.clone()
wrong = train[torch.rand(200, generator=rng) < 0.2]
y[wrong] = torch.randint(10, wrong.shape, generator=rng)

histories, scores = {}, {}
for name in ("to the end", "stopped"):
    model = mlp([64, 128, 10], generator=torch.Generator().manual_seed(0))
    stopping = EarlyStopping(patience=30) if name == "stopped" else None
    histories[name] = fit(model, x[train], y[train], steps=400, lr=0.3,
                          validation=(x[held_out], labels[held_out]),
                          validate_every=2,
                          early_stopping=stopping)  # fmt: skip
    scores[name] = accuracy(model, x[test], labels[test])
    print(f"{name:10}: {len(histories[name].loss)} steps", end=", ")
    print(f"test accuracy {scores[name]:.3f}")
best = 2 * stopping.best_step + 2

figure, axes = plt.subplots()
whole, stopped = histories.values()
axes.plot(whole.validation_steps, whole.validation, color="C0")
axes.axvline(best, color="gray", linestyle=":", label=f"best, step {best}")
axes.axvline(len(stopped.loss), color="C1", linestyle="--", label="stopped")
axes.set(xlabel="step", ylabel="validation loss", ylim=(0.5, 1.5))
axes.legend()
plt.show()
