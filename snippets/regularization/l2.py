"""L2 shrinks most along the directions about which the data say least."""

import matplotlib.pyplot as plt
import torch

from lego.datasets import diabetes
from lego.plotting import contours, regularization_path
from lego.preprocessing import Standardize
from lego.regularization import ridge

data = diabetes()
x = Standardize(data.train.inputs)(data.train.inputs).double()
y = data.train.targets.double()[:, 0]
y = (y - y.mean()) / y.std()

penalties = torch.logspace(-1, 5, 40)
path = torch.stack([ridge(x, y, float(penalty)) for penalty in penalties])

figure, (left, right) = plt.subplots(1, 2)
hessian = torch.tensor([[1.0, 0.0], [0.0, 0.08]])  # steep and flat
best = torch.tensor([1.0, 1.0])
way = torch.stack(
    [
        torch.linalg.solve(hessian + q * torch.eye(2), hessian @ best)
        for q in torch.logspace(-3, 2, 30)
    ]
)
contours(
    lambda w: ((w - best) @ hessian * (w - best)).sum(1),
    way,
    bounds=(-0.3, 1.8, -0.8, 2.4),
    axes=left,
)
left.plot(0, 0, "+", color="gray")
left.set(title="from the optimum to zero")
regularization_path(penalties, path, axes=right)
right.set(title="diabetes: ten weights", xlabel="penalty")
plt.show()
