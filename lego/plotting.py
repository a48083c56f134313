"""Plotting: one look for every figure, so that a brick has the same color on every page.

Each drawing function draws on the axes that you give it, or on new ones, labels them and returns them; nothing is
shown or saved, and no global setting is changed. It needs matplotlib: `pip install '.[plot]'` in a clone of this
project.
"""

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from lego import _checks as check
from lego._names import find

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from lego.training import History

__all__ = [
    "LOOKS",
    "PALETTE",
    "activation",
    "contours",
    "distributions",
    "gradient_flow",
    "history",
    "look",
    "regularization_path",
]

_LARGEST = 1e200  # on a logarithmic axis: some decades further, matplotlib looks for ticks beyond float64
PALETTE = [
    "#0072b2",  # blue
    "#d55e00",  # vermilion
    "#00875f",  # green
    "#b8568f",  # purple
    "#4b0082",  # indigo
    "#3d94d6",  # sky
    "#7a3b1d",  # brown
    "#666666",  # gray
]
"""Eight colors after Okabe & Ito (2008), each at least 3 : 1 against white; the site has a dark twin of each."""

_BLUE, _VERMILION, _GREEN, _PURPLE, _INDIGO, _SKY, _BROWN, _GRAY = PALETTE

LOOKS = {
    "identity": (_GRAY, ":", "identity"),
    "sigmoid": (_BLUE, "-", "sigmoid"),
    "tanh": (_VERMILION, "--", "tanh"),
    "relu": (_GREEN, "-.", "ReLU"),
    "leaky_relu": (_PURPLE, "-", "Leaky ReLU"),
    "prelu": (_PURPLE, "--", "PReLU"),
    "elu": (_INDIGO, (0, (9, 3)), "ELU"),
    "selu": (_INDIGO, (0, (5, 1)), "SELU"),
    "softplus": (_SKY, "-.", "softplus"),
    "swish": (_VERMILION, "-", "Swish"),
    "silu": (_VERMILION, ":", "SiLU"),
    "mish": (_BROWN, "-", "Mish"),
    "acon_a": (_SKY, ":", "ACON-A"),
    "acon_b": (_SKY, "--", "ACON-B"),
    "acon_c": (_SKY, (0, (4, 1, 1, 1, 1, 1)), "ACON-C"),
    "meta_acon": (_BROWN, "--", "Meta-ACON"),
    "gelu": (_BLUE, (0, (2, 1)), "GELU"),
    "relu_squared": (_GREEN, ":", "ReLU²"),
    "hardsigmoid": (_BLUE, ":", "hard sigmoid"),
    "hardtanh": (_VERMILION, (0, (1, 3)), "hard tanh"),
    "hardswish": (_BROWN, ":", "hard swish"),
    "glu": (_PURPLE, ":", "GLU"),
    "bilinear": (_GRAY, "--", "bilinear"),
    "reglu": (_GREEN, "--", "ReGLU"),
    "geglu": (_BLUE, "-.", "GEGLU"),
    "swiglu": (_INDIGO, (0, (8, 2, 2, 2)), "SwiGLU"),
    "max(x, sigmoid(x))": (_SKY, (0, (5, 1)), "max(x, σ(x))"),
    "cos(x) - x": (_PURPLE, (0, (3, 3)), "cos x − x"),
    "min(x, sin(x))": (_INDIGO, ":", "min(x, sin x)"),
    "arctan(x)^2 - x": (_BROWN, (0, (1, 3)), "(arctan x)² − x"),
    "max(x, tanh(x))": (_BLUE, (0, (8, 2, 2, 2)), "max(x, tanh x)"),
    "sinc(x) + x": (_GREEN, (0, (3, 1, 1, 1, 1, 1)), "sinc x + x"),
    "x * arcsinh(x)^2": (_GRAY, (0, (12, 2)), "x (arcsinh x)²"),
}
"""Color, line style and label of each brick, by name; siblings share a color; those drawn together differ in dashes."""


def look(name: str) -> dict[str, Any]:
    """Line properties of a brick, for `axes.plot(x, sigmoid(x), **look("sigmoid"))`.

    Args:
        name: the brick's name, such as `"sigmoid"`.

    Returns:
        `color`, `linestyle` and `label`.

    Raises:
        ValueError: if no brick has this name.
    """
    color, linestyle, label = find("name", name, LOOKS, "LOOKS")
    return {"color": color, "linestyle": linestyle, "label": label}


def activation(
    brick: str | Callable[[Tensor], Tensor],
    *,
    low: float = -5.0,
    high: float = 5.0,
    axes: "Axes | None" = None,
) -> "Axes":
    """Draws an activation as a solid line and its slope as a dashed one.

    Args:
        brick: a name in `ACTIVATIONS` or `SEARCH_CANDIDATES`, or an elementwise function or module. ACON-C by name has
            the slopes 1 and 0.
        low: where to start.
        high: where to end.
        axes: where to draw; those of a new figure if omitted.

    Returns:
        The axes.

    Raises:
        ValueError: if `brick` is unknown, or `low` is not below `high`.
        ImportError: if matplotlib is missing.

    Examples:
        ```python
        import matplotlib.pyplot as plt

        from lego import plotting

        plotting.activation("mish")
        plt.show()
        ```
    """
    from lego.activations import (
        ACTIVATIONS,
        SEARCH_CANDIDATES,
    )  # here: a look alone needs neither
    from lego.diagnostics import slope

    dtype = torch.get_default_dtype()
    low, high = check.fitting("low", low, dtype), check.fitting("high", high, dtype)
    if not -math.inf < low < high < math.inf:
        raise ValueError(f"low must be below high, got {low:g} and {high:g}")
    function: Callable[[Tensor], Tensor]
    # parameters made in inference mode would have no slopes
    with torch.inference_mode(False), torch.device("cpu"):
        if isinstance(brick, str):
            makers: dict[str, Any] = {**SEARCH_CANDIDATES, **ACTIVATIONS}
            made = find("brick", brick, makers, "ACTIVATIONS and SEARCH_CANDIDATES")
            options = {"p1": 1.0, "p2": 0.0} if brick == "acon_c" else {}  # its default slopes are random
            function = made(**options) if brick in ACTIVATIONS else made
            color, label = look(brick)["color"], look(brick)["label"]
        else:
            function, color = check.function("brick", brick), PALETTE[0]
            label = getattr(brick, "__name__", type(brick).__name__)
        if isinstance(function, nn.Module):
            function = copy.deepcopy(function).cpu().to(dtype).eval()
    x = torch.linspace(low, high, 401, device="cpu")
    y = check.instance("brick", function(x.clone()), Tensor)  # a copy: it may work in place
    if y.shape != x.shape:
        raise ValueError(f"brick must keep the shape {tuple(x.shape)}, got {tuple(y.shape)}")
    slopes = slope(function, x)
    axes = _axes(axes)
    axes.plot(x, y.detach(), color=color, label=label)
    axes.plot(x, slopes, color=color, linestyle="--", label="slope")
    axes.set_xlabel("x")
    axes.legend()
    return axes


def distributions(values: Mapping[str, Tensor], *, bins: int = 60, axes: "Axes | None" = None) -> "Axes":
    """Draws histograms one above the other, the first on top, such as those of each layer's outputs.

    All share the bins, which span the middle 99.8% of all numbers, and each is scaled to the same height.

    Args:
        values: numbers by name.
        bins: how many bins.
        axes: where to draw; those of a new figure if omitted.

    Returns:
        The axes.

    Raises:
        ValueError: if there is nothing to draw, or a number is not finite.
        ImportError: if matplotlib is missing.
    """
    flat = {
        name: check.tensor("values", value).detach().cpu().double().flatten()
        for name, value in check.mapping("values", values).items()
    }
    if not flat or any(value.numel() == 0 for value in flat.values()):
        raise ValueError(f"values must hold numbers under each name, got {list(flat)}")
    for name, value in flat.items():
        if not value.isfinite().all():
            raise ValueError(f"values must be finite, got NaN or infinity under {name!r}")
    together = torch.cat(list(flat.values())).sort().values
    cut = int(0.001 * len(together))
    low, high = together[cut].item(), together[-1 - cut].item()
    if low == high:
        low, high = low - 0.5, high + 0.5
    if (bins := check.whole("bins", bins)) < 1:
        raise ValueError(f"bins must be at least 1, got {bins}")
    axes = _axes(axes)
    edges = torch.linspace(low, high, bins + 1, dtype=torch.double, device="cpu")
    for row, value in enumerate(flat.values()):
        counts = torch.histogram(value, edges).hist
        heights = 0.9 * counts / counts.max().clamp(min=1)
        axes.stairs((heights - row).tolist(), edges.tolist(), baseline=-row, fill=True, color=PALETTE[0])
    axes.set(yticks=[-row for row in range(len(flat))], yticklabels=list(flat), xlabel="value")
    return axes


def gradient_flow(
    norms: Mapping[str, float] | Mapping[str, Mapping[str, float]], *, axes: "Axes | None" = None
) -> "Axes":
    """Draws the gradient norm of each layer, on a logarithmic scale.

    A norm of zero leaves a gap, and so does one of 1e200 or more: near the largest float64 number, matplotlib finds no
    ticks.

    Args:
        norms: norms by layer, as [gradient_norms][lego.diagnostics.gradient_norms] returns them, or several such
            mappings by label.
        axes: where to draw; those of a new figure if omitted.

    Returns:
        The axes.

    Raises:
        ValueError: if `norms` is empty.
        ImportError: if matplotlib is missing.
    """
    if not check.mapping("norms", norms):
        raise ValueError("norms must hold a norm for each layer, got none")
    several: Mapping[str, Mapping[str, float]]
    labeled = all(isinstance(value, Mapping) for value in norms.values())
    several = norms if labeled else {"": norms}  # type: ignore[assignment, dict-item]
    several = {
        label: {layer: check.real("norms", norm) for layer, norm in check.mapping("norms", row).items()}
        for label, row in several.items()
    }
    axes = _axes(axes)
    names: list[str] = []
    for color, (label, row) in zip(PALETTE * len(several), several.items(), strict=False):
        names = list(row) if len(row) > len(names) else names
        heights = [value if 0 < value < _LARGEST else float("nan") for value in row.values()]
        axes.semilogy(range(1, len(row) + 1), heights, color=color, marker="o", label=label)
    places = range(1, len(names) + 1)
    axes.set(xlabel="layer", ylabel="gradient norm", xticks=list(places))
    if len(names) <= 8:
        axes.set_xticklabels(names)
    if labeled:
        axes.legend()
    return axes


def history(record: "History | Mapping[str, Sequence[float]]", *, axes: "Axes | None" = None) -> "Axes":
    """Draws losses against the step.

    Args:
        record: what [fit][lego.training.fit] returned, or numbers by label, one for each step.
        axes: where to draw; those of a new figure if omitted.

    Returns:
        The axes.

    Raises:
        ValueError: if `record` is empty.
        ImportError: if matplotlib is missing.
    """
    if hasattr(record, "plot") and getattr(record, "loss", True):
        return record.plot(_axes(axes))
    if hasattr(record, "plot") or not check.mapping("record", record):
        raise ValueError("record must hold numbers, got none")
    record = {label: _row("record", numbers) for label, numbers in record.items()}
    axes = _axes(axes)
    for color, (label, numbers) in zip(PALETTE * len(record), record.items(), strict=False):
        axes.plot(numbers, color=color, label=label)
    axes.set(xlabel="step", ylabel="loss")
    axes.legend()
    return axes


def contours(
    loss: Callable[[Tensor], Tensor],
    *paths: Tensor,
    bounds: tuple[float, float, float, float] = (-2.0, 2.0, -2.0, 2.0),
    levels: int = 8,
    axes: "Axes | None" = None,
) -> "Axes":
    """Draws the contours of a loss of two weights, and paths of descent over them.

    Args:
        loss: from points of shape `(count, 2)` to losses of shape `(count,)`.
        *paths: points of shape `(steps, 2)`.
        bounds: left, right, bottom and top end.
        levels: approximate number of contours.
        axes: where to draw; those of a new figure if omitted.

    Returns:
        The axes.

    Raises:
        ValueError: if a shape or the bounds break their rule.
        ImportError: if matplotlib is missing.
    """
    check.function("loss", loss)
    levels, sides = check.whole("levels", levels), check.several("bounds", bounds)
    if len(sides) != 4:
        raise ValueError(f"bounds must be (left, right, bottom, top), got {bounds}")
    left, right, bottom, top = (check.fitting("bounds", side, torch.get_default_dtype()) for side in sides)
    if levels < 1:
        raise ValueError(f"levels must be at least 1, got {levels}")
    if not (-math.inf < left < right < math.inf and -math.inf < bottom < top < math.inf):
        raise ValueError(f"bounds must be (left, right, bottom, top) in rising order, got {bounds}")
    for path in paths:
        if check.tensor("paths", path).ndim != 2 or path.shape[1] != 2:
            raise ValueError(f"paths must have the shape (steps, 2), got {tuple(path.shape)}")
    x, y = torch.linspace(left, right, 81), torch.linspace(bottom, top, 81)
    heights = check.instance("loss", loss(torch.cartesian_prod(x, y)), Tensor).detach()
    if heights.shape != (81 * 81,):
        raise ValueError(
            f"loss must return the shape (count,), got {tuple(heights.shape)} for {81 * 81} points"
        )
    axes = _axes(axes)
    grid = x.cpu(), y.cpu(), heights.cpu().double().reshape(81, 81).T
    axes.contour(*grid, levels=levels, colors=PALETTE[7], linewidths=0.7)
    for color, path in zip(PALETTE * len(paths), paths, strict=False):
        axes.plot(*path.detach().cpu().double().T, color=color, marker=".")
    axes.set(xlabel="first weight", ylabel="second weight")
    return axes


def regularization_path(
    penalties: Sequence[float],
    coefficients: Tensor,
    names: Sequence[str] | None = None,
    *,
    axes: "Axes | None" = None,
) -> "Axes":
    """Draws how each coefficient shrinks as the penalty grows.

    Args:
        penalties: positive numbers.
        coefficients: shape `(penalties, features)`.
        names: names of the features, written at the ends of the lines.
        axes: where to draw; those of a new figure if omitted.

    Returns:
        The axes.

    Raises:
        ValueError: if a shape does not fit, or a penalty is not positive.
        ImportError: if matplotlib is missing.
    """
    penalties = _row("penalties", penalties)
    names = None if names is None else check.several("names", names)
    if check.tensor("coefficients", coefficients).ndim != 2 or len(coefficients) != len(penalties):
        shape = tuple(coefficients.shape)
        raise ValueError(f"coefficients must have the shape ({len(penalties)}, features), got {shape}")
    if names is not None and len(names) != coefficients.shape[1]:
        raise ValueError(f"names must be the {coefficients.shape[1]} features', got {len(names)}")
    wrong = [penalty for penalty in penalties if not 0 < penalty < math.inf]
    if wrong or not penalties:
        raise ValueError(f"penalties must be positive and finite, got {wrong[0] if wrong else 'none'}")
    axes = _axes(axes)
    rows = coefficients.detach().cpu().double()
    first = min(range(len(penalties)), key=lambda i: penalties[i])  # where the coefficients are largest
    for i, column in enumerate(rows.T):
        axes.semilogx(penalties, column, color=PALETTE[i % 8], linestyle=("-", "--", "-.", ":")[i // 8 % 4])
        if names is not None:
            axes.annotate(
                names[i], (penalties[first], column[first]), ha="right", va="center", fontsize="small"
            )
    axes.set(xlabel="penalty", ylabel="coefficient")
    return axes


def _axes(axes: "Axes | None") -> "Axes":
    try:
        import matplotlib.pyplot as plt
        from matplotlib.axes import Axes
    except ImportError as error:
        raise ImportError(
            "a drawing needs matplotlib: pip install '.[plot]' in a clone of this project"
        ) from error
    if axes is not None:
        return check.instance("axes", axes, Axes)
    made: Axes = plt.subplots()[1]
    return made


def _row(argument: str, numbers: Sequence[float]) -> list[float]:
    return [check.real(argument, number) for number in check.several(argument, numbers)]
