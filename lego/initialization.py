r"""Initialization: the weights a net has before it has learned anything.

A scheme fills one weight of shape `(fan_out, fan_in, *kernel)` in place and returns it. For a convolution,
each fan counts the positions of the kernel too. A scheme that needs the fans raises a `ValueError` without
them.

`initialize` applies a scheme to a whole model. `INITIALIZERS` maps each name to its scheme, in teaching
order.
"""

import math
from collections.abc import Callable
from typing import TypeVar

from torch import Generator, Tensor, nn

from lego._names import find

__all__ = [
    "INITIALIZERS",
    "constant_",
    "he_normal_",
    "he_uniform_",
    "initialize",
    "lecun_normal_",
    "normal_",
    "pytorch_",
    "xavier_normal_",
    "xavier_uniform_",
    "zeros_",
]

Model = TypeVar("Model", bound=nn.Module)


def zeros_(weight: Tensor, *, generator: Generator | None = None) -> Tensor:
    r"""Zero everywhere: all units of a layer stay identical, and hidden layers receive no gradient.

    $$w = 0$$

    Args:
        weight: shape `(fan_out, fan_in, *kernel)`, overwritten.
        generator: accepted like by every scheme; nothing is drawn.

    Returns:
        `weight` itself.
    """
    return nn.init.zeros_(weight)


def constant_(weight: Tensor, *, value: float = 0.1, generator: Generator | None = None) -> Tensor:
    r"""The same number everywhere: all units of a layer receive the same gradient and stay identical.

    $$w = \text{value}$$

    Args:
        weight: shape `(fan_out, fan_in, *kernel)`, overwritten.
        value: the number.
        generator: accepted like by every scheme; nothing is drawn.

    Returns:
        `weight` itself.
    """
    return nn.init.constant_(weight, value)


def normal_(weight: Tensor, *, std: float = 0.01, generator: Generator | None = None) -> Tensor:
    r"""Normal draws of one fixed spread, whatever the width of the layer.

    $$w \sim \mathcal{N}(0, \text{std}^2)$$

    Args:
        weight: shape `(fan_out, fan_in, *kernel)`, overwritten.
        std: standard deviation; the default is AlexNet's.
        generator: source of randomness; PyTorch's global one if omitted.

    Returns:
        `weight` itself.

    Raises:
        ValueError: if `std` is negative or not finite.

    Source: Krizhevsky, Sutskever & Hinton (2012), section 5
    """
    if not 0 <= std < math.inf:
        raise ValueError(f"std must be finite and at least 0, got {std}")
    return nn.init.normal_(weight, std=std, generator=generator)


def pytorch_(weight: Tensor, *, generator: Generator | None = None) -> Tensor:
    r"""Uniform draws as in PyTorch's own layers: variance one third of LeCun's, too small for deep ReLU nets.

    $$w \sim \mathcal{U}\!\left(-\tfrac{1}{\sqrt{\text{fan\_in}}}, \tfrac{1}{\sqrt{\text{fan\_in}}}\right)$$

    Args:
        weight: shape `(fan_out, fan_in, *kernel)`, overwritten.
        generator: source of randomness; PyTorch's global one if omitted.

    Returns:
        `weight` itself.

    Source: `torch.nn.Linear.reset_parameters`
    """
    bound = 1 / math.sqrt(_fan_in(weight))
    return nn.init.uniform_(weight, -bound, bound, generator=generator)


def lecun_normal_(weight: Tensor, *, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    r"""Normal draws that keep the variance of a signal through a linear layer.

    $$w \sim \mathcal{N}\!\left(0, \tfrac{\text{gain}^2}{\text{fan\_in}}\right)$$

    Args:
        weight: shape `(fan_out, fan_in, *kernel)`, overwritten.
        gain: makes up for what the activation takes away.
        generator: source of randomness; PyTorch's global one if omitted.

    Returns:
        `weight` itself.

    Source: LeCun et al. (1998), "Efficient BackProp", section 4.6
    """
    return nn.init.normal_(weight, std=gain / math.sqrt(_fan_in(weight)), generator=generator)


def xavier_uniform_(weight: Tensor, *, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    r"""Uniform draws that compromise between keeping the signal's variance and the gradient's.

    $$w \sim \mathcal{U}(-a, a), \quad a = \text{gain} \sqrt{\tfrac{6}{\text{fan\_in} + \text{fan\_out}}}$$

    Args:
        weight: shape `(fan_out, fan_in, *kernel)`, overwritten.
        gain: makes up for what the activation takes away.
        generator: source of randomness; PyTorch's global one if omitted.

    Returns:
        `weight` itself.

    Source: Glorot & Bengio (2010), equation 16
    """
    _fan_in(weight)  # checks the shape
    return nn.init.xavier_uniform_(weight, gain, generator=generator)


def xavier_normal_(weight: Tensor, *, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    r"""Normal draws that compromise between keeping the signal's variance and the gradient's.

    $$w \sim \mathcal{N}\!\left(0, \tfrac{2\,\text{gain}^2}{\text{fan\_in} + \text{fan\_out}}\right)$$

    Args:
        weight: shape `(fan_out, fan_in, *kernel)`, overwritten.
        gain: makes up for what the activation takes away.
        generator: source of randomness; PyTorch's global one if omitted.

    Returns:
        `weight` itself.

    Source: Glorot & Bengio (2010), equation 12
    """
    _fan_in(weight)  # checks the shape
    return nn.init.xavier_normal_(weight, gain, generator=generator)


def he_uniform_(weight: Tensor, *, generator: Generator | None = None) -> Tensor:
    r"""Uniform draws that keep the mean square of activations through ReLU layers.

    $$w \sim \mathcal{U}\!\left(-\sqrt{\tfrac{6}{\text{fan\_in}}}, \sqrt{\tfrac{6}{\text{fan\_in}}}\right)$$

    Args:
        weight: shape `(fan_out, fan_in, *kernel)`, overwritten.
        generator: source of randomness; PyTorch's global one if omitted.

    Returns:
        `weight` itself.

    Source: He et al. (2015), arXiv:1502.01852
    """
    _fan_in(weight)  # checks the shape
    return nn.init.kaiming_uniform_(weight, nonlinearity="relu", generator=generator)


def he_normal_(weight: Tensor, *, generator: Generator | None = None) -> Tensor:
    r"""Normal draws that keep the mean square of activations through ReLU layers.

    $$w \sim \mathcal{N}\!\left(0, \tfrac{2}{\text{fan\_in}}\right)$$

    Args:
        weight: shape `(fan_out, fan_in, *kernel)`, overwritten.
        generator: source of randomness; PyTorch's global one if omitted.

    Returns:
        `weight` itself.

    Source: He et al. (2015), arXiv:1502.01852, equation 10
    """
    _fan_in(weight)  # checks the shape
    return nn.init.kaiming_normal_(weight, nonlinearity="relu", generator=generator)


INITIALIZERS: dict[str, Callable[..., Tensor]] = {  # teaching order
    "zeros": zeros_,
    "constant": constant_,
    "normal": normal_,
    "pytorch": pytorch_,
    "lecun_normal": lecun_normal_,
    "xavier_uniform": xavier_uniform_,
    "xavier_normal": xavier_normal_,
    "he_uniform": he_uniform_,
    "he_normal": he_normal_,
}

_LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)


def initialize(model: Model, scheme: str, *, generator: Generator | None = None, **options: float) -> Model:
    r"""Fills the weights of every linear and convolution layer by one scheme, and sets their biases to zero.

    Transposed convolutions and all other layers keep their values. The scheme `"pytorch"` draws the biases as
    PyTorch does: $b \sim \mathcal{U}(\pm 1 / \sqrt{\text{fan\_in}})$.

    Args:
        model: any module, overwritten.
        scheme: a name in `INITIALIZERS`.
        generator: source of randomness; PyTorch's global one if omitted.
        **options: the scheme's own arguments, such as `std` of `"normal"` or `gain` of `"xavier_normal"`.

    Returns:
        `model` itself.

    Raises:
        ValueError: if `scheme` is unknown, or `model` has no linear or convolution layer.
    """
    fill = find("scheme", scheme, INITIALIZERS, "INITIALIZERS")
    layers = [layer for layer in model.modules() if isinstance(layer, _LAYERS)]
    if not layers:
        raise ValueError(f"model must have a linear or convolution layer, got {type(model).__name__}")
    for layer in layers:
        fill(layer.weight, generator=generator, **options)
        if layer.bias is not None and scheme == "pytorch":
            bound = 1 / math.sqrt(_fan_in(layer.weight))
            nn.init.uniform_(layer.bias, -bound, bound, generator=generator)
        elif layer.bias is not None:
            nn.init.zeros_(layer.bias)
    return model


def _fan_in(weight: Tensor) -> int:
    if weight.ndim < 2 or weight.numel() == 0:
        raise ValueError(f"weight must have shape (fan_out, fan_in, ...), got {tuple(weight.shape)}")
    return weight[0].numel()
