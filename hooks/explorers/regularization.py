"""Regularization explorer: ridge, early stopping and dropout walk from zero to the same two weights."""

from __future__ import annotations

import torch
from torch import Tensor

from hooks.explorers.controls import Slider, Switches
from hooks.explorers.trace import to_javascript

BEST = (1.6, 0.6)  # the least-squares solution
CONTROLS = [
    Slider("penalty", "λ of ridge", -2, 2, 0, 0.02, power=True),
    Slider("steps", "Steps of descent", 1, 200, 5),
    Slider("p", "p of dropout", 0, 0.99, 0.5, 0.01),
    Slider("correlation", "Correlation of the inputs", -0.95, 0.95, 0.6, 0.05),
    Slider("scale", "Scale of the second input", 0.2, 3, 1, 0.05),
    Switches(
        "ties",
        "Ties",
        {"tied": "p and the steps follow λ: p = λ / (1 + λ), steps = 1 / (rate · λ)"},
        ["tied"],
    ),
]


def gram(correlation: Tensor, scale: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The matrix XᵀX of two inputs with spreads 1 and `scale`: its entries 11, 12, 22."""
    return torch.ones_like(scale), correlation * scale, scale * scale


def eigenvalues(correlation: Tensor, scale: Tensor) -> tuple[Tensor, Tensor]:
    """Of that matrix, the larger one first."""
    a, b, d = gram(correlation, scale)
    half = torch.sqrt((a - d) * (a - d) / 4 + b * b)
    return (a + d) / 2 + half, (a + d) / 2 - half


def solve(correlation: Tensor, scale: Tensor, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """(XᵀX + diag(first, second))⁻¹ XᵀX w*."""
    a, b, d = gram(correlation, scale)
    y1, y2 = a * BEST[0] + b * BEST[1], b * BEST[0] + d * BEST[1]
    determinant = (a + first) * (d + second) - b * b
    return ((d + second) * y1 - b * y2) / determinant, ((a + first) * y2 - b * y1) / determinant


def ridge(penalty: Tensor, correlation: Tensor, scale: Tensor) -> tuple[Tensor, Tensor]:
    """The weights under the penalty λ‖w‖²."""
    return solve(correlation, scale, penalty, penalty)


def dropout(p: Tensor, correlation: Tensor, scale: Tensor) -> tuple[Tensor, Tensor]:
    """The weights that minimize the mean loss under dropout of the inputs: each penalized by its input's size."""
    odds = p / (1 - p)
    return solve(correlation, scale, odds, odds * scale * scale)


def stopped(steps: Tensor, correlation: Tensor, scale: Tensor) -> tuple[Tensor, ...]:
    """The weights after gradient descent from zero, and the exact penalty of each direction.

    The rate is half of one by the larger eigenvalue. A function of a symmetric 2 × 2 matrix is α + β times it.
    """
    a, b, d = gram(correlation, scale)
    large, small = eigenvalues(correlation, scale)
    rate = 0.5 / large
    decay_large, decay_small = (1 - rate * large) ** steps, (1 - rate * small) ** steps
    apart = large - small
    beta = torch.where(apart > 1e-9, (decay_small - decay_large) / torch.where(apart > 1e-9, apart, 1.0), 0.0)
    alpha = 1 - decay_large - beta * large
    w1 = alpha * BEST[0] + beta * (a * BEST[0] + b * BEST[1])
    w2 = alpha * BEST[1] + beta * (b * BEST[0] + d * BEST[1])
    return w1, w2, rate, large * decay_large / (1 - decay_large), small * decay_small / (1 - decay_small)


def data() -> str:
    """The three solutions in JavaScript."""
    inputs = ["correlation", "scale"]
    return f"""const regularization = {{
best: {list(BEST)},
gram: {to_javascript(gram, inputs)},
ridge: {to_javascript(ridge, ["penalty", *inputs])},
dropout: {to_javascript(dropout, ["p", *inputs])},
stopped: {to_javascript(stopped, ["steps", *inputs])}
}}"""
