"""Where the curve is noisy, little patience stops far too early."""

import matplotlib.pyplot as plt
import torch

from lego.datasets import digits
from lego.preprocessing import Standardize
from lego.regularization import EarlyStopping
from lego.stack import mlp
from lego.training import fit

inputs, labels = digits().all
patiences, stops, losses = (1, 3, 10, 30, 100), {}, {}
figure, (left, right) = plt.subplots(1, 2)
for seed in range(8):
    rng = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(inputs), generator=rng)
    train, held_out = order[:600], order[600:650]  # few to judge by
    x = Standardize(inputs[train])(inputs)
    model = mlp([64, 64, 10], dropout=0.5, generator=rng)
    history = fit(model, x[train], labels[train], steps=300, lr=0.2, seed=seed,
                  batch_size=16, validation=(x[held_out], labels[held_out]),
                  validate_every=2)  # fmt: skip
    if seed == 0:
        left.semilogy(history.validation_steps, history.validation, linewidth=1)
    for patience in patiences:
        stopping = EarlyStopping(patience)
        for value in history.validation:
            if stopping.step(value, model):
                break
        stops.setdefault(patience, []).append(2 * stopping.steps)
        share = stopping.best / min(history.validation)
        losses.setdefault(patience, []).append(share)
for patience in patiences:
    right.loglog(
        [patience] * 8, losses[patience], "o", color="C0", fillstyle="none"
    )
    steps, share = (torch.tensor(d[patience]).double() for d in (stops, losses))
    print(f"patience {patience:3}: stops at {steps.median():3.0f}", end=", ")
    print(f"validation loss {share.median():.2f} times the best")
left.set(title="validation loss, 50 examples", xlabel="step")
right.set(title="loss at the stop / best", xlabel="patience, in validations")
plt.show()
