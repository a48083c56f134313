"""A matplotlib figure as SVG."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

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
    with mpl.rc_context(
        {"svg.hashsalt": salt, "figure.constrained_layout.use": False, "figure.autolayout": False}
    ):
        if layout := figure.get_layout_engine():  # else `savefig` goes through all of it twice
            layout.execute(figure)
            figure.set_layout_engine(None)  # "none" would leave one in its place
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


def practice() -> None:
    """Draw for nothing: processes forked later inherit the fonts that were found, and code that Python has adapted."""
    from matplotlib.figure import Figure

    figure = Figure()
    for axes in figure.subplots(1, 2):
        axes.plot([1, 2], [3, 4], "o-", label="line")
        axes.set(xlabel="x", ylabel="y", title="title")
        axes.legend()
    render(figure, "practice")
