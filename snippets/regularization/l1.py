"""L1 sets one coefficient after another to exactly zero."""

import matplotlib.pyplot as plt
import torch

from lego.datasets import diabetes
from lego.plotting import regularization_path
from lego.preprocessing import Standardize
from lego.regularization import ridge, soft_threshold

data = diabetes()
x = Standardize(data.train.inputs)(data.train.inputs).double()
y = data.train.targets.double()[:, 0]
y = (y - y.mean()) / y.std()
rate = 1 / torch.linalg.eigvalsh(x.T @ x)[-1]

penalties = torch.logspace(-1, 2.5, 30).double()
w, lasso = torch.zeros(10, dtype=torch.double), []
for penalty in penalties.flip(0):  # from large to small, each from the last
    for _ in range(500):
        w = soft_threshold(w - rate * x.T @ (x @ w - y), float(rate * penalty))
    lasso.insert(0, w)
lasso = torch.stack(lasso)
squares = torch.stack([ridge(x, y, float(q)) for q in penalties])

figure, (left, right) = plt.subplots(1, 2, sharey=True)
regularization_path(penalties, lasso, axes=left)
regularization_path(penalties, squares, axes=right)
left.set(title="L1")
right.set(title="L2", ylabel="")
for row in (0, 15, 22, 26):
    left_over = int((lasso[row] != 0).sum()), int((squares[row] != 0).sum())
    print(
        f"penalty {penalties[row]:6.1f}: not zero L1 {left_over[0]:2}", end=", "
    )
    print(f"L2 {left_over[1]}")
plt.show()
