"""Models that several tests examine."""

import warnings

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


class Merging(nn.Linear):
    """Merges its weights for evaluation, as layers of low rank do, and is told so by `train` alone."""

    merged = False

    def train(self, mode=True):
        self.merged = not mode
        return super().train(mode)


def scripted(layer):
    """A compiled layer; PyTorch warns that it will not compile so for ever."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return torch.jit.script(layer)
