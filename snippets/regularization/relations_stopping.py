"""Stopped descents and their ridges are equal to fourteen digits."""

import matplotlib.pyplot as plt
import torch

from lego.datasets import diabetes
from lego.preprocessing import Standardize
from lego.regularization import early_stopping_as_ridge, ridge

data = diabetes().train
x = Standardize(data.inputs)(data.inputs).double()
y = data.targets.double()[:, 0]
y = (y - y.mean()) / y.std()

rate, w = 5e-4, torch.zeros(10, dtype=torch.double)
path, exact, plain, checked = [], [], [], []
for step in range(1, 2001):
    w = w - rate * x.T @ (x @ w - y)  # a step, nothing else
    if step in torch.logspace(0, 3.3, 40).long().tolist():
        checked.append(step)
        path.append(w)
        exact.append(ridge(x, y, early_stopping_as_ridge(x, rate, step)))
        plain.append(ridge(x, y, 1 / (rate * step)))
path, exact, plain = map(torch.stack, (path, exact, plain))

figure, axes = plt.subplots()
axes.semilogx(checked, path, color="C5", linewidth=4)
axes.semilogx(checked, exact, color="C2", linewidth=1)
axes.semilogx(checked, plain, "--", color="C1", linewidth=1)
axes.set(xlabel="steps of descent k", ylabel="coefficients, diabetes")
names = ("stopped descent", "ridge, exact penalties", "ridge, 1/(εk)")
axes.legend([axes.lines[i] for i in (0, 10, 20)], names)
print(f"exact penalties: largest difference {(path - exact).abs().max():.0e}")
print(f"one penalty:     largest difference {(path - plain).abs().max():.2f}")
plt.show()
