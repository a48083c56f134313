"""Models that several tests examine."""

import torch
from torch import nn


class Buffers(nn.Linear):
    """A layer with a buffer that shares its memory with itself, and one that comes in the forward pass."""

    def __init__(self):
        super().__init__(4, 3)
        self.register_buffer("mask", torch.ones(1, 4).expand(3, 4))
        self.register_buffer("late", None)

    def forward(self, x):
        self.late = x.detach().mean()
        return super().forward(x)
