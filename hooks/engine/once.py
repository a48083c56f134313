"""Once instead of many times: what matplotlib computes again while it lays out and draws one figure."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from matplotlib.axis import Tick
    from matplotlib.textpath import TextToPath

T = TypeVar("T")


@contextlib.contextmanager
def once() -> Iterator[None]:
    """Let each axis look for its ticks, and measure their labels, once for each place that its axes come to.

    A layout asks for both four times before it moves anything, and a drawing three times. The ticks of an axis, of
    five parts each, are copied from one, and share the outline of their marks. Formulas are read once for all
    figures, and so are the heights of a font. The figure is the same to the last bit.
    """
    from matplotlib import text
    from matplotlib.axis import Axis, XTick, YTick
    from matplotlib.markers import MarkerStyle

    find: Any = Axis._update_ticks  # type: ignore[attr-defined]
    measure: Any = Axis._get_ticklabel_bboxes  # type: ignore[attr-defined]
    make: Any = Axis._get_tick  # type: ignore[attr-defined]
    shape: Any = MarkerStyle._set_marker  # type: ignore[attr-defined]
    forget: Any = Axis.reset_ticks
    places: dict[Axis, tuple[object, ...]] = {}
    ticks: dict[Axis, Any] = {}
    labeled: dict[
        Any, tuple[float, ...]
    ] = {}  # what a formatter, which axes may share, wrote labels for last
    boxes: dict[Axis, Any] = {}
    models: dict[tuple[Axis, bool], tuple[list[tuple[str, Any]], Tick]] = {}

    def find_once(axis: Any) -> Any:
        rules = axis._scale, *vars(axis.major).values(), *vars(axis.minor).values()
        view = tuple(axis.get_view_interval())
        place = (*axis.axes.bbox.bounds, *view, *rules)
        if places.get(axis) != place or labeled[axis.major.formatter] != view:
            places[axis], ticks[axis] = place, find(axis)
            labeled[axis.major.formatter] = view
            boxes.pop(axis, None)
        return ticks[axis]

    def forget_ticks(axis: Any) -> None:
        for known in (places, ticks, boxes):
            known.pop(axis, None)
        for major in (True, False):
            models.pop((axis, major), None)
        forget(axis)

    def measure_once(axis: Axis, drawn: Any, renderer: Any) -> Any:
        if axis not in boxes:
            boxes[axis] = measure(axis, drawn, renderer)
        return boxes[axis]

    def make_once(axis: Any, major: bool) -> Tick:
        options = list((axis._major_tick_kw if major else axis._minor_tick_kw).items())
        known, model = models.get((axis, major), ([], None))
        if model is not None and are_same(known, options):
            return copy_tick(model)
        tick: Tick = make(axis, major)
        if type(tick) in (XTick, YTick):  # others hold more than the five parts
            models[axis, major] = options, copy_tick(tick)
        return tick

    def share(style: MarkerStyle, marker: Any) -> None:
        # nothing changes the rest of a style afterwards
        if isinstance(marker, MarkerStyle) and marker.get_user_transform() is None:
            style.__dict__ = marker.__dict__.copy()
        else:
            shape(style, marker)

    with (
        instead(Axis, "_update_ticks", find_once),
        instead(Axis, "_get_ticklabel_bboxes", measure_once),
        instead(Axis, "reset_ticks", forget_ticks),
        instead(Axis, "_get_tick", make_once),
        instead(MarkerStyle, "_set_marker", share),
        instead(text, "TextToPath", texts),
        instead(text, "get_font", lambda names: heights(tuple(names))),
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


def are_same(some: list[tuple[str, Any]], others: list[tuple[str, Any]]) -> bool:
    """Whether these are the same options with the same values; arrays among them can't be compared."""
    return len(some) == len(others) and all(
        one[0] == two[0] and one[1] is two[1] for one, two in zip(some, others, strict=True)
    )


def copy_tick(tick: Tick) -> Tick:
    """A tick of the same axis that nothing has been said to since it was made."""
    same = copy_artist(tick)
    for name in ("tick1line", "tick2line", "gridline", "label1", "label2"):
        setattr(same, name, copy_artist(getattr(tick, name)))
    return same


def copy_artist(artist: T) -> T:
    """Another one with the same values: matplotlib replaces them when one changes, and gives each tick its fonts."""
    from matplotlib.cbook import CallbackRegistry

    same = object.__new__(type(artist))
    same.__dict__ = artist.__dict__ | {"_callbacks": CallbackRegistry(signals=["pchanged"])}
    return same


@functools.cache
def heights(names: tuple[str, ...]) -> Any:
    """A font, as far as what lays out a text asks: its tables of numbers, each read once."""
    from matplotlib.font_manager import get_font

    return SimpleNamespace(get_sfnt_table=functools.cache(get_font(names).get_sfnt_table))


def texts() -> TextToPath:
    """What measures and reads texts and formulas, and remembers them while settings of texts and fonts stay."""
    import matplotlib as mpl
    from matplotlib.font_manager import fontManager

    names = [name for name in mpl.rcParams if name.startswith(("font.", "mathtext.", "text."))]
    settings = [f"{name}: {mpl.rcParams[name]}" for name in names]
    return reader((*settings, f"{len(fontManager.ttflist)} fonts"))


@functools.cache
def reader(settings: tuple[str, ...]) -> TextToPath:
    """The one of these settings."""
    from matplotlib.textpath import TextToPath

    class Reader(TextToPath):
        get_text_width_height_descent = functools.cache(TextToPath.get_text_width_height_descent)

    return Reader()
