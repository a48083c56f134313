"""A matplotlib figure as SVG."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from hooks.engine.layout import lay_out
from hooks.engine.outcome import digest
from hooks.engine.shrink import shrink

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIZE_LIMIT = 150_000  # bytes; more makes a page slow


def render(figure: Figure, salt: str) -> str:
    """The figure as one line of SVG: no date, ids that depend on `salt` alone, colors as CSS variables."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    FigureCanvasSVG(figure)
    file = io.BytesIO()
    lay_out(figure)
    with mpl.rc_context({"svg.hashsalt": salt}):
        figure.savefig(file, format="svg", metadata={"Date": None})
    text = shrink(file.getvalue(), f"f{digest(salt.encode())[:6]}-")  # several figures share a page
    if text.endswith("/>"):
        raise ValueError("the figure shows nothing: draw on it, or close it")
    if len(text.encode()) > SIZE_LIMIT:
        raise ValueError(
            f"the figure weighs {len(text.encode()) // 1000} kB, the limit is {SIZE_LIMIT // 1000}: draw fewer points, "
            "or pass rasterized=True where they are dense"
        )
    return text


def practice(formulas: bool) -> None:
    """Draw for nothing, with formulas or without.

    Processes forked later inherit the fonts that were found, code that Python has adapted, the grammar of formulas,
    and the usual labels of a logarithmic axis, which are formulas too.
    """
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2)
    for axes in (left, right):
        axes.plot([1, 2], [3, 4], "o-", label="line")
        axes.set(xlabel="x", ylabel="y", title="title")
        axes.legend()
    if formulas:
        right.set(yscale="log", ylim=(1e-6, 1e6), title="$x$")
    render(figure, "practice")
    plt.close(figure)
