r"""Activation functions: the bend between two linear layers, without which a deep net is one matrix.

The functions are the mathematics; the modules also hold what is learned. Each accepts a floating-point tensor of any
shape and returns one of the same shape, dtype and device. NaN gives NaN. Parameters per channel belong to
dimension 1, as in `torch.nn.PReLU`. A gate and its value may differ in shape, if they broadcast, and in dtype; the
result has the dtype that holds both.

Accuracy, for inputs up to 1e30 in size: values are accurate to 4 units in the last place, or to 64 times the smallest
normal number; slopes and second derivatives are accurate to 20 times the dtype's epsilon, as an absolute error where
the exact number is below 1. The values of GELU, and of sums that cancel, are accurate in that absolute sense. Half
precision is computed in float32 and rounded. From half the largest number on, GELU may overflow, and from a sixth of
it on hard swish, as PyTorch's own do; so may the gradient of a parameter, which is a sum over the input, where that
sum exceeds 1e30. At minus infinity, products of $x$ and a gate, such as SiLU, give NaN, as PyTorch's own do; so does
GELU in float32 at plus infinity.

All have derivatives in reverse mode, in forward mode, and in one within the other, as in `torch.func.hessian`; those
of GELU, Mish, hard sigmoid, Swish and the ACON family are of any order. In reverse mode, these five keep only their
inputs for the backward pass; where forward mode is active, they are computed in simpler steps, which keep more.

An input that is not a floating-point tensor raises a `TypeError`, and a shape that does not fit raises a `ValueError`.

`ACTIVATIONS` maps each name to its module, `SEARCH_CANDIDATES` maps each name to a function from the search for Swish,
and `FACTS` maps the names of both to what is known about each.
"""

import math
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn
from torch.amp.autocast_mode import is_autocast_available
from torch.autograd import Function, forward_ad

from lego import _checks as check
from lego._layers import empty_linear

__all__ = [
    "ACTIVATIONS",
    "FACTS",
    "SEARCH_CANDIDATES",
    "AconA",
    "AconB",
    "AconC",
    "Elementwise",
    "Facts",
    "Gelu",
    "HardSigmoid",
    "MetaAcon",
    "Mish",
    "PReLU",
    "ReluSquared",
    "Softplus",
    "SwiGLU",
    "Swish",
    "acon_a",
    "acon_b",
    "acon_c",
    "arctan_squared_minus_x",
    "bilinear",
    "cos_minus_x",
    "elu",
    "geglu",
    "gelu",
    "glu",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "leaky_relu",
    "max_sigmoid",
    "max_tanh",
    "min_sin",
    "mish",
    "prelu",
    "reglu",
    "relu",
    "relu_squared",
    "selu",
    "sigmoid",
    "silu",
    "sinc_plus_x",
    "softplus",
    "swiglu",
    "swish",
    "tanh",
    "x_arcsinh_squared",
]


def sigmoid(x: Tensor) -> Tensor:
    r"""S-shaped curve that squeezes any number between zero and one.

    $$\sigma(x) = \frac{1}{1 + e^{-x}}$$

    Range: $(0, 1)$; slope $\sigma'(x) = \sigma(x)\,(1 - \sigma(x)) \le \tfrac{1}{4}$, reached at zero.
    Source: Rumelhart, Hinton & Williams (1986), doi:10.1038/323533a0
    """
    return torch.sigmoid(check.floating("x", x))


def tanh(x: Tensor) -> Tensor:
    r"""S-shaped curve through zero: a sigmoid stretched to the range from minus one to one.

    $$\tanh(x) = \frac{e^x - e^{-x}}{e^x + e^{-x}} = 2\,\sigma(2x) - 1$$

    Range: $(-1, 1)$; slope $1 - \tanh^2(x) \le 1$, reached at zero.
    Source: LeCun et al. (1998), "Efficient BackProp", section 4.4
    """
    return torch.tanh(check.floating("x", x))


def relu(x: Tensor) -> Tensor:
    r"""Identity for positive inputs, zero for the rest.

    $$\operatorname{relu}(x) = \max(0, x)$$

    Range: $[0, \infty)$; slope 1 for $x > 0$, otherwise 0 (at zero itself by convention).
    Source: Nair & Hinton (2010), "Rectified linear units improve restricted Boltzmann machines"
    """
    return torch.relu(check.floating("x", x))


def leaky_relu(x: Tensor, slope: float = 0.01) -> Tensor:
    r"""ReLU with a small slope on the left, so that a unit that is off still learns.

    $$\operatorname{leaky\_relu}(x) = \max(0, x) + \text{slope} \cdot \min(0, x)$$

    Range: $(-\infty, \infty)$ for a positive slope.
    Source: Maas, Hannun & Ng (2013), "Rectifier nonlinearities improve neural network acoustic models"
    """
    return F.leaky_relu(check.floating("x", x), check.fitting("slope", slope, x.dtype))


def prelu(x: Tensor, weight: Tensor) -> Tensor:
    r"""Leaky ReLU whose left slope is learned: one for all channels, or one per channel.

    $$\operatorname{prelu}(x) = \max(0, x) + a \min(0, x)$$

    Args:
        x: shape `(count, channels, ...)`, or any shape if there is a single slope.
        weight: the slopes $a$, shape `(channels,)` or `(1,)`.

    Source: He et al. (2015), arXiv:1502.01852, equation 1
    """
    check.floating("x", x)
    check.floating("weight", weight)
    if isinstance(x, Tensor) and (weight.ndim > 1 or weight.numel() not in (1, *x.shape[1:2])):
        shapes = f"{tuple(weight.shape)} for x of shape {tuple(x.shape)}"
        raise ValueError(f"weight must hold one slope, or one for each channel, got {shapes}")
    if isinstance(x, Tensor) and x.dtype != weight.dtype:  # the gradient of a slope sums over the whole input
        wide, kind = torch.promote_types(x.dtype, weight.dtype), x.device.type
        plain = torch.autocast(kind, enabled=False) if is_autocast_available(kind) else nullcontext()
        with plain:  # autocast would compute in half precision after all
            return F.prelu(x.to(wide), weight.to(wide)).to(x.dtype)
    return F.prelu(x, weight.to(x.dtype))


def elu(x: Tensor, alpha: float = 1.0) -> Tensor:
    r"""ReLU with a left side that bends down to minus alpha.

    $$\operatorname{elu}(x) = \begin{cases} x & x > 0 \\ \alpha\,(e^x - 1) & x \le 0 \end{cases}$$

    Range: $(-\alpha, \infty)$.
    Source: Clevert, Unterthiner & Hochreiter (2015), arXiv:1511.07289
    """
    return F.elu(check.floating("x", x), check.fitting("alpha", alpha, x.dtype))


def selu(x: Tensor) -> Tensor:
    r"""ELU with the two constants that bring a layer's outputs to mean 0 and variance 1.

    $$\operatorname{selu}(x) = \lambda \begin{cases} x & x > 0 \\ \alpha\,(e^x - 1) & x \le 0 \end{cases}$$

    Here $\alpha = 1.6732632423543773$ and $\lambda = 1.0507009873554805$.
    Range: $(-\lambda\alpha, \infty)$, from $-1.758$.
    Source: Klambauer et al. (2017), arXiv:1706.02515
    """
    return F.selu(check.floating("x", x))


def softplus(x: Tensor) -> Tensor:
    r"""Smooth ReLU, positive everywhere; its slope is the sigmoid.

    $$\operatorname{softplus}(x) = \ln(1 + e^x)$$

    Range: $(0, \infty)$.
    Source: Dugas et al. (2001), "Incorporating second-order functional knowledge for better option pricing"
    """
    exact = check.floating("x", x).dtype == torch.float64
    threshold = 40.0 if exact else 20.0  # PyTorch's 20 for every dtype costs float64 six digits
    return F.softplus(x, threshold=threshold)


def swish(x: Tensor, beta: float | Tensor = 1.0) -> Tensor:
    r"""Input times a sigmoid of it: half the identity at beta 0, close to ReLU for large beta.

    $$\operatorname{swish}(x) = x\,\sigma(\beta x)$$

    Args:
        x: any shape.
        beta: sharpness of the gate; a tensor must broadcast with `x`, and gets a gradient.

    Range: $[-0.278 / \beta, \infty)$ for positive beta.
    Source: Ramachandran, Zoph & Le (2017), arXiv:1710.05941
    """
    return _apply(_Swish, x, *_parameters(x, beta=beta))


def silu(x: Tensor) -> Tensor:
    r"""Swish with a fixed beta of 1.

    $$\operatorname{silu}(x) = x\,\sigma(x)$$

    Range: $[-0.278, \infty)$.
    Source: Hendrycks & Gimpel (2016), arXiv:1606.08415; Elfwing, Uchibe & Doya (2017), arXiv:1702.03118
    """
    return F.silu(check.floating("x", x))


def mish(x: Tensor) -> Tensor:
    r"""Smooth curve that dips below zero, then follows the identity.

    $$\operatorname{mish}(x) = x \tanh\bigl(\ln(1 + e^x)\bigr)$$

    Range: $[-0.309, \infty)$.
    Source: Misra (2019), arXiv:1908.08681
    """
    return _apply(_Mish, check.floating("x", x))


def acon_a(x: Tensor, beta: float | Tensor = 1.0) -> Tensor:
    r"""Smooth maximum of the input and zero: Swish under the name of its family.

    $$\operatorname{acon}_A(x) = x\,\sigma(\beta x)$$

    Args:
        x: any shape.
        beta: how hard the maximum is; at 0 it is linear.

    Source: Ma et al. (2020), arXiv:2009.04759
    """
    return swish(x, beta)


def acon_b(x: Tensor, p: float | Tensor = 0.25, beta: float | Tensor = 1.0) -> Tensor:
    r"""Smooth maximum of the input and a share of it: a smooth leaky ReLU.

    $$\operatorname{acon}_B(x) = (1 - p)\,x\,\sigma\bigl(\beta (1 - p) x\bigr) + p x$$

    Args:
        x: any shape.
        p: slope of the second line.
        beta: how hard the maximum is; at 0 it is linear.

    Source: Ma et al. (2020), arXiv:2009.04759
    """
    return _apply(_Acon, x, *_parameters(x, p1=check.floating("x", x).new_ones(()), p=p, beta=beta))


def acon_c(x: Tensor, p1: float | Tensor, p2: float | Tensor, beta: float | Tensor = 1.0) -> Tensor:
    r"""Smooth maximum of two lines through zero.

    $$\operatorname{acon}_C(x) = (p_1 - p_2)\,x\,\sigma\bigl(\beta (p_1 - p_2) x\bigr) + p_2 x$$

    At beta 0 it is the line $(p_1 + p_2)x/2$, for large beta close to $\max(p_1 x, p_2 x)$. For $p_1 > p_2$ the slope
    lies between $1.0998\,p_2 - 0.0998\,p_1$ and $1.0998\,p_1 - 0.0998\,p_2$.

    Args:
        x: any shape.
        p1: slope of the first line.
        p2: slope of the second line.
        beta: how hard the maximum is; at 0 it is linear. Tensors must broadcast with `x`, and get gradients.

    Source: Ma et al. (2020), arXiv:2009.04759
    """
    return _apply(_Acon, x, *_parameters(x, p1=p1, p2=p2, beta=beta))


def gelu(x: Tensor) -> Tensor:
    r"""Input times the share of standard normal numbers below it.

    $$\operatorname{gelu}(x) = x\,\Phi(x)$$

    Here $\Phi$ is the distribution function of the standard normal distribution.
    Range: $[-0.170, \infty)$.
    Source: Hendrycks & Gimpel (2016), arXiv:1606.08415
    """
    return _apply(_Gelu, check.floating("x", x))


def relu_squared(x: Tensor) -> Tensor:
    r"""Square of the positive part.

    $$\operatorname{relu}^2(x) = \max(0, x)^2$$

    Range: $[0, \infty)$.
    Source: So et al. (2021), arXiv:2109.08668
    """
    return torch.relu(check.floating("x", x)).square()


def hardsigmoid(x: Tensor) -> Tensor:
    r"""Sigmoid made of three lines.

    $$\operatorname{hardsigmoid}(x) = \min\bigl(\max(\tfrac{x}{6} + \tfrac12, 0), 1\bigr)$$

    Range: $[0, 1]$.
    Source: Howard et al. (2019), arXiv:1905.02244, section 5.2
    """
    return _apply(_HardSigmoid, check.floating("x", x))


def hardtanh(x: Tensor) -> Tensor:
    r"""Tanh made of three lines.

    $$\operatorname{hardtanh}(x) = \min\bigl(\max(x, -1), 1\bigr)$$

    Range: $[-1, 1]$.
    Source: Collobert et al. (2011), arXiv:1103.0398, equation 5
    """
    return F.hardtanh(check.floating("x", x))


def hardswish(x: Tensor) -> Tensor:
    r"""Swish whose gate is made of three lines.

    $$\operatorname{hardswish}(x) = x \min\bigl(\max(\tfrac{x}{6} + \tfrac12, 0), 1\bigr)$$

    Range: $[-0.375, \infty)$.
    Source: Howard et al. (2019), arXiv:1905.02244, section 5.2
    """
    return F.hardswish(check.floating("x", x))


def glu(gate: Tensor, value: Tensor) -> Tensor:
    r"""Product of a value and a sigmoid gate.

    $$\operatorname{glu}(g, v) = \sigma(g) \odot v$$

    Source: Dauphin et al. (2016), arXiv:1612.08083
    """
    gate, value = _gated(gate, value)
    return torch.sigmoid(gate) * value


def bilinear(gate: Tensor, value: Tensor) -> Tensor:
    r"""Product of a value and a gate without an activation.

    $$\operatorname{bilinear}(g, v) = g \odot v$$

    Source: Shazeer (2020), arXiv:2002.05202
    """
    gate, value = _gated(gate, value)
    return gate * value


def reglu(gate: Tensor, value: Tensor) -> Tensor:
    r"""Product of a value and a ReLU gate.

    $$\operatorname{reglu}(g, v) = \max(0, g) \odot v$$

    Source: Shazeer (2020), arXiv:2002.05202
    """
    gate, value = _gated(gate, value)
    return torch.relu(gate) * value


def geglu(gate: Tensor, value: Tensor) -> Tensor:
    r"""Product of a value and a GELU gate.

    $$\operatorname{geglu}(g, v) = \operatorname{gelu}(g) \odot v$$

    Source: Shazeer (2020), arXiv:2002.05202
    """
    gate, value = _gated(gate, value)
    return gelu(gate) * value


def swiglu(gate: Tensor, value: Tensor) -> Tensor:
    r"""Product of a value and a SiLU gate.

    $$\operatorname{swiglu}(g, v) = \operatorname{silu}(g) \odot v$$

    Source: Shazeer (2020), arXiv:2002.05202
    """
    gate, value = _gated(gate, value)
    return F.silu(gate) * value


def max_sigmoid(x: Tensor) -> Tensor:
    r"""Sigmoid on the left, identity on the right; from the search for Swish.

    $$\max(x, \sigma(x))$$

    Source: Ramachandran, Zoph & Le (2017), arXiv:1710.05941
    """
    wide = _widen(x)
    return torch.maximum(wide, torch.sigmoid(wide)).to(x.dtype)


def cos_minus_x(x: Tensor) -> Tensor:
    r"""Falling staircase without flat steps; from the search for Swish.

    $$\cos(x) - x$$

    Source: Ramachandran, Zoph & Le (2017), arXiv:1710.05941
    """
    wide = _widen(x)
    return (torch.cos(wide) - wide).to(x.dtype)


def min_sin(x: Tensor) -> Tensor:
    r"""Identity on the left, sine on the right; from the search for Swish.

    $$\min(x, \sin(x))$$

    Source: Ramachandran, Zoph & Le (2017), arXiv:1710.05941
    """
    wide = _widen(x)
    # torch.minimum would split the gradient where both are equal
    return torch.where(wide > 0, torch.sin(wide), wide).to(x.dtype)


def arctan_squared_minus_x(x: Tensor) -> Tensor:
    r"""Falling curve, nearly flat right of zero; from the search for Swish.

    $$\arctan(x)^2 - x$$

    Source: Ramachandran, Zoph & Le (2017), arXiv:1710.05941
    """
    wide = _widen(x)
    return (torch.atan(wide).square() - wide).to(x.dtype)


def max_tanh(x: Tensor) -> Tensor:
    r"""Tanh on the left, identity on the right; from the search for Swish.

    $$\max(x, \tanh(x))$$

    Source: Ramachandran, Zoph & Le (2017), arXiv:1710.05941
    """
    wide = _widen(x)
    return torch.where(wide > 0, wide, torch.tanh(wide)).to(x.dtype)


def sinc_plus_x(x: Tensor) -> Tensor:
    r"""Line with a ripple; from the search for Swish.

    $$\operatorname{sinc}(x) + x, \quad \operatorname{sinc}(x) = \frac{\sin x}{x}, \; \operatorname{sinc}(0) = 1$$

    Source: Ramachandran, Zoph & Le (2017), arXiv:1710.05941
    """
    wide = _widen(x)
    near = wide.abs() < 0.5  # here the quotient's derivatives lose digits, and the series does not
    far = torch.where(near, 1.0, wide)
    square = torch.where(near, wide, 0.0).square()
    series = torch.zeros_like(wide)
    for power in range(7, -1, -1):
        series = series * square + (-1) ** power / math.factorial(2 * power + 1)
    return (torch.where(near, series, torch.sin(far) / far) + wide).to(x.dtype)


def x_arcsinh_squared(x: Tensor) -> Tensor:
    r"""Curve that grows faster than a line on both sides; from the search for Swish.

    $$x \operatorname{arcsinh}(x)^2$$

    Source: Ramachandran, Zoph & Le (2017), arXiv:1710.05941
    """
    wide = _widen(x)
    far = wide.abs() > 1e8  # where the square in the slope of asinh may overflow
    log = torch.log(torch.where(far, wide, 1.0).abs()) + math.log(2)
    return (wide * torch.where(far, log, torch.asinh(torch.where(far, 0.0, wide))).square()).to(x.dtype)


class PReLU(nn.PReLU):
    r"""Layer that applies [prelu][lego.activations.prelu] with learned slopes.

    Args:
        channels: how many slopes: one for all channels, or one per channel.
        slope: initial value of each slope.

    Raises:
        ValueError: if `channels` is below 1.
    """

    def __init__(self, channels: int = 1, *, slope: float = 0.25) -> None:
        channels = _check_channels(channels)
        super().__init__(channels, check.fitting("slope", slope, torch.get_default_dtype()))

    def forward(self, x: Tensor) -> Tensor:
        """Shape `(count, channels, ...)`, or any with a single slope."""
        return prelu(x, self.weight)


class _PerChannel(nn.Module):
    """Learned numbers, one for all channels or one per channel, as a tensor that broadcasts."""

    def __init__(self, channels: int) -> None:
        channels = _check_channels(channels)
        super().__init__()
        self.channels = channels

    def spread(self, x: Tensor, parameter: Tensor) -> Tensor:
        """The parameter, shaped to broadcast along dimension 1 of the input."""
        if self.channels == 1:
            return parameter.reshape(())
        _check_dimension(x, self.channels)
        return parameter.reshape(-1, *(1,) * (x.ndim - 2))

    def extra_repr(self) -> str:
        """What `print` shows."""
        return f"channels={self.channels}"


class Swish(_PerChannel):
    r"""Layer that applies [swish][lego.activations.swish] with a learned beta.

    It keeps its input for the backward pass, and nothing else.

    Args:
        channels: how many betas: one for all channels, or one per channel.
        beta: initial value of each beta.

    Raises:
        ValueError: if `channels` is below 1, or an input has a different number of channels.

    Examples:
        ```python
        import torch

        from lego.activations import Swish

        layer = Swish(channels=3)
        print(layer(torch.randn(8, 3, 5, 5)).shape, layer.beta)
        ```
    """

    def __init__(self, channels: int = 1, *, beta: float = 1.0) -> None:
        super().__init__(channels)
        self.beta = nn.Parameter(_start("beta", beta, self.channels))

    def forward(self, x: Tensor) -> Tensor:
        """Shape `(count, channels, ...)`, or any with a single beta."""
        return swish(x, self.spread(x, self.beta))


class AconA(Swish):
    """Layer that applies [acon_a][lego.activations.acon_a] with a learned beta.

    It is [Swish][lego.activations.Swish] under the name of its family, with the same arguments.
    """


class AconB(_PerChannel):
    r"""Layer that applies [acon_b][lego.activations.acon_b] with learned p and beta.

    Args:
        channels: how many of each: one for all channels, or one per channel.
        p: initial value of each slope.
        beta: initial value of each beta.

    Raises:
        ValueError: if `channels` is below 1, or an input has a different number of channels.
    """

    def __init__(self, channels: int = 1, *, p: float = 0.25, beta: float = 1.0) -> None:
        super().__init__(channels)
        self.p = nn.Parameter(_start("p", p, self.channels))
        self.beta = nn.Parameter(_start("beta", beta, self.channels))

    def forward(self, x: Tensor) -> Tensor:
        """Shape `(count, channels, ...)`, or any with a single p."""
        return acon_b(x, self.spread(x, self.p), self.spread(x, self.beta))


class AconC(_PerChannel):
    r"""Layer that applies [acon_c][lego.activations.acon_c] with learned slopes and beta.

    Args:
        channels: how many of each: one for all channels, or one per channel.
        p1: initial value of the first slopes; drawn from $\mathcal{N}(0, 1)$ if omitted, as by its authors.
        p2: the same for the second slopes.
        beta: initial value of each beta.
        generator: source of the draws; PyTorch's global one if omitted.

    Raises:
        ValueError: if `channels` is below 1, or an input has a different number of channels.

    Source: Ma et al. (2020), arXiv:2009.04759
    """

    def __init__(
        self,
        channels: int = 1,
        *,
        p1: float | None = None,
        p2: float | None = None,
        beta: float = 1.0,
        generator: Generator | None = None,
    ) -> None:
        super().__init__(channels)
        check.generator(generator)
        slopes = [
            torch.randn(self.channels, generator=generator) if p is None else _start(name, p, self.channels)
            for name, p in {"p1": p1, "p2": p2}.items()
        ]
        self.p1, self.p2 = map(nn.Parameter, slopes)
        self.beta = nn.Parameter(_start("beta", beta, self.channels))

    def forward(self, x: Tensor) -> Tensor:
        """Shape `(count, channels, ...)`, or any with single parameters."""
        return acon_c(x, *(self.spread(x, p) for p in (self.p1, self.p2, self.beta)))


class MetaAcon(_PerChannel):
    r"""ACON-C with a beta for each example and channel, computed from the input by a small net.

    $$\beta = \sigma\bigl(\mathrm{BN}(W_2\, \mathrm{BN}(W_1 \bar{x}))\bigr)$$

    Here $\bar{x}$ is the mean of each channel over space.

    Args:
        channels: channels of the input.
        reduction: the small net has `channels / reduction` hidden units, but at least `reduction`.
        generator: source of the initial values; PyTorch's global one if omitted.

    Raises:
        ValueError: if an argument is below 1, an input has a different number of channels, or a batch in training mode
            holds a single example: PyTorch's batch norm expects more than one value per channel.

    Source: Ma et al. (2020), arXiv:2009.04759, and its authors' code
    """

    def __init__(self, channels: int, *, reduction: int = 16, generator: Generator | None = None) -> None:
        super().__init__(channels)
        channels = self.channels
        if (reduction := check.whole("reduction", reduction)) < 1:
            raise ValueError(f"reduction must be at least 1, got {reduction}")
        check.generator(generator)
        hidden = max(reduction, channels // reduction)
        self.p1 = nn.Parameter(torch.randn(channels, generator=generator))
        self.p2 = nn.Parameter(torch.randn(channels, generator=generator))
        self.squeeze = _linear(channels, hidden, bias=True, generator=generator)
        self.squeeze_norm = nn.BatchNorm1d(hidden)
        self.widen = _linear(hidden, channels, bias=True, generator=generator)
        self.widen_norm = nn.BatchNorm1d(channels)

    def beta(self, x: Tensor) -> Tensor:
        """The beta of each example and channel, shape `(count, channels)`."""
        _check_dimension(x, self.channels)
        mean = x.flatten(2).mean(dim=2) if x.ndim > 2 else x
        return torch.sigmoid(self.widen_norm(self.widen(self.squeeze_norm(self.squeeze(mean)))))

    def forward(self, x: Tensor) -> Tensor:
        """Shape `(count, channels, ...)`."""
        beta = self.beta(x)
        beta = beta.reshape(*beta.shape, *(1,) * (x.ndim - 2))
        return acon_c(x, self.spread(x, self.p1), self.spread(x, self.p2), beta)


class SwiGLU(nn.Module):
    r"""Feed-forward block of a transformer, with a gate.

    $$y = W_2\, \bigl(\operatorname{silu}(W x) \odot V x\bigr)$$

    Args:
        width: features of the input and of the output.
        hidden: features between the layers; $8/3$ of `width` if omitted, which gives as many parameters as a plain
            block with a hidden layer of four times `width`.
        bias: whether the three layers have one.
        generator: source of the weights; PyTorch's global one if omitted.

    Raises:
        ValueError: if `width` or `hidden` is below 1.

    Source: Shazeer (2020), arXiv:2002.05202, equation 6

    Examples:
        ```python
        import torch

        from lego.activations import SwiGLU

        block = SwiGLU(512)
        print(block(torch.randn(2, 10, 512)).shape)
        ```
    """

    def __init__(
        self, width: int, hidden: int | None = None, *, bias: bool = False, generator: Generator | None = None
    ) -> None:
        width = check.whole("width", width)
        hidden = round(8 * width / 3) if hidden is None else check.whole("hidden", hidden)
        for name, size in {"width": width, "hidden": hidden}.items():
            if size < 1:
                raise ValueError(f"{name} must be at least 1, got {size}")
        super().__init__()
        self.gate = _linear(width, hidden, bias=bias, generator=generator)
        self.value = _linear(width, hidden, bias=bias, generator=generator)
        self.output = _linear(hidden, width, bias=bias, generator=generator)

    def forward(self, x: Tensor) -> Tensor:
        """Shape `(..., width)`."""
        check.floating("x", x)
        if isinstance(x, Tensor) and x.shape[-1:] != (width := self.output.out_features,):
            raise ValueError(f"x must have the shape (..., {width}), got {tuple(x.shape)}")
        y: Tensor = self.output(swiglu(self.gate(x), self.value(x)))
        return y


class Elementwise(nn.Module):
    """Layer that applies a function.

    Args:
        function: from a tensor to a tensor of the same shape.
    """

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = check.function("function", function)

    def forward(self, x: Tensor) -> Tensor:
        """Any shape."""
        y: Tensor = self.function(x)
        return y

    def extra_repr(self) -> str:
        """What `print` shows."""
        return getattr(self.function, "__name__", repr(self.function))


class Softplus(nn.Module):
    """Layer that applies [softplus][lego.activations.softplus]."""

    def forward(self, x: Tensor) -> Tensor:
        """Any shape."""
        return softplus(x)


class Mish(nn.Module):
    """Layer that applies [mish][lego.activations.mish]."""

    def forward(self, x: Tensor) -> Tensor:
        """Any shape."""
        return mish(x)


class Gelu(nn.Module):
    """Layer that applies [gelu][lego.activations.gelu]."""

    def forward(self, x: Tensor) -> Tensor:
        """Any shape."""
        return gelu(x)


class ReluSquared(nn.Module):
    """Layer that applies [relu_squared][lego.activations.relu_squared]."""

    def forward(self, x: Tensor) -> Tensor:
        """Any shape."""
        return relu_squared(x)


class HardSigmoid(nn.Module):
    """Layer that applies [hardsigmoid][lego.activations.hardsigmoid]."""

    def forward(self, x: Tensor) -> Tensor:
        """Any shape."""
        return hardsigmoid(x)


ACTIVATIONS: dict[str, type[nn.Module]] = {
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "prelu": PReLU,
    "elu": nn.ELU,
    "selu": nn.SELU,
    "softplus": Softplus,
    "swish": Swish,
    "silu": nn.SiLU,
    "mish": Mish,
    "acon_a": AconA,
    "acon_b": AconB,
    "acon_c": AconC,
    "gelu": Gelu,
    "relu_squared": ReluSquared,
    "hardsigmoid": HardSigmoid,
    "hardtanh": nn.Hardtanh,
    "hardswish": nn.Hardswish,
}
"""The layer of each activation by name, in teaching order; each can be made without arguments."""

SEARCH_CANDIDATES: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": relu,
    "swish": swish,
    "max(x, sigmoid(x))": max_sigmoid,
    "cos(x) - x": cos_minus_x,
    "min(x, sin(x))": min_sin,
    "arctan(x)^2 - x": arctan_squared_minus_x,
    "max(x, tanh(x))": max_tanh,
    "sinc(x) + x": sinc_plus_x,
    "x * arcsinh(x)^2": x_arcsinh_squared,
}
"""The nine functions of the tables in Ramachandran, Zoph & Le (2017), arXiv:1710.05941, in the order of the tables."""


@dataclass(frozen=True)
class Facts:
    """What is known about an activation, with its parameters at their initial values.

    Attributes:
        formula: in LaTeX, as in the function's docstring.
        source: the paper that is cited for it.
        year: the year of that source.
        low: lower end of the range.
        high: upper end of the range.
        monotonic: whether it never turns from rising to falling or back.
        smooth: whether its slope is continuous.
        zero_centered: whether the mean output for standard normal inputs is below a quarter of its spread.
        minimum: where it is lowest and how low, as `(x, value)`; `None` if there is no single such place.
    """

    formula: str
    source: str
    year: int
    low: float
    high: float
    monotonic: bool
    smooth: bool
    zero_centered: bool
    minimum: tuple[float, float] | None = None


_MAAS = 'Maas, Hannun & Ng (2013), "Rectifier nonlinearities improve neural network acoustic models"'
_NAIR = 'Nair & Hinton (2010), "Rectified linear units improve restricted Boltzmann machines"'
_SEARCH = "Ramachandran, Zoph & Le (2017), arXiv:1710.05941"
_ACON = "Ma et al. (2020), arXiv:2009.04759"
_HARD = "Howard et al. (2019), arXiv:1905.02244, section 5.2"
_DIP = (-1.2784645427610738, -0.2784645427610738)  # the minimum of x σ(x), where x = value - 1

FACTS: dict[str, Facts] = {
    "sigmoid": Facts(
        r"\sigma(x) = \frac{1}{1 + e^{-x}}",
        "Rumelhart, Hinton & Williams (1986), doi:10.1038/323533a0",
        1986, 0, 1, True, True, False,
    ),
    "tanh": Facts(
        r"\tanh(x) = \frac{e^x - e^{-x}}{e^x + e^{-x}} = 2\,\sigma(2x) - 1",
        'LeCun et al. (1998), "Efficient BackProp", section 4.4',
        1998, -1, 1, True, True, True,
    ),
    "relu": Facts(r"\operatorname{relu}(x) = \max(0, x)", _NAIR, 2010, 0, math.inf, True, False, False),
    "leaky_relu": Facts(
        r"\operatorname{leaky\_relu}(x) = \max(0, x) + \text{slope} \cdot \min(0, x)",
        _MAAS, 2013, -math.inf, math.inf, True, False, False,
    ),
    "prelu": Facts(
        r"\operatorname{prelu}(x) = \max(0, x) + a \min(0, x)",
        "He et al. (2015), arXiv:1502.01852, equation 1",
        2015, -math.inf, math.inf, True, False, False,
    ),
    "elu": Facts(
        r"\operatorname{elu}(x) = \begin{cases} x & x > 0 \\ \alpha\,(e^x - 1) & x \le 0 \end{cases}",
        "Clevert, Unterthiner & Hochreiter (2015), arXiv:1511.07289",
        2015, -1, math.inf, True, True, True,
    ),
    "selu": Facts(
        r"\operatorname{selu}(x) = \lambda \begin{cases} x & x > 0 \\ \alpha\,(e^x - 1) & x \le 0 \end{cases}",
        "Klambauer et al. (2017), arXiv:1706.02515",
        2017, -1.7580993408473766, math.inf, True, False, True,
    ),
    "softplus": Facts(
        r"\operatorname{softplus}(x) = \ln(1 + e^x)",
        'Dugas et al. (2001), "Incorporating second-order functional knowledge for better option pricing"',
        2001, 0, math.inf, True, True, False,
    ),
    "swish": Facts(
        r"\operatorname{swish}(x) = x\,\sigma(\beta x)", _SEARCH, 2017, _DIP[1], math.inf, False, True, False, _DIP
    ),
    "silu": Facts(
        r"\operatorname{silu}(x) = x\,\sigma(x)",
        "Hendrycks & Gimpel (2016), arXiv:1606.08415; Elfwing, Uchibe & Doya (2017), arXiv:1702.03118",
        2016, _DIP[1], math.inf, False, True, False, _DIP,
    ),
    "mish": Facts(
        r"\operatorname{mish}(x) = x \tanh\bigl(\ln(1 + e^x)\bigr)",
        "Misra (2019), arXiv:1908.08681",
        2019, -0.3088434130172504, math.inf, False, True, False, (-1.1924312145154955, -0.3088434130172504),
    ),
    "acon_a": Facts(
        r"\operatorname{acon}_A(x) = x\,\sigma(\beta x)", _ACON, 2020, _DIP[1], math.inf, False, True, False, _DIP
    ),
    "acon_b": Facts(
        r"\operatorname{acon}_B(x) = (1 - p)\,x\,\sigma\bigl(\beta (1 - p) x\bigr) + p x",
        _ACON, 2020, -math.inf, math.inf, True, True, True,
    ),
    "acon_c": Facts(
        r"\operatorname{acon}_C(x) = (p_1 - p_2)\,x\,\sigma\bigl(\beta (p_1 - p_2) x\bigr) + p_2 x",
        _ACON, 2020, _DIP[1], math.inf, False, True, False, _DIP,
    ),
    "gelu": Facts(
        r"\operatorname{gelu}(x) = x\,\Phi(x)",
        "Hendrycks & Gimpel (2016), arXiv:1606.08415",
        2016, -0.1699712074799037, math.inf, False, True, False, (-0.7517915246935645, -0.1699712074799037),
    ),
    "relu_squared": Facts(
        r"\operatorname{relu}^2(x) = \max(0, x)^2",
        "So et al. (2021), arXiv:2109.08668",
        2021, 0, math.inf, True, True, False,
    ),
    "hardsigmoid": Facts(
        r"\operatorname{hardsigmoid}(x) = \min\bigl(\max(\tfrac{x}{6} + \tfrac12, 0), 1\bigr)",
        _HARD, 2019, 0, 1, True, False, False,
    ),
    "hardtanh": Facts(
        r"\operatorname{hardtanh}(x) = \min\bigl(\max(x, -1), 1\bigr)",
        "Collobert et al. (2011), arXiv:1103.0398, equation 5",
        2011, -1, 1, True, False, True,
    ),
    "hardswish": Facts(
        r"\operatorname{hardswish}(x) = x \min\bigl(\max(\tfrac{x}{6} + \tfrac12, 0), 1\bigr)",
        _HARD, 2019, -0.375, math.inf, False, False, False, (-1.5, -0.375),
    ),
    "max(x, sigmoid(x))": Facts(r"\max(x, \sigma(x))", _SEARCH, 2017, 0, math.inf, True, False, False),
    "cos(x) - x": Facts(r"\cos(x) - x", _SEARCH, 2017, -math.inf, math.inf, True, True, False),
    "min(x, sin(x))": Facts(r"\min(x, \sin(x))", _SEARCH, 2017, -math.inf, 1, False, True, True),
    "arctan(x)^2 - x": Facts(r"\arctan(x)^2 - x", _SEARCH, 2017, -math.inf, math.inf, True, True, False),
    "max(x, tanh(x))": Facts(r"\max(x, \tanh(x))", _SEARCH, 2017, -1, math.inf, True, True, True),
    "sinc(x) + x": Facts(
        r"\operatorname{sinc}(x) + x, \quad \operatorname{sinc}(x) = \frac{\sin x}{x}, \; \operatorname{sinc}(0) = 1",
        _SEARCH, 2017, -math.inf, math.inf, True, True, False,
    ),
    "x * arcsinh(x)^2": Facts(
        r"x \operatorname{arcsinh}(x)^2", _SEARCH, 2017, -math.inf, math.inf, True, True, True
    ),
}  # fmt: skip
"""What is known about each function in `ACTIVATIONS` and `SEARCH_CANDIDATES`; ACON-C has the slopes 1 and 0 here."""


class _Fused(Function):
    """A function in one step, with a backward pass of its own that needs nothing but the inputs.

    Its `formula` is the same function in PyTorch's steps, for forward mode. A `jvp` instead would give wrong results
    in forward mode within forward mode (pytorch/pytorch#197867), and `torch.compile` does not accept one.
    """

    generate_vmap_rule = True
    formula: Callable[..., Tensor]

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        ctx.save_for_backward(*inputs)


def _apply(function: type[_Fused], *inputs: Tensor) -> Tensor:
    """The value: by the function's formula if forward mode is active, else in one step."""
    if forward_ad._current_level >= 0:  # PyTorch has no public name for it
        return function.formula(*inputs)
    value: Tensor = function.apply(*inputs)  # type: ignore[no-untyped-call]
    return value


class _Gelu(_Fused):
    """GELU with a second derivative that stays finite; PyTorch's multiplies infinity by zero far out."""

    @staticmethod
    def forward(x: Tensor) -> Tensor:
        return F.gelu(x)

    @staticmethod
    def formula(x: Tensor) -> Tensor:
        wide = _widen(x)
        share: Tensor = torch.special.ndtr(wide)
        return (wide * share).to(x.dtype)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        if not torch.is_grad_enabled():  # nobody asks for a second derivative
            return torch.ops.aten.gelu_backward(gradient, x)  # type: ignore[no-any-return]
        z = _widen(x).clamp(-40, 40)  # beyond, the normal density is zero in every dtype
        density = torch.exp(-z.square() / 2) / math.sqrt(2 * math.pi)
        return gradient * (0.5 * torch.erfc(-z / math.sqrt(2)) + z * density).to(x.dtype)


class _Mish(_Fused):
    """Mish with a second derivative that stays finite; PyTorch's overflows from 88 on."""

    @staticmethod
    def forward(x: Tensor) -> Tensor:
        return F.mish(x)

    @staticmethod
    def formula(x: Tensor) -> Tensor:
        wide = _widen(x)
        return (wide * torch.tanh(softplus(wide))).to(x.dtype)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        if not torch.is_grad_enabled():
            return torch.ops.aten.mish_backward(gradient, x)  # type: ignore[no-any-return]
        z = _widen(x).clamp(-1e3, 1e3)  # beyond, the factors are zero in every dtype
        u = torch.sigmoid(-z)
        square = u.square()  # with u = 1 / (1 + e^x), tanh(softplus(x)) is (1 - u²) / (1 + u²)
        slopes = (1 - square) / (1 + square) + z * torch.sigmoid(z) * (2 * u / (1 + square)).square()
        return gradient * slopes.to(x.dtype)


class _HardSigmoid(_Fused):
    """Hard sigmoid with a second derivative; PyTorch's raises an error."""

    @staticmethod
    def forward(x: Tensor) -> Tensor:
        return F.hardsigmoid(x)

    @staticmethod
    def formula(x: Tensor) -> Tensor:
        return ((F.hardtanh(_widen(x), -3.0, 3.0) + 3) / 6).to(x.dtype)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        if not torch.is_grad_enabled() and x.dtype != torch.float64:  # PyTorch's 1/6 is a float32 number
            return torch.ops.aten.hardsigmoid_backward(gradient, x)  # type: ignore[no-any-return]
        return torch.where(x.abs() < 3, gradient / 6, 0.0)


class _Acon(_Fused):
    """ACON-C without the intermediate results that its formula keeps."""

    @staticmethod
    def forward(x: Tensor, p1: Tensor, p2: Tensor, beta: Tensor) -> Tensor:
        wide, q1, q2, b = map(_widen, (x, p1, p2, beta))
        rise = q1 - q2
        # in place, here and below: on a CPU new memory costs as much as arithmetic
        gate = (_finite(_finite(b) * rise) * wide).sigmoid_()
        return gate.mul_(rise).add_(q2).mul_(wide).to(x.dtype)  # the input last: only the result may overflow

    @staticmethod
    def formula(x: Tensor, p1: Tensor, p2: Tensor, beta: Tensor) -> Tensor:
        wide, q1, q2, b = map(_widen, (x, p1, p2, beta))
        rise = q1 - q2
        gate = torch.sigmoid(_finite(_finite(b) * rise) * wide)
        # first: slopes of the gate times rise may be infinite, and infinity times zero is NaN
        up = rise * wide
        return torch.where(up.isfinite(), gate * up + q2 * wide, (gate * rise + q2) * wide).to(x.dtype)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        inputs = ctx.saved_tensors
        g, x, p1, p2, beta = map(_widen, (gradient, *inputs))
        spread = p1 - p2
        rise, bend = _slopes(g, x, _finite(_finite(beta) * spread))  # with respect to spread * x
        results: tuple[Callable[[], Tensor], ...] = (
            lambda: (spread * rise).add_(p2 * g),
            lambda: x * rise,
            lambda: (g - rise).mul_(x),
            lambda: (spread * (spread * bend)).mul_(x),
        )
        return _gradients(ctx, results, inputs)


class _Swish(_Fused):
    """Swish without the intermediate results that its formula keeps."""

    @staticmethod
    def forward(x: Tensor, beta: Tensor) -> Tensor:
        wide = _widen(x)
        return (_finite(_widen(beta)) * wide).sigmoid_().mul_(wide).to(x.dtype)

    @staticmethod
    def formula(x: Tensor, beta: Tensor) -> Tensor:
        wide = _widen(x)
        return (torch.sigmoid(_finite(_widen(beta)) * wide) * wide).to(x.dtype)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        inputs = ctx.saved_tensors
        g, x, beta = map(_widen, (gradient, *inputs))
        rise, bend = _slopes(g, x, _finite(beta))
        return _gradients(ctx, (lambda: rise, lambda: bend * x), inputs)


def _gradients(
    ctx: Any, results: tuple[Callable[[], Tensor], ...], inputs: tuple[Tensor, ...]
) -> tuple[Tensor | None, ...]:
    """The gradients that are needed, each in the shape and dtype of its input."""
    return tuple(
        result().sum_to_size(like.shape).to(like.dtype) if needed else None
        for result, like, needed in zip(results, inputs, ctx.needs_input_grad, strict=True)
    )


def _slopes(gradient: Tensor, x: Tensor, steepness: Tensor) -> tuple[Tensor, Tensor]:
    """The gradient times the slope of SiLU at steepness * x, and times x times the slope of the sigmoid there."""
    s = torch.sigmoid(steepness * x)
    if torch.is_grad_enabled():  # the fast one below has no derivative
        bell = gradient * (s * torch.sigmoid(-steepness * x))
    else:
        bell = torch.ops.aten.sigmoid_backward(gradient, s)
    bend = x * bell  # x first: steepness * x may be infinite, and infinity times zero is NaN
    return torch.addcmul(gradient * s, bend, steepness), bend


def _parameters(x: Tensor, **parameters: float | Tensor) -> list[Tensor]:
    """The parameters as tensors that broadcast with the input."""
    check.floating("x", x)
    wide = torch.promote_types(x.dtype, torch.float32)  # the gradient of one number sums over the whole input
    tensors = []
    for name, p in parameters.items():
        own = check.tensor(name, p).dtype if isinstance(p, Tensor) else wide
        number = p if isinstance(p, Tensor) else check.fitting(name, p, wide)
        dtype = wide if own.is_floating_point and own != x.dtype else x.dtype
        tensors.append(torch.as_tensor(number, dtype=dtype, device=x.device))
    for name, p in zip(parameters, tensors, strict=True):
        ends = zip(reversed(p.shape), reversed(x.shape), strict=False)
        if p.ndim > x.ndim or any(size not in (1, whole) for size, whole in ends):
            raise ValueError(f"{name} must broadcast to the shape {tuple(x.shape)}, got {tuple(p.shape)}")
    return tensors


def _start(argument: str, value: float, channels: int) -> Tensor:
    """The initial value of a learned number, for each channel."""
    return torch.full((channels,), check.fitting(argument, value, torch.get_default_dtype()))


def _finite(product: Tensor) -> Tensor:
    """The product, with the largest number in place of infinity: infinity times an input of zero would be NaN."""
    largest = torch.finfo(product.dtype).max
    return product.clamp(-largest, largest)


def _widen(x: Tensor) -> Tensor:
    return x.float() if check.floating("x", x).dtype in (torch.float16, torch.bfloat16) else x


def _linear(fan_in: int, fan_out: int, *, bias: bool, generator: Generator | None) -> nn.Linear:
    """A linear layer with PyTorch's own initial values, drawn from the generator."""
    layer = empty_linear(fan_in, fan_out, bias=bias)
    for parameter in layer.parameters():
        nn.init.uniform_(parameter, -(fan_in**-0.5), fan_in**-0.5, generator=generator)
    return layer


def _gated(gate: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
    """Both in a dtype that holds both, even if one has no dimensions: PyTorch would use the other's dtype."""
    check.broadcast(gate=check.floating("gate", gate), value=check.floating("value", value))
    dtype = torch.promote_types(gate.dtype, value.dtype)
    return gate.to(dtype), value.to(dtype)


def _check_channels(channels: int) -> int:
    if (count := check.whole("channels", channels)) < 1:
        raise ValueError(f"channels must be at least 1, got {channels}")
    return count


def _check_dimension(x: Tensor, channels: int) -> None:
    if check.floating("x", x).ndim < 2 or x.shape[1] != channels:
        raise ValueError(f"x must have {channels} channels in dimension 1, got the shape {tuple(x.shape)}")
