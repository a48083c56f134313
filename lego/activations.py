"""Activation functions: the bend between two linear layers, without which a deep net is one matrix.

A function is the mathematics; a module also holds what is learned. Each takes a floating tensor of any shape
and returns one of the same shape, dtype and device. Infinities give the limit, NaN gives NaN.

`ACTIVATIONS` maps each name to its module, in teaching order.
"""

import torch
from torch import Tensor, nn

__all__ = ["ACTIVATIONS", "relu", "sigmoid", "tanh"]


def sigmoid(x: Tensor) -> Tensor:
    r"""S-shaped curve that squeezes any number between zero and one.

    $$\sigma(x) = \frac{1}{1 + e^{-x}}$$

    Range: $(0, 1)$; slope $\sigma'(x) = \sigma(x)\,(1 - \sigma(x)) \le \tfrac{1}{4}$, reached at zero.
    Source: Rumelhart, Hinton & Williams (1986), doi:10.1038/323533a0
    """
    return torch.sigmoid(x)


def tanh(x: Tensor) -> Tensor:
    r"""S-shaped curve through zero: a sigmoid stretched to the range from minus one to one.

    $$\tanh(x) = \frac{e^x - e^{-x}}{e^x + e^{-x}} = 2\,\sigma(2x) - 1$$

    Range: $(-1, 1)$; slope $1 - \tanh^2(x) \le 1$, reached at zero.
    Source: LeCun et al. (1998), "Efficient BackProp", section 4.4
    """
    return torch.tanh(x)


def relu(x: Tensor) -> Tensor:
    r"""Identity for positive inputs, zero for the rest.

    $$\operatorname{relu}(x) = \max(0, x)$$

    Range: $[0, \infty)$; slope 1 for $x > 0$, otherwise 0 (at zero itself by convention).
    Source: Nair & Hinton (2010), "Rectified linear units improve restricted Boltzmann machines"
    """
    return torch.relu(x)


ACTIVATIONS: dict[str, type[nn.Module]] = {  # teaching order
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "relu": nn.ReLU,
}
