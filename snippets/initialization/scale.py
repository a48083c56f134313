"""Six layers of 4096 tanh units: too small dies out, too large saturates."""

import matplotlib.pyplot as plt
import torch

from lego.plotting import distributions

width, depth = 4096, 6
rng = torch.Generator().manual_seed(0)
scales = {"0.01": 0.01, "0.05": 0.05, "1/√n": width**-0.5}
start = torch.randn(32, width, generator=rng)

outputs = {name: {} for name in scales}
signals = dict.fromkeys(scales, start)
for layer in range(1, depth + 1):
    weight = torch.randn(width, width, generator=rng)  # of variance 1
    for name, std in scales.items():
        signals[name] = torch.tanh(signals[name] @ weight * std)
        outputs[name][f"layer {layer}"] = signals[name]

figure, panels = plt.subplots(1, 3, figsize=(9, 4), sharey=True)
for axes, (name, layers) in zip(panels, outputs.items(), strict=True):
    distributions(layers, axes=axes)
    axes.set(title=f"weights of std {name}")
    spread = [f"{h.std():.2g}" for h in layers.values()]
    print(f"std {name:5} outputs:", *spread)
plt.show()
