"""As printed, Mish is exactly 0 below -17, and its slope is NaN above 89."""

import matplotlib.pyplot as plt
import torch

from lego.activations import mish
from lego.diagnostics import slope
from lego.plotting import look


def printed(x):
    return x * torch.tanh(torch.log(1 + torch.exp(x)))


left, right = torch.linspace(-20, -14, 601), torch.linspace(80, 100, 401)
slopes = slope(printed, right)
zero = left[printed(left) == 0].max().item()
broken = right[slopes.isnan()].min().item()

figure, (near, far) = plt.subplots(1, 2)
near.plot(left, 1e6 * mish(left), **look("mish"))
near.plot(left, 1e6 * printed(left), "--", color="C0", label="as printed")
near.set(title="output × 10⁶, far to the left", xlabel="x", ylim=(-6, 1))
near.legend(loc="lower left")
far.plot(right, slope(mish, right), **look("mish"))
far.plot(right, slopes, "--", color="C0")
far.axvline(broken, color="C0", linestyle=":")
far.text(broken + 0.4, 0.6, f"NaN from {broken:.1f}", color="C0")
far.set(title="slope, far to the right", xlabel="x", ylim=(0, 1.5))
print(f"as printed: 0 up to x = {zero:.1f}, NaN from {broken:.1f}")
plt.show()
