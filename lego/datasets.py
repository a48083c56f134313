"""Datasets: small, seeded, as tensors."""

import math

import torch
from torch import Generator, Tensor

__all__ = ["spirals"]


def spirals(
    classes: int = 3,
    count: int = 300,
    noise: float = 0.1,
    *,
    turns: float = 1.0,
    generator: Generator | None = None,
) -> tuple[Tensor, Tensor]:
    r"""Arms of a spiral around one center, one arm a class: no straight line separates them.

    $$x = \sqrt{6}\, r\, (\cos\varphi, \sin\varphi), \quad
    \varphi = 2\pi \left(\tfrac{k}{\text{classes}} + \text{turns}\, r\right) + \text{noise}\, \varepsilon$$

    Here $k$ is the class, $r$ runs evenly up to 1 along an arm, and $\varepsilon \sim \mathcal{N}(0, 1)$.
    The factor gives each coordinate a variance near 1. The points come in random order: any slice is a fair
    sample.

    Args:
        classes: how many arms.
        count: how many points in all; the arms' shares differ by one at most.
        noise: standard deviation of the angle, in radians.
        turns: how often an arm winds around the center.
        generator: source of randomness; PyTorch's global one if omitted.

    Returns:
        Points of shape `(count, 2)`, float32, and their classes of shape `(count,)`, int64.

    Raises:
        ValueError: if `classes` is below 1, `count` below `classes`, or `noise` negative.

    Source: Karpathy (2015), cs231n.github.io/neural-networks-case-study
    """
    if classes < 1:
        raise ValueError(f"classes must be at least 1, got {classes}")
    if count < classes:
        raise ValueError(f"count must be at least the {classes} classes, got {count}")
    if noise < 0:
        raise ValueError(f"noise must be at least 0, got {noise}")
    index = torch.randperm(count, generator=generator)
    label = index % classes
    radius = (index // classes + 1) / math.ceil(count / classes)  # no two arms share the center
    angle = 2 * math.pi * (label / classes + turns * radius) + noise * torch.randn(count, generator=generator)
    return math.sqrt(6) * torch.stack([radius * angle.cos(), radius * angle.sin()], dim=1), label
