"""Where the parts of a figure stand: matplotlib's own layout, which asks an axis for the same ticks many times."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def lay_out(figure: Figure) -> None:
    """Place the parts of a figure for good, if it has a layout: `savefig` would go through all of it twice."""
    import matplotlib as mpl

    if layout := figure.get_layout_engine():
        with ticks_kept():
            layout.execute(figure)
        with mpl.rc_context({"figure.constrained_layout.use": False, "figure.autolayout": False}):
            figure.set_layout_engine(
                None
            )  # "none", or None under other settings, would leave one in its place


@contextlib.contextmanager
def ticks_kept() -> Iterator[None]:
    """Let an axis look for its ticks, and measure their labels, once for each place that its axes come to.

    A layout asks for both four times before it moves anything. Its result is the same to the last bit.
    """
    from matplotlib.axis import Axis

    find: Any = Axis._update_ticks  # type: ignore[attr-defined]
    measure: Any = Axis._get_ticklabel_bboxes  # type: ignore[attr-defined]
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

    with (
        patch.object(Axis, "_update_ticks", find_once),
        patch.object(Axis, "_get_ticklabel_bboxes", measure_once),
    ):
        yield
