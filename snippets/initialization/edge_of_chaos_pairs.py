"""In order two inputs become one, in chaos they become strangers."""

import matplotlib.pyplot as plt
import torch

from lego.propagation import correlation_map, fixed_point

width, depth, bias = 1000, 30, 0.3
similarity, theory = {}, {}
figure, axes = plt.subplots()
for weight, style in ((1.0, "s"), (1.396, "o"), (2.5, "^")):
    rng = torch.Generator().manual_seed(0)
    q = fixed_point("tanh", weight**2, bias**2)
    first, other = torch.randn(2, width, generator=rng) * q**0.5
    z = torch.stack([first, 0.6 * first + 0.8 * other])  # correlation 0.6
    similarity[weight], theory[weight] = [], [0.6]
    for _ in range(depth):
        similarity[weight].append(torch.cosine_similarity(*z, dim=0).item())
        c = theory[weight][-1]
        theory[weight].append(correlation_map("tanh", c, q, weight**2, bias**2))
        w = torch.randn(width, width, generator=rng) * weight / width**0.5
        z = z.tanh() @ w + bias * torch.randn(width, generator=rng)
    (line,) = axes.plot(range(depth), similarity[weight], style, ms=4)
    axes.plot(theory[weight][:-1], color=line.get_color())
    line.set_label(f"scale of the weights {weight}")
axes.set(xlabel="layer", ylabel="cosine between two inputs", ylim=(0, 1.05))
axes.legend(loc=(0.6, 0.4))
plt.show()
