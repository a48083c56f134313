"""σ(x) is below 1 for every x, but float32 rounds it to 1 from x = 17 on, and log(1 - σ(x)) to minus infinity."""

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F

from lego.activations import sigmoid

x = torch.linspace(8, 25, 500)
computed = torch.log(1 - sigmoid(x))
safe = F.logsigmoid(-x)

figure, axes = plt.subplots(figsize=(7, 2.8))
axes.plot(x, safe, color="C0", label="logsigmoid(-x)")
axes.plot(x, computed, color="C1", linewidth=1, label="log(1 - sigmoid(x))")
first = x[computed.isinf()].min()
axes.axvline(first, color="C1", linestyle=":")
axes.text(first + 0.2, -11, f"minus infinity from x = {first:.1f}", color="C1")
axes.set(xlabel="x", ylabel="log(1 − σ(x))")
axes.legend(loc="lower left")

print(f"sigmoid(20) in float32: {sigmoid(torch.tensor(20.0)).item()!r}")
print(f"sigmoid(20) in float64: {sigmoid(torch.tensor(20.0, dtype=torch.double)).item()!r}")
plt.show()
