"""One outlier squeezes a column; a logarithm unbends a skewed one."""

import matplotlib.pyplot as plt
import torch

from lego.preprocessing import MinMax, Standardize

rng = torch.Generator().manual_seed(0)
usual = torch.randn(1000, 1, generator=rng)
columns = {
    "usual": usual,
    "one outlier": torch.cat([usual[1:], torch.tensor([[300.0]])]),
    "skewed": (1.5 * usual).exp(),
    "skewed, log": (1.5 * usual).exp().log1p(),
    "constant": torch.full((1000, 1), 7.0),
}
middle = {}
print("               middle 90% of the column spans")
print("               min-max   normalized")
for name, column in columns.items():
    low, high = column.quantile(torch.tensor([0.05, 0.95]))
    spans = []
    for change in (MinMax(column), Standardize(column)):
        ends = change(torch.stack([low, high])[:, None])
        spans.append((ends[1] - ends[0]).item())
    middle[name] = spans
    print(f"{name:14} {spans[0]:7.3f} {spans[1]:10.3f}")

figure, panels = plt.subplots(1, 2)
for axes, names in zip(
    panels, (list(columns)[:2], list(columns)[2:4]), strict=True
):
    for name, style in zip(names, ("stepfilled", "step"), strict=True):
        values = Standardize(columns[name])(columns[name])[:, 0]
        axes.hist(values, 60, range=(-3, 6), histtype=style, label=name)
    axes.set(xlabel="normalized column", ylabel="examples")
    axes.legend()
plt.show()
