"""Stopping after k steps and ridge filter each direction nearly alike."""

import matplotlib.pyplot as plt
import torch

rate, steps = 0.01, 100
s = torch.logspace(-3, 1.9, 400).double()  # eigenvalues of X'X
stopped = 1 - (1 - rate * s) ** steps
exact = s / ((1 - rate * s) ** -steps - 1)  # the penalty of each direction
filters = {
    "stopped after 100 steps": (stopped, "-"),
    "ridge, one penalty 1/(εk)": (s / (s + 1 / (rate * steps)), "--"),
    "ridge, exact penalty for each": (s / (s + exact), ":"),
}

figure, (left, right) = plt.subplots(1, 2)
for name, (kept, style) in filters.items():
    left.semilogx(s, kept, style, label=name)
left.set(title="share of the solution that is kept", xlabel="eigenvalue s")
left.legend(loc="upper left", fontsize="small")
left.set(ylim=(0, 1.5))
right.loglog(s, exact, label="exact")
right.axhline(1 / (rate * steps), color="C1", linestyle="--", label="1/(εk)")
right.set(
    title="penalty of a direction", xlabel="eigenvalue s", ylim=(1e-4, 10)
)
right.legend()
plain, each = (filters[name][0] for name in list(filters)[1:])
print(f"largest gap, one penalty: {(stopped - plain).abs().max():.4f}", end=" ")
print(f"at s = {s[(stopped - plain).abs().argmax()]:.2f}")
print(f"largest gap, exact penalties: {(stopped - each).abs().max():.0e}")
plt.show()
