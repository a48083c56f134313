"""Once instead of many times: what matplotlib computes again while it lays out and draws one figure."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.textpath import TextToPath


@contextlib.contextmanager
def once() -> Iterator[None]:
    """Let each axis look for its ticks, and measure their labels, once for each place that its axes come to.

    A layout asks for both four times before it moves anything, and a drawing three times. Formulas are read once
    for all figures, and the thousands of ticks share the outline of their marks instead of copying it.
    The figure is the same to the last bit.
    """
    from matplotlib import text
    from matplotlib.axis import Axis
    from matplotlib.markers import MarkerStyle

    find: Any = Axis._update_ticks  # type: ignore[attr-defined]
    measure: Any = Axis._get_ticklabel_bboxes  # type: ignore[attr-defined]
    shape: Any = MarkerStyle._set_marker  # type: ignore[attr-defined]
    places: dict[Axis, tuple[float, ...]] = {}
    ticks: dict[Axis, Any] = {}
    boxes: dict[Axis, Any] = {}

    def find_once(axis: Axis) -> Any:
        place = (*axis.axes.bbox.bounds, *axis.get_view_interval())
        if places.get(axis) != place:
            places[axis], ticks[axis] = place, find(axis)
            boxes.pop(axis, None)
        return ticks[axis]

    def measure_once(axis: Axis, drawn: Any, renderer: Any) -> Any:
        if axis not in boxes:
            boxes[axis] = measure(axis, drawn, renderer)
        return boxes[axis]

    def share(style: MarkerStyle, marker: Any) -> None:
        if isinstance(marker, MarkerStyle):  # which nothing changes afterwards
            style.__dict__ = marker.__dict__.copy()
        else:
            shape(style, marker)

    with (
        instead(Axis, "_update_ticks", find_once),
        instead(Axis, "_get_ticklabel_bboxes", measure_once),
        instead(MarkerStyle, "_set_marker", share),
        instead(text, "TextToPath", texts),
    ):
        yield


@contextlib.contextmanager
def instead(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Another value for an attribute, for a while; the import of `unittest.mock` takes 25 ms in each process."""
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


def texts() -> TextToPath:
    """What measures and reads texts and formulas, and remembers them as long as no setting of texts changes."""
    import matplotlib as mpl

    names = [name for name in mpl.rcParams if name.startswith(("font.", "mathtext.", "text."))]
    settings = [f"{name}: {mpl.rcParams[name]}" for name in names]
    return reader(tuple(settings))


@functools.cache
def reader(settings: tuple[str, ...]) -> TextToPath:
    """The one of these settings."""
    from matplotlib.textpath import TextToPath

    class Reader(TextToPath):
        get_text_width_height_descent = functools.cache(TextToPath.get_text_width_height_descent)

    return Reader()
