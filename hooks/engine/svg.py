"""A matplotlib figure as SVG."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from hooks.engine.once import once
from hooks.engine.outcome import digest
from hooks.engine.shrink import SVG, shrink

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIZE_LIMIT = 150_000  # bytes; more makes a page slow
NAMES = "svg g defs clipPath path rect use image text tspan pattern linearGradient stop filter polygon circle"
NAMES += " feColorMatrix"
FRAME = re.compile(r'<svg [^<>]*viewBox="0 0 \d+(\.\d+)? \d+(\.\d+)?"')
TAGS = {f"{SVG}{name}" for name in NAMES.split()}  # of what a drawing is made


def render(figure: Figure, salt: str) -> str:
    """The figure as one line of SVG: no date, ids that depend on `salt` alone, colors as CSS variables."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    FigureCanvasSVG(figure)
    file = io.BytesIO()
    with once(), mpl.rc_context({"svg.hashsalt": salt}):
        lay_out(figure)
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


def find_fault(figure: str) -> str | None:
    """Why this is none of the drawings that `render` makes; None if it may be one."""
    if not FRAME.match(figure):
        return "it does not begin with an <svg> that has a viewBox from 0 0 on"
    return find_foreign(figure)


def find_foreign(figure: str) -> str | None:
    """What a drawing needs not, and a browser might run, load or read as the end of the drawing; None if all is well.

    Of links, a drawing needs those to its own parts, and to pictures that it holds.
    """
    if mark := re.search("<[!?]", figure):
        return f"{mark[0]!r} is no part of it"
    try:
        parts = list(ElementTree.fromstring(figure).iter())
    except ElementTree.ParseError as error:
        return f"it can't be read, {error}"
    for part in parts:
        if part.tag not in TAGS:
            return f"<{part.tag}> is no part of it"
        for name, value in part.items():
            plain = name.rpartition("}")[2].lower()
            inside = value.startswith("#" if part.tag != f"{SVG}image" else "data:image/png;")
            fetches = plain != "href" and ("//" in value or "\\" in value)  # a style may, in such a value
            if plain.startswith("on") or plain == "style" or fetches or (plain == "href" and not inside):
                return f"{name}={value!r} is no part of it"
    return None


def lay_out(figure: Figure) -> None:
    """Place the parts of a figure for good, if it has a layout: `savefig` would go through all of it twice."""
    import matplotlib as mpl
    from matplotlib.axes._secondary_axes import SecondaryAxis

    if layout := figure.get_layout_engine():
        for second in (child for axes in figure.axes for child in axes.child_axes):
            if isinstance(second, SecondaryAxis):  # it would learn of its first axis while it is drawn
                second._set_lims()  # type: ignore[attr-defined]
                second._set_scale()  # type: ignore[attr-defined]
        layout.execute(figure)
        with mpl.rc_context({"figure.constrained_layout.use": False, "figure.autolayout": False}):
            # "none", or None under other settings, would leave one in its place
            figure.set_layout_engine(None)


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
        right.set(yscale="log", yticks=[10.0**power for power in range(-6, 5)], title="$x$")
    render(figure, "practice")
    plt.close(figure)
