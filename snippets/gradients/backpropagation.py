"""A gradient is the product of the weights and slopes that it came through."""

import matplotlib.pyplot as plt
import torch

from lego.activations import tanh
from lego.diagnostics import slope

x = torch.tensor(0.8)
weights = torch.tensor([1.5, -0.9, 2.0, 0.7, 1.2], requires_grad=True)

h, inputs, slopes = x, [], []
for weight in weights:  # forward: each layer keeps its input and its slope
    inputs.append(h)
    slopes.append(slope(tanh, weight * h))
    h = tanh(weight * h)

delta, by_hand, arrives = torch.tensor(1.0), [], []
for weight, h_in, flat in reversed(
    list(zip(weights, inputs, slopes, strict=True))
):  # backward: through the slope, then through the weight
    delta = delta * flat
    by_hand.insert(0, (delta * h_in).item())
    arrives.insert(0, delta.abs().item())
    delta = delta * weight

(autograd,) = torch.autograd.grad(h, weights)
print("layer  by hand   autograd")
for layer, pair in enumerate(zip(by_hand, autograd, strict=True), 1):
    print(f"{layer:5}  {pair[0]:8.5f}  {pair[1]:8.5f}")

layers = range(1, 6)
figure, (forward, backward) = plt.subplots(1, 2)
forward.plot(range(6), torch.stack([*inputs, h]).detach(), "o-")
forward.set(title="forward: output h", xlabel="layer (0: the input)")
backward.plot(layers, arrives, "s-", color="C1")
backward.set(title="backward: |δ|", xlabel="layer", ylim=(0, 0.8))
backward.set(xticks=layers)
plt.show()
