"""ReLU loses half of the mean square per layer; a factor of 2 restores it."""

import matplotlib.pyplot as plt
import torch

from lego.plotting import distributions

width, depth = 4096, 6
rng = torch.Generator().manual_seed(0)
scales = {"1/√n": width**-0.5, "√(2/n)": (2 / width) ** 0.5}
start = torch.randn(32, width, generator=rng)

outputs = {name: {} for name in scales}
signals = dict.fromkeys(scales, start)
for layer in range(1, depth + 1):
    weight = torch.randn(width, width, generator=rng)  # of variance 1
    for name, std in scales.items():
        signals[name] = torch.relu(signals[name] @ weight * std)
        outputs[name][f"layer {layer}"] = signals[name]

figure, panels = plt.subplots(1, 2, figsize=(7, 4), sharex=True, sharey=True)
for axes, (name, layers) in zip(panels, outputs.items(), strict=True):
    on = {title: h[h > 0] for title, h in layers.items()}  # half of them
    distributions(on, axes=axes)
    axes.set(title=f"weights of std {name}", xlabel="outputs above 0")
    mean_square = [f"{h.square().mean():.2g}" for h in layers.values()]
    print(f"std {name:7} mean squares:", *mean_square)
plt.show()
