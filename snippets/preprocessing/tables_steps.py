"""Wine: 23 steps with normalized inputs; with raw ones, 5,000 are too few."""

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F

from lego.datasets import wine
from lego.preprocessing import Center, MinMax, Standardize, Whiten
from lego.preprocessing import condition_number as condition

x, y = wine(generator=torch.Generator().manual_seed(0)).train
x = x.double()
changes = {
    "raw": lambda x: x,
    "centered": Center(x),
    "min-max": MinMax(x),
    "normalized": Standardize(x),
    "whitened": Whiten(x),
}
losses = {}
figure, axes = plt.subplots()
styles = iter(("-", "--", "-.", ":", (0, (5, 1))))
for name, change in changes.items():
    features = F.pad(change(x), (0, 1), value=1.0)  # a column for the bias
    largest = torch.linalg.eigvalsh(features.T @ features / len(x)).max()
    w, losses[name] = torch.zeros(14, 3, dtype=torch.double), []
    for _ in range(5_001):
        logits = features @ w
        losses[name].append(F.cross_entropy(logits, y).item())
        if losses[name][-1] < 0.1:
            break
        delta = logits.softmax(1) - F.one_hot(y)
        w -= 2 / largest * features.T @ delta / len(x)
    axes.plot(losses[name], linestyle=next(styles), label=name)
    print(f"{name:10} condition {condition(features):7.1e}", end=", ")
    print(f"loss {losses[name][-1]:.2f} after {len(losses[name]) - 1} steps")
axes.set_xscale("symlog", linthresh=1)  # which has a place for step 0
axes.set(xlabel="step", ylabel="loss")
axes.legend(loc="lower right")
plt.show()
