"""Zigzag explorer: how the mean and the scale of two inputs bend the path of gradient descent."""

from __future__ import annotations

import torch
from torch import Tensor

from hooks.explorers.controls import Slider
from hooks.explorers.trace import to_javascript

BEST, START = (1.0, -1.0), (-1.5, 0.5)
CONTROLS = [
    Slider("mean", "Mean of both inputs", 0, 5, 3, 0.1),
    Slider("scale", "Spread of the second input", 0.2, 5, 1, 0.1),
    Slider("rate", "Learning rate, as a share of the largest stable one", 0.05, 1.05, 0.9, 0.01),
]


def hessian(mean: Tensor, scale: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Σ + μμᵀ, entries 11, 12, 22, and its eigenvalues, the larger one first."""
    a, b, d = 1 + mean * mean, mean * mean, scale * scale + mean * mean
    half = torch.sqrt((a - d) * (a - d) / 4 + b * b)
    return a, b, d, (a + d) / 2 + half, (a + d) / 2 - half


def step(w1: Tensor, w2: Tensor, mean: Tensor, scale: Tensor, rate: Tensor) -> tuple[Tensor, Tensor]:
    """One step of gradient descent on the mean squared error, halved."""
    a, b, d, large, _ = hessian(mean, scale)
    away1, away2 = w1 - BEST[0], w2 - BEST[1]
    lr = 2 * rate / large
    return w1 - lr * (a * away1 + b * away2), w2 - lr * (b * away1 + d * away2)


def data() -> str:
    """The curvature and the step in JavaScript."""
    inputs = ["mean", "scale"]
    return f"""const zigzag = {{
best: {list(BEST)},
start: {list(START)},
hessian: {to_javascript(hessian, inputs)},
step: {to_javascript(step, ["w1", "w2", *inputs, "rate"])}
}}"""
