"""Stacks of layers: whole networks from one line."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from numbers import Integral

from torch import Generator, nn

from lego import _checks as check
from lego._layers import empty_linear
from lego._names import find
from lego.activations import ACTIVATIONS, SEARCH_CANDIDATES, AconC, Elementwise
from lego.initialization import INITIALIZERS, find_scheme, initialize

__all__ = ["mlp"]

NORMS: dict[str, Callable[[int], nn.Module]] = {
    "batch": nn.BatchNorm1d,
    "layer": nn.LayerNorm,
}


def mlp(
    widths: Sequence[int],
    activation: str | Callable[[], nn.Module] = "relu",
    *,
    init: str = "he_normal",
    dropout: float = 0.0,
    norm: str | None = None,
    generator: Generator | None = None,
) -> nn.Sequential:
    r"""Multilayer perceptron: linear layers with an activation after each but the last.

    $$h_0 = x, \quad h_l = f(W_l h_{l-1} + b_l), \quad y = W_L h_{L-1} + b_L$$

    A hidden layer is `Linear`, the norm, the activation, `Dropout`, in this order.

    Args:
        widths: features of the input, of each hidden layer and of the output, as in `[2, 64, 64, 3]`.
        activation: a name in `ACTIVATIONS` or `SEARCH_CANDIDATES`, or a callable that makes a module, such as
            `nn.GELU`.
        init: a name in `INITIALIZERS`. The default suits the default activation, ReLU; tanh and sigmoid need
            `"xavier_normal"`. PyTorch's own, `"pytorch"`, is too small for deep ReLU nets.
        dropout: probability that a hidden unit is dropped in training; the masks come from PyTorch's global generator,
            which `seed` of [fit][lego.training.fit] seeds.
        norm: `"batch"`, `"layer"` or `None`.
        generator: source of the initial weights, and of ACON-C's slopes; PyTorch's global one if omitted.

    Returns:
        A net from shape `(count, widths[0])` to `(count, widths[-1])`.

    Raises:
        ValueError: if an argument breaks its rule; the message names it.
        TypeError: if an argument is of the wrong kind, or `activation` makes no module.
    """
    widths = check.several("widths", widths)
    if len(widths) < 2 or not all(map(_is_width, widths)):
        raise ValueError(f"widths must be at least two positive integers, got {widths}")
    widths = list(map(int, widths))
    if not 0 <= (dropout := check.real("dropout", dropout)) < 1:
        raise ValueError(f"dropout must be at least 0 and below 1, got {dropout}")
    if norm is not None and not (isinstance(norm, str) and norm in NORMS):
        raise ValueError(f"norm must be 'batch', 'layer' or None, got {norm!r}")
    bend = _maker(activation, check.generator(generator))
    scheme, _ = find_scheme("init", init)  # before anything is drawn
    if scheme not in INITIALIZERS:
        raise ValueError(f"init must be a name in INITIALIZERS, got {init!r}: call {scheme}_ on the network")

    layers: list[nn.Module] = []
    for fan_in, fan_out in pairwise(widths[:-1]):
        layers.append(empty_linear(fan_in, fan_out))
        if norm is not None:
            layers.append(NORMS[norm](fan_out))
        layers.append(_made(bend))
        if dropout > 0:
            layers.append(nn.Dropout(dropout))
    layers.append(empty_linear(widths[-2], widths[-1]))
    return initialize(nn.Sequential(*layers), init, generator=generator)


def _is_width(width: object) -> bool:
    return isinstance(width, Integral) and not isinstance(width, bool) and 0 < int(width) < 2**63


def _made(bend: Callable[[], nn.Module]) -> nn.Module:
    try:
        module = bend()
    except TypeError as error:  # a function such as F.relu asks for its input
        raise TypeError(
            f"activation must make a module without arguments, got {check.shown(bend)}"
        ) from error
    return check.instance("what activation makes", module, nn.Module)


def _maker(activation: str | Callable[[], nn.Module], generator: Generator | None) -> Callable[[], nn.Module]:
    if isinstance(activation, nn.Module):
        raise ValueError(f"activation must be a name or what makes a module, got the module {activation}")
    if callable(activation):
        return activation
    if isinstance(activation, str) and activation in SEARCH_CANDIDATES and activation not in ACTIVATIONS:
        return partial(Elementwise, SEARCH_CANDIDATES[activation])
    make = find("activation", activation, ACTIVATIONS, "ACTIVATIONS")
    return partial(make, generator=generator) if make is AconC else make
