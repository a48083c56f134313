"""In float32, log(1 - sigmoid(x)) is minus infinity from x = 16.6 on."""

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F

from lego.activations import sigmoid

x = torch.linspace(12, 20, 801)
computed = torch.log(1 - sigmoid(x))
exact = F.logsigmoid(-x)
first = x[computed.isinf()].min()

figure, axes = plt.subplots()
axes.plot(x, exact, color="C0", label="logsigmoid(-x)")
axes.plot(x, computed, "--", color="C1", label="log(1 - sigmoid(x))")
axes.axvline(first, color="C1", linestyle=":")
axes.text(first + 0.1, -13, f"minus infinity from {first:.1f} on", color="C1")
axes.set(xlabel="x", ylabel="log(1 − σ(x))")
axes.legend(loc="lower left")

for dtype in (torch.float32, torch.float64):
    print(
        f"sigmoid(20), {dtype}:",
        sigmoid(torch.tensor(20.0, dtype=dtype)).item(),
    )
plt.show()
