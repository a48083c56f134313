r"""Propagation: what depth does to a signal, computed without a network.

In a wide layer with weights of variance $\sigma_w^2 / n$ and biases of variance $\sigma_b^2$, pre-activations are
normal. What a layer does to their variance $q$, and to the correlation $c$ of two inputs, is a map from numbers to
numbers, and depth repeats the map. `weight_variance` is $\sigma_w^2$ and `bias_variance` $\sigma_b^2$ throughout.

An activation is a name in `lego.activations.ACTIVATIONS` or `SEARCH_CANDIDATES`, or an elementwise function
or module, which is run in evaluation mode; ACON-C by name has the slopes 1 and 0. Expectations over
normal numbers are Gauss-Legendre sums in float64 on panels that meet where the argument is 0, and at whole
standard deviations from there: accurate to about 1e-12 for functions that are smooth elsewhere and variances up
to 100; at 1000, `chi` of a steep step is accurate to 1e-9, and `correlation_map` to 1e-6. A kink in another place
costs up to 3e-5, and a jump, such as the slope has there, up to 0.006. Plain Gauss-Hermite sums need thousands of
nodes for the kink of ReLU.

Source: Poole et al. (2016), arXiv:1606.05340; Schoenholz et al. (2016), arXiv:1611.01232
"""

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lego import _checks as check
from lego._names import find
from lego.activations import ACTIVATIONS, SEARCH_CANDIDATES, AconC
from lego.diagnostics import slope

__all__ = [
    "chi",
    "correlation_map",
    "critical",
    "depth_scale",
    "expectation",
    "fixed_point",
    "moments_jacobian",
    "moments_map",
    "variance_map",
    "variances",
]

Activation = str | Callable[[Tensor], Tensor]
REACH = 13.0  # standard deviations; the density beyond is below 1e-37
PANELS, NODES = 13, 48  # on either side, so that panels also meet at whole numbers
PANELS_OF_A_PLANE = 4  # for two normal numbers, whose nodes multiply
GREAT = 1e9  # a variance that counts as infinite


def expectation(function: Callable[[Tensor], Tensor], mean: float = 0.0, variance: float = 1.0) -> float:
    r"""Mean of a function of a normal number.

    $$\operatorname{E} f(z), \qquad z \sim \mathcal{N}(\text{mean}, \text{variance})$$

    Args:
        function: an elementwise function of float64 tensors.
        mean: mean of $z$.
        variance: variance of $z$; 0 gives $f(\text{mean})$.

    Raises:
        ValueError: if `variance` is negative or not finite, or the function is not elementwise or not finite.

    Examples:
        ```python
        import torch

        from lego.propagation import expectation

        print(expectation(lambda z: z.square()), expectation(torch.relu))
        ```
    """
    _check_elementwise(check.function("function", function))
    return _expectation(function, mean, variance)


def _expectation(
    function: Callable[[Tensor], Tensor], mean: float = 0.0, variance: float = 1.0, *, finite: bool = True
) -> float:
    """The same for a function known to be elementwise; the mean can be infinite only if `finite` is false."""
    mean, variance = check.real("mean", mean), check.real("variance", variance)
    if not 0 <= variance < math.inf:
        raise ValueError(f"variance must be finite and at least 0, got {variance}")
    if not math.isfinite(mean):
        raise ValueError(f"mean must be finite, got {mean}")
    std = math.sqrt(variance)
    z, weights = _grid(-mean / std if std else 0.0)
    total = float((function(mean + std * z).detach() * weights).sum())
    if math.isnan(total) or (finite and math.isinf(total)):
        raise ValueError(f"function must be finite for normal numbers, got a mean of {total}")
    return total


def variance_map(
    activation: Activation,
    variance: float,
    weight_variance: float = 1.0,
    bias_variance: float = 0.0,
    *,
    keep: float = 1.0,
) -> float:
    r"""Variance of the next layer's pre-activations.

    $$q' = \frac{\sigma_w^2}{\text{keep}} \operatorname{E} \phi(\sqrt{q} z)^2 + \sigma_b^2$$

    Args:
        activation: $\phi$.
        variance: $q$, of this layer's pre-activations.
        weight_variance: $\sigma_w^2$.
        bias_variance: $\sigma_b^2$.
        keep: share of the units that dropout keeps.

    Raises:
        ValueError: if an argument breaks its rule; the message names it.

    Source: Poole et al. (2016), arXiv:1606.05340, equation 3; with dropout, Schoenholz et al. (2016), arXiv:1611.01232
    """
    weight_variance, bias_variance, keep = _check(weight_variance, bias_variance, keep)
    phi = _function(activation)
    return weight_variance / keep * _expectation(lambda z: phi(z).square(), variance=variance) + bias_variance


def variances(
    activation: Activation,
    depth: int,
    weight_variance: float = 1.0,
    bias_variance: float = 0.0,
    *,
    start: float = 1.0,
) -> list[float]:
    r"""Variance of the pre-activations of each layer, starting with the first.

    $$q_1 = \text{start}, \quad q_{l+1} = \sigma_w^2 \operatorname{E} \phi(\sqrt{q_l} z)^2 + \sigma_b^2$$

    Args:
        activation: $\phi$.
        depth: how many layers.
        weight_variance: $\sigma_w^2$.
        bias_variance: $\sigma_b^2$.
        start: variance of the first layer's pre-activations.

    Raises:
        ValueError: if an argument breaks its rule; the message names it.
    """
    if check.whole("depth", depth) < 1:
        raise ValueError(f"depth must be at least 1, got {depth}")
    found = [_start(start)]
    while len(found) < depth:
        found.append(variance_map(activation, found[-1], weight_variance, bias_variance))
    return found


def correlation_map(
    activation: Activation,
    correlation: float,
    variance: float,
    weight_variance: float = 1.0,
    bias_variance: float = 0.0,
    *,
    keep: float = 1.0,
) -> float:
    r"""Correlation of two inputs after a layer, when both have the same variance.

    $$c' = \frac{\sigma_w^2 \operatorname{E} \phi(\sqrt{q} z_1)\, \phi\bigl(\sqrt{q} (c z_1 + \sqrt{1 - c^2} z_2)\bigr)
    + \sigma_b^2}{q'}$$

    Dropout draws a different mask for each input, so the factor $1/\text{keep}$ is in $q'$ and not in the numerator:
    two equal inputs come out different.

    Args:
        activation: $\phi$.
        correlation: $c$, from -1 to 1.
        variance: $q$.
        weight_variance: $\sigma_w^2$.
        bias_variance: $\sigma_b^2$.
        keep: share of the units that dropout keeps.

    Raises:
        ValueError: if an argument breaks its rule; the message names it.

    Source: Poole et al. (2016), arXiv:1606.05340, equation 5; Schoenholz et al. (2016), arXiv:1611.01232
    """
    correlation, variance = check.real("correlation", correlation), check.real("variance", variance)
    weight_variance, bias_variance, keep = _check(weight_variance, bias_variance, keep)
    if not -1 <= correlation <= 1:
        raise ValueError(f"correlation must be from -1 to 1, got {correlation}")
    if weight_variance == bias_variance == 0:
        raise ValueError("weight_variance or bias_variance must be above 0, got 0 for both")
    after = variance_map(activation, variance, weight_variance, bias_variance, keep=keep)
    if after == 0:
        raise ValueError(f"activation must pass a signal of variance {variance} on, got a variance of 0")
    phi, std, rest = _function(activation), math.sqrt(variance), math.sqrt(1 - correlation**2)
    outer, weights = _grid(0.0, PANELS_OF_A_PLANE)
    if rest < 1e-12:
        products = phi(std * outer) * phi(correlation * std * outer)
    else:
        inner, inner_weights = _grid(
            -correlation * outer / rest, PANELS_OF_A_PLANE
        )  # panels meet where the second argument is 0
        second = (phi(std * (correlation * outer[:, None] + rest * inner)) * inner_weights).sum(dim=1)
        products = phi(std * outer) * second
    found = (weight_variance * float((products * weights).sum()) + bias_variance) / after
    return max(-1.0, min(1.0, found))  # rounding may leave the range


def chi(activation: Activation, variance: float, weight_variance: float = 1.0) -> float:
    r"""Factor by which a layer multiplies the mean square of a gradient, and the squared distance of near inputs.

    $$\chi = \sigma_w^2 \operatorname{E} \phi'(\sqrt{q} z)^2$$

    Below 1 gradients vanish, above 1 they explode; deep nets are trained near 1.

    Args:
        activation: $\phi$.
        variance: $q$.
        weight_variance: $\sigma_w^2$.

    Raises:
        ValueError: if an argument breaks its rule; the message names it.

    Source: Schoenholz et al. (2016), arXiv:1611.01232, equation 5
    """
    weight_variance, *_ = _check(weight_variance)
    phi = _function(activation)
    return weight_variance * _expectation(lambda z: slope(phi, z).square(), variance=variance)


def fixed_point(
    activation: Activation, weight_variance: float, bias_variance: float = 0.0, *, start: float = 1.0
) -> float:
    """Variance that a layer leaves as it is, reached from `start`; 0 if the signal dies out, infinity if it grows.

    A variance that reaches 1e9 counts as growing: beyond that, rounding hides where a layer would leave it as it is.
    GELU, SiLU and Mish can keep a small variance while a large one grows, so for them the result depends on `start`.

    Args:
        activation: the activation.
        weight_variance: variance of a layer's weights, times the number of its inputs.
        bias_variance: variance of its biases.
        start: variance to start from.

    Raises:
        ValueError: if an argument breaks its rule; the message names it.
    """
    weight_variance, bias_variance, _ = _check(weight_variance, bias_variance)
    q, phi = _start(start), _function(activation)

    def layer(q: float) -> float:
        square = _expectation(lambda z: phi(z).square(), variance=q, finite=False)
        return (weight_variance and weight_variance * square) + bias_variance

    for turn in range(2000):
        one = layer(q)
        two = layer(one) if one < GREAT else math.inf
        if abs(one - q) <= 1e-13 * max(1e-6, q):
            return one if bias_variance or one > 1e-9 else 0.0
        bend = two - 2 * one + q
        # steps that are equal to the last digit do not show where they would end, nor do many that hardly change
        if abs(bend) <= 1e-15 * q or (turn > 100 and abs(bend) < 0.1 * abs(one - q)):
            return _end(lambda q: layer(q) - q, q, bias_variance > 0)
        jump = (
            q - (one - q) * (one - q) / bend if math.isfinite(bend) and bend else two
        )  # Aitken: skips slow convergence
        nearer = abs(two - one) < abs(one - q) and 0 < jump < GREAT
        # beyond the fixed point another one, or none, would come
        q = jump if nearer and (layer(jump) > jump) == (one > q) else two
        if q > GREAT:
            return math.inf
        if q < 1e-12 and not bias_variance:
            return 0.0
    return q


def _end(step: Callable[[float], float], q: float, biased: bool) -> float:
    """The nearest place where the step is 0, in the direction of the step at `q`, sought farther and farther away."""
    upward = step(q) > 0
    near, far = q, 4 * max(q, 1e-12) if upward else q / 4  # 4 times 0 would stay 0
    while (step(far) > 0) == upward:
        near, far = far, 4 * far if upward else far / 4
        if far > GREAT:
            return math.inf
        if far < 1e-12 and not biased:
            return 0.0
    while abs(far - near) > 1e-13 * far:
        middle = (near + far) / 2
        near, far = (middle, far) if (step(middle) > 0) == upward else (near, middle)
    return far


def critical(activation: Activation, bias_variance: float = 0.0) -> float:
    r"""Weight variance at the edge of chaos: $\chi = 1$ at the fixed point of the variance.

    Args:
        activation: the activation.
        bias_variance: $\sigma_b^2$.

    Returns:
        $\sigma_w^2$; with a bias variance of 0 and an activation that is 0 at 0, the one at which a small signal
            neither dies out nor grows. Where the fixed point jumps past $\chi = 1$, as for GELU, SiLU and Mish with
            small biases, it is the weight variance of the jump. For these three without biases, a signal of variance 1
            grows there: use the scale of [gain][lego.initialization.gain] or [lsuv_][lego.initialization.lsuv_].

    Raises:
        ValueError: if `bias_variance` is negative, or above 0 and below 1e-15, or if there is no such weight variance
            up to 100, or, unless a small signal decides, none of at least 1e-12.

    Source: Schoenholz et al. (2016), arXiv:1611.01232
    """
    _, bias_variance, _ = _check(0.0, bias_variance)
    phi = _function(activation)
    if bias_variance == 0 and variance_map(phi, 0.0) == 0:  # a signal of zero stays zero
        steepness = chi(phi, 1e-16)
        if not 0.01 < steepness < math.inf:
            raise ValueError(f"activation must have a slope at zero, got a mean square slope of {steepness}")
        return 1 / steepness

    if 0 < bias_variance < 1e-15:  # rounding then hides a fixed point so close to zero
        raise ValueError(f"bias_variance must be 0 or at least 1e-15, got {bias_variance}")

    def excess(weight_variance: float) -> float:
        q = fixed_point(phi, weight_variance, bias_variance)
        return chi(phi, min(q, GREAT), weight_variance) - 1

    low, high = 1e-3, 1e-3
    while excess(low) >= 0:
        low, high = low / 1.5, low
        if low < 1e-12:
            raise ValueError(
                "activation must reach the edge of chaos, got it only for weight variances below 1e-12"
            )
    while excess(high) < 0:
        low, high = high, min(1.5 * high, 100.0)
        if low == high:
            raise ValueError(
                "activation must reach the edge of chaos, got none for weight variances up to 100"
            )
    while high - low > 1e-12 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) < 0 else (low, middle)
    return (low + high) / 2


def depth_scale(factor: float) -> float:
    r"""Number of layers over which a number that each layer multiplies by `factor` changes by a factor of $e$.

    $$\xi = \frac{1}{\lvert \ln \chi \rvert}$$

    Args:
        factor: such as [chi][lego.propagation.chi]; 1 gives infinity.

    Raises:
        ValueError: if `factor` is not positive.

    Source: Schoenholz et al. (2016), arXiv:1611.01232, equation 9
    """
    factor = check.real("factor", factor)
    if not factor > 0:
        raise ValueError(f"factor must be above 0, got {factor}")
    return math.inf if factor == 1 else 1 / abs(math.log(factor))


def moments_map(activation: Activation, mean: float, variance: float) -> tuple[float, float]:
    r"""Mean and variance of a layer's outputs, from those of its pre-activations.

    $$\mu' = \operatorname{E} \phi(z), \quad \nu' = \operatorname{E} \phi(z)^2 - \mu'^2, \qquad
    z \sim \mathcal{N}(\mu, \nu)$$

    SELU leaves $(0, 1)$ as it is.

    Args:
        activation: $\phi$.
        mean: $\mu$.
        variance: $\nu$.

    Raises:
        ValueError: if an argument breaks its rule; the message names it.

    Source: Klambauer et al. (2017), arXiv:1706.02515, equation 3
    """
    phi = _function(activation)
    first = _expectation(phi, mean, variance)
    return first, _expectation(lambda z: (phi(z).double() - first).square(), mean, variance)


def moments_jacobian(activation: Activation, mean: float = 0.0, variance: float = 1.0) -> Tensor:
    r"""How the outputs' mean and variance change with those of the pre-activations.

    $$J = \begin{pmatrix} \partial \mu' / \partial \mu & \partial \mu' / \partial \nu \\
    \partial \nu' / \partial \mu & \partial \nu' / \partial \nu \end{pmatrix}$$

    For SELU at $(0, 1)$ the mean of a layer's weights multiplies the first column; with weights of mean 0,
    only the second matters.

    Args:
        activation: $\phi$.
        mean: $\mu$.
        variance: $\nu$, positive. Differences cancel where it is small: the error is about $10^{-15} / \nu$.

    Returns:
        Shape `(2, 2)`, float64.

    Raises:
        ValueError: if an argument breaks its rule; the message names it.

    Source: Klambauer et al. (2017), arXiv:1706.02515, section "Stable and attracting fixed point"
    """
    mean, variance = check.real("mean", mean), check.real("variance", variance)
    if not variance > 0:
        raise ValueError(f"variance must be above 0, got {variance}")
    phi = _function(activation)
    first = _expectation(phi, mean, variance)

    def moments(weight: Callable[[Tensor], Tensor]) -> tuple[float, float]:
        one = _expectation(lambda z: weight(z) * phi(z), mean, variance)
        return one, _expectation(lambda z: weight(z) * phi(z).square(), mean, variance) - 2 * first * one

    by_mean = moments(lambda z: (z - mean) / variance)  # derivatives of the density, divided by the density
    by_variance = moments(lambda z: ((z - mean).square() / variance - 1) / (2 * variance))
    return torch.tensor([by_mean, by_variance], dtype=torch.float64, device="cpu").T


@torch.inference_mode(False)  # parameters made in inference mode would have no slopes
def _function(activation: Activation) -> Callable[[Tensor], Tensor]:
    """The activation as a function of float64 tensors, without gradients."""
    if isinstance(activation, _Ready):
        return activation
    function: Callable[[Tensor], Tensor]
    if isinstance(activation, str):
        with torch.device("cpu"):
            makers: dict[str, Any] = {**SEARCH_CANDIDATES, **ACTIVATIONS}
            made = find("activation", activation, makers, "ACTIVATIONS and SEARCH_CANDIDATES")
            if activation == "acon_c":
                function = AconC(p1=1.0, p2=0.0).double()  # its default slopes are random
            else:
                function = made().double() if activation in ACTIVATIONS else made
    elif isinstance(activation, nn.Module):
        function = copy.deepcopy(activation).cpu().double().eval()
    elif callable(activation) and not isinstance(activation, type):
        function = activation
    else:
        raise ValueError(f"activation must be a name, a function or a module, got {activation!r}")
    for parameter in function.parameters() if isinstance(function, nn.Module) else ():
        parameter.requires_grad_(False)
    if not isinstance(activation, str):
        _check_elementwise(function)
    return _Ready(function)


@dataclass(frozen=True)
class _Ready:
    """An activation that was copied and checked already, and needs neither when it is passed on."""

    function: Callable[[Tensor], Tensor]

    def __call__(self, z: Tensor) -> Tensor:
        return self.function(z)


def _check_elementwise(function: Callable[[Tensor], Tensor]) -> None:
    """Raises a ValueError unless a function gives a number the same value alone as among others."""
    z = torch.linspace(-1.7, 2.9, 8, dtype=torch.float64, device="cpu")
    try:
        y, alone = function(z.clone()), function(z[5:6].clone())  # copies: a function may work in place
    except (RuntimeError, IndexError) as error:  # from a layer that expects a different shape
        raise ValueError(f"function must be elementwise, got {check.shown(error)}") from error
    if not isinstance(y, Tensor) or y.shape != z.shape:
        raise ValueError(f"function must be elementwise, got {getattr(y, 'shape', y)} for {tuple(z.shape)}")
    if alone.shape != (1,) or not torch.allclose(y[5:6], alone, equal_nan=True):
        raise ValueError(
            "function must be elementwise, got another value of a number alone than among others"
        )


@lru_cache
def _rule(panels: int) -> tuple[Tensor, Tensor]:
    """Gauss-Legendre nodes and weights on panels of equal width from 0 to 1."""
    nodes, weights = map(torch.from_numpy, np.polynomial.legendre.leggauss(NODES))
    starts = torch.arange(panels, dtype=torch.float64, device="cpu")[:, None]
    return ((starts + (nodes + 1) / 2) / panels).flatten(), (weights / 2 / panels).repeat(panels)


def _grid(meeting: float | Tensor, panels: int = PANELS) -> tuple[Tensor, Tensor]:
    """Nodes and weights for the standard normal density, on panels that meet at a point; a row for each point."""
    middle = torch.as_tensor(meeting, dtype=torch.float64, device="cpu").clamp(-REACH, REACH)[..., None]
    places, shares = _rule(panels)
    left, right = middle + REACH, REACH - middle
    z = torch.cat([left * places - REACH, middle + right * places], dim=-1)
    weights = torch.cat([left * shares, right * shares], dim=-1)
    return z, weights * torch.exp(-z.square() / 2) / math.sqrt(2 * math.pi)


def _check(
    weight_variance: float, bias_variance: float = 0.0, keep: float = 1.0
) -> tuple[float, float, float]:
    """The arguments as Python floats: a bisection between neighboring float32 numbers would never end."""
    weight_variance = check.real("weight_variance", weight_variance)
    bias_variance, keep = check.real("bias_variance", bias_variance), check.real("keep", keep)
    for name, value in {"weight_variance": weight_variance, "bias_variance": bias_variance}.items():
        if not 0 <= value < math.inf:
            raise ValueError(f"{name} must be finite and at least 0, got {value}")
    if not 0 < keep <= 1:
        raise ValueError(f"keep must be above 0 and at most 1, got {keep}")
    return weight_variance, bias_variance, keep


def _start(start: float) -> float:
    """The first variance."""
    if not 0 <= (variance := check.real("start", start)) < math.inf:
        raise ValueError(f"start must be finite and at least 0, got {start}")
    return variance
