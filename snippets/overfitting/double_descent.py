"""The error peaks at as many features as examples, then falls again."""

import matplotlib.pyplot as plt
import torch

count, dimension, noise = 40, 10, 0.5
features = (5, 10, 20, 30, 36, 40, 44, 50, 70, 120, 250, 600, 1500)
errors = {"least squares": [], "ridge": []}
for seed in range(20):
    rng = torch.Generator().manual_seed(seed)
    truth = torch.randn(dimension, 1, generator=rng).double() / dimension**0.5
    x = torch.randn(count + 500, dimension, generator=rng).double()
    y = torch.tanh(2 * x @ truth)
    observed = y[:count] + noise * torch.randn(count, 1, generator=rng)
    first = torch.randn(dimension, max(features), generator=rng).double()
    found = {name: [] for name in errors}
    for number in features:
        h = torch.relu(x @ first[:, :number]) / number**0.5
        train, test = h[:count], h[count:]
        w = torch.linalg.pinv(train) @ observed  # the shortest solution
        found["least squares"].append((test @ w - y[count:]).square().mean())
        gram = train.T @ train + 0.05 * torch.eye(number)
        w = torch.linalg.solve(gram, train.T @ observed)
        found["ridge"].append((test @ w - y[count:]).square().mean())
    for name, values in found.items():
        errors[name].append(torch.stack(values))

figure, axes = plt.subplots()
for (name, values), style in zip(errors.items(), ("o-", "s--"), strict=True):
    low, median, high = torch.stack(values).quantile(
        torch.tensor([0.25, 0.5, 0.75]).double(), dim=0
    )
    (line,) = axes.loglog(features, median, style, label=name)
    axes.fill_between(features, low, high, alpha=0.2, color=line.get_color())
    errors[name] = median
axes.axvline(count, color="gray", linestyle=":")
axes.set(xlabel="features (40 examples)", ylabel="test error")
axes.legend()
plt.show()
