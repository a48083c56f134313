"""Layers without values: what fills them comes later, and from a generator that the caller names."""

import torch
from torch import nn


def empty_linear(fan_in: int, fan_out: int, *, bias: bool = True) -> nn.Linear:
    """A linear layer of the default dtype, on the default device, whose parameters hold anything.

    `nn.Linear` alone would draw values from the global generator, and in vain. `nn.utils.skip_init` and `to_empty`
    import a computer algebra system first, which takes a third of a second.
    """
    layer = nn.Linear(fan_in, fan_out, bias=bias, device="meta")
    layer.weight = nn.Parameter(torch.empty(fan_out, fan_in))
    if bias:
        layer.bias = nn.Parameter(torch.empty(fan_out))
    return layer
