"""A gain for every brick; PyTorch's table lacks ten and differs in three."""

import matplotlib.pyplot as plt
import torch

from lego.activations import ACTIVATIONS
from lego.initialization import gain

names = [
    name
    for name in ACTIVATIONS
    if name != "acon_c" and not name.startswith("hard")
]
forward = {name: gain(name) for name in names}
backward = {name: gain(name, backward=True) for name in names}

pytorch = {}
for name in names:
    try:
        pytorch[name] = torch.nn.init.calculate_gain(name)
    except ValueError:
        continue  # PyTorch has none
    if name == "leaky_relu":
        pytorch[name] = torch.nn.init.calculate_gain(name, 0.01)

figure, axes = plt.subplots(figsize=(7, 4.5))
for gains, marker, label in (
    (forward, "o", "forward"),
    (backward, "|", "backward"),
    (pytorch, "x", "PyTorch's table"),
):
    axes.plot(list(gains.values()), list(gains), marker, label=label, ms=9)
axes.set(xlabel="gain")
axes.invert_yaxis()
axes.legend()
missing = [name for name in names if name not in pytorch]
print("PyTorch has no gain for", ", ".join(missing))
for name in ("sigmoid", "tanh", "selu"):
    print(f"{name}: {forward[name]:.4f}, PyTorch {pytorch[name]:.4f}")
plt.show()
