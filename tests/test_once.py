"""The engine's drawing against matplotlib's own: figures of many kinds come out equal to the last byte."""

import functools
import io

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import font_manager, text
from matplotlib.axis import Axis
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.markers import MarkerStyle
from matplotlib.mathtext import MathTextParser
from matplotlib.ticker import ScalarFormatter
from matplotlib.transforms import Affine2D

from hooks.engine.once import heights, once
from hooks.engine.svg import lay_out


def new(layout="constrained", **options):
    return Figure(layout=layout, **options)


def plain():
    figure = new()
    axes = figure.subplots()
    axes.plot([0, 1e-7], [0, 3e9], label="line")  # both axes have an offset
    axes.set(xlabel="time", ylabel="size", title="A title")
    axes.legend()
    return figure


def no_labels():
    figure = new()
    figure.subplots().set_axis_off()
    return figure


def many():
    figure = new(figsize=(7, 6))
    for number, axes in enumerate(figure.subplots(3, 2, sharex=True, sharey="row").flat):
        axes.plot(np.arange(5) * 10**number, label=f"line {number}")
        axes.set(ylabel=f"row {number}", xlabel="shared")
    figure.suptitle("All of them")
    figure.supxlabel("below")
    figure.align_labels()
    return figure


def logarithmic():
    figure = new()
    left, right = figure.subplots(1, 2)
    left.loglog([1e-4, 1e5], [1e-9, 1e3], "o-")
    left.tick_params(axis="x", labelrotation=45, labelbottom=True, labeltop=True)
    right.plot([1, 30])
    right.set(yscale="symlog", xlabel=r"$\frac{x}{2}$")
    return figure


def colored():
    figure = new()
    both = figure.subplots(1, 2)
    for axes in both:
        image = axes.imshow(np.arange(6).reshape(2, 3), extent=(0, 3e4, 0, 2e4))  # a fixed aspect
        figure.colorbar(image, ax=axes, label="height")
    figure.colorbar(image, ax=both, location="bottom")
    return figure


def other_axes():
    figure = new()
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1000])
    axes.secondary_xaxis("top", functions=(lambda x: 100 * x, lambda x: x / 100)).set_xlabel("percent")
    twin = axes.twinx()
    twin.plot([0, 1], [5, -5])
    twin.set_ylabel("right")
    axes.inset_axes((0.2, 0.6, 0.3, 0.3)).plot([1, 2, 3])
    return figure


def round_and_deep():
    figure = new()
    figure.add_subplot(121, projection="polar").plot([0, 3], [0, 2000])
    figure.add_subplot(122, projection="3d").plot([0, 1], [0, 1], [0, 500])
    return figure


def parts():
    figure = new(figsize=(8, 4))
    left, right = figure.subfigures(1, 2)
    left.subplots(2, 1)[0].set_title("left")
    right.subplots().plot([10, 20000])
    figure.legend(handles=figure.axes[2].lines, loc="outside right upper")
    return figure


def mosaic():
    figure = new()
    parts = figure.subplot_mosaic([["a", "b"], ["a", "c"]], width_ratios=[1, 2])
    parts["b"].set_aspect(2)
    parts["c"].set_xticks([0, 1], ["a long name", "another long name"], rotation=30)
    return figure


def tight():
    figure = new("tight")
    for axes in figure.subplots(2, 2).flat:
        axes.set(ylabel="label", xlabel="label", ylim=(0, 1e6))
    return figure


def compressed():
    figure = new("compressed", figsize=(8, 4))
    for axes in figure.subplots(2, 2).flat:
        axes.imshow(np.eye(3))
    return figure


def styled():
    figure = new()
    axes = figure.subplots()
    axes.plot([1, 2, 3], marker=MarkerStyle("^", fillstyle="left"), label="$x^2$")
    axes.plot([3, 1, 2], marker="$a$", linestyle=":", label="$x^2$ too")
    axes.tick_params(length=9, width=3, direction="inout", top=True, which="both")
    axes.minorticks_on()
    axes.legend(title="$x^2$", fontsize=14)
    axes.text(1, 2, "two\nlines, one $x^2$", rotation=20, fontfamily="serif")
    return figure


def one_tick_apart():
    figure = new()
    left, right = figure.subplots(1, 2)
    for axes in (left, right):
        axes.plot([0, 1000], [0, 5])
        first = axes.xaxis.majorTicks[0]  # what follows is of this one, and some of it for the others too
        first.label1.set(color="red", fontsize=15, rotation=30, gid="first", url="here", zorder=9)
        first.gridline.set(visible=True, linestyle=":", gid="grid", marker="o")
        first.tick1line.set(markersize=20, rasterized=True)
    right.set_xticks([1, 5, 30], minor=True)
    right.minorticks_on()
    right.xaxis.get_minor_ticks(4)[2].label2.set(visible=True, text="fourth")
    return figure


def one_formatter():
    figure = new()
    both = figure.subplots(1, 2)
    form = ScalarFormatter(useMathText=True)
    for axes, height in zip(both, (1e7, 1e5), strict=True):
        axes.plot([0, height])
        axes.yaxis.set_major_formatter(form)  # its offset is that of the axis which used it last
    return figure


def wedge():
    figure = new()
    axes = figure.add_subplot(projection="polar")
    axes.plot([0, 1.5], [0, 2])
    axes.set_thetamax(90)  # for which it makes its ticks anew when it is drawn
    return figure


def turned():
    figure = new()
    axes = figure.subplots()
    marker = MarkerStyle("^", transform=Affine2D().rotate_deg(20))
    for height in range(3):
        line = axes.plot([1, 2], [height] * 2, marker=marker)[0]
        line.set_marker(line._marker.rotated(deg=30))
    return figure


KINDS = [
    *(plain, no_labels, many, logarithmic, colored, other_axes),
    *(round_and_deep, parts, mosaic, tight, compressed, styled, one_tick_apart),
    *(one_formatter, wedge, turned),
]


def drawn(figure):
    file = io.BytesIO()
    figure.set_layout_engine("none")
    figure.savefig(file, format="svg", metadata={"Date": None})
    return file.getvalue()


@pytest.mark.parametrize("make", KINDS)
def test_a_figure_is_drawn_as_matplotlib_would(make):
    with mpl.rc_context({"svg.hashsalt": "same"}):
        ours, theirs = make(), make()
        FigureCanvasSVG(ours), FigureCanvasSVG(theirs)
        untouched = drawn(make())
        with once():
            lay_out(ours)
            found = drawn(ours)
        theirs.get_layout_engine().execute(theirs)
        assert found == drawn(theirs)
        if make is not no_labels:
            assert found != untouched


@pytest.mark.parametrize("question", ["_update_ticks", "_get_ticklabel_bboxes"])
def test_each_axis_answers_once_a_place(monkeypatch, question):
    asked = []
    answer = getattr(Axis, question)
    monkeypatch.setattr(Axis, question, lambda axis, *rest: asked.append(axis) or answer(axis, *rest))
    figure = plain()
    FigureCanvasSVG(figure)
    with once():
        lay_out(figure)
        assert figure.get_layout_engine() is None
        drawn(figure)
        assert len(asked) == 4  # two axes, before and after they moved
    figure = plain()
    figure.get_layout_engine().execute(figure)
    drawn(figure)
    assert len(asked) - 4 > 3 * 4


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_a_second_axis_is_laid_out_as_its_first_one_became(scale):
    def draw(early):
        figure = new()
        axes = figure.subplots()
        for now in (early, not early):
            if now:
                second = axes.secondary_xaxis("top", functions=(lambda x: 100 * x, lambda x: x / 100))
                second.set_xlabel("percent")
            else:
                axes.set(title="above", xscale=scale, xlim=(1, 1e6), ylim=(1, 2))
        FigureCanvasSVG(figure)
        with once(), mpl.rc_context({"svg.hashsalt": "same"}):
            lay_out(figure)
            return drawn(figure)

    assert draw(early=True) == draw(early=False)


def test_a_figure_without_a_layout_stays_as_it_is():
    figure = new("none")
    axes = figure.subplots()
    place = axes.get_position().bounds
    lay_out(figure)
    assert axes.get_position().bounds == place


@pytest.mark.parametrize("setting", ["figure.constrained_layout.use", "figure.autolayout"])
def test_no_layout_is_left_whatever_the_settings(setting):
    with mpl.rc_context({setting: True}):
        figure = plain()
        lay_out(figure)
        assert mpl.rcParams[setting]
    assert figure.get_layout_engine() is None


def test_matplotlib_is_what_it_was_afterwards_even_after_an_error():
    def now():
        forget = Axis.reset_ticks
        ticks = Axis._update_ticks, Axis._get_ticklabel_bboxes
        return *ticks, forget, Axis._get_tick, MarkerStyle._set_marker, text.TextToPath, text.get_font

    before = now()
    with pytest.raises(ZeroDivisionError), once():
        assert not set(now()) & set(before)
        1 / 0  # noqa: B018
    assert now() == before


def test_another_range_is_another_place():
    figure = new("none")
    axes = figure.subplots()
    with once():
        first = [tick.get_loc() for tick in axes.xaxis._update_ticks()]
        axes.set_xlim(0, 100)
        assert [tick.get_loc() for tick in axes.xaxis._update_ticks()] != first


def test_lines_share_the_outline_of_a_mark_until_one_gets_another():
    first, second = Line2D([0], [0], marker="^"), Line2D([0], [0], marker="o")
    with once():
        second.update_from(first)
        assert second._marker._path is first._marker._path
        second.set_marker("s")
        second.set_fillstyle("none")
    assert (first.get_marker(), second.get_marker()) == ("^", "s")
    assert first._marker.is_filled() and not second._marker.is_filled()
    second.update_from(first)
    assert second._marker._path is not first._marker._path


@pytest.mark.parametrize("which", ["major", "minor"])
def test_ticks_are_copied_from_one_of_the_same_axis_and_options(monkeypatch, which):
    made = []
    make = Axis._get_tick
    monkeypatch.setattr(Axis, "_get_tick", lambda axis, major: made.append(axis) or make(axis, major))
    figure = new("none")
    axes = figure.subplots()
    get = getattr(axes.xaxis, f"get_{which}_ticks")
    get(1)
    made.clear()
    with once():
        first, *others = get(20)
        assert made == [axes.xaxis] and len(others) == 19
        others[0].label1.set_text("said later")
        assert get(21)[-1].label1.get_text() == ""
        axes.tick_params(which=which, width=7)
        assert get(22)[-1].tick1line.get_markeredgewidth() == 7
        getattr(axes.yaxis, f"get_{which}_ticks")(5)
        assert made[1:3] == [axes.xaxis, axes.yaxis]
    one, two = others[3:5]
    one.label1.set(text="one", fontsize=30, color="red")
    one.gridline.set(xdata=[1, 2], color="red")
    one.tick1line.set_marker("o")
    heard = []
    one.label1.add_callback(heard.append)
    two.label1.set(color="blue")
    assert not heard
    for name in ("tick1line", "tick2line", "gridline", "label1", "label2"):
        parts = [getattr(tick, name) for tick in (first, one, two)]
        assert len(set(map(id, parts))) == 3
    assert two.label1.get_text() == "" and two.label1.get_fontsize() == first.label1.get_fontsize()
    assert two.gridline.get_color() == first.gridline.get_color() != "red"
    assert two.tick1line.get_marker() == first.tick1line.get_marker()


def test_options_that_are_arrays_and_ticks_that_are_forgotten():
    figure = new("none")
    axes = figure.subplots()
    with once():
        for width in (3, 5):
            axes.tick_params(labelcolor=np.array([0.4, 0.4, 0.4]), width=width)
            axes.xaxis.get_major_ticks(15 + width)
            assert axes.xaxis.get_major_ticks(15 + width)[-1].tick1line.get_markeredgewidth() == width
        axes.spines.bottom.set_position(("axes", 0.5))  # forgets all ticks: the old ones stood elsewhere
        theirs = axes.xaxis.get_major_ticks(4)[3].tick1line.get_transform()
        assert theirs == axes.xaxis.get_major_ticks(1)[0].tick1line.get_transform()
        assert theirs.transform((0, 0))[1] == axes.transAxes.transform((0, 0.5))[1]


def test_a_font_more_makes_texts_anew(monkeypatch):
    with once():
        first = text.TextToPath()
        monkeypatch.setattr(font_manager.fontManager, "ttflist", [*font_manager.fontManager.ttflist, None])
        assert text.TextToPath() is not first


def test_the_heights_of_a_font_are_read_once_for_all_texts(monkeypatch):
    heights.cache_clear()
    fonts = []
    answer = font_manager.get_font
    monkeypatch.setattr(font_manager, "get_font", lambda names: fonts.append(names) or answer(names))
    with once():
        for figure in (plain(), plain()):
            FigureCanvasSVG(figure)
            lay_out(figure)
    assert len(fonts) == len(set(map(tuple, fonts))) >= 1
    font = heights(tuple(fonts[0]))
    assert font.get_sfnt_table("head") is font.get_sfnt_table("head")


def test_a_formula_is_read_once_in_each_size_for_all_figures(monkeypatch):
    read = []
    answer = MathTextParser._parse_cached.__wrapped__
    reading = functools.lru_cache(50)(lambda *asked: read.append(asked[1]) or answer(*asked))
    monkeypatch.setattr(MathTextParser, "_parse_cached", reading)
    for _ in range(2):
        figure = new()
        figure.subplots().set_title("$x_{once}$")
        FigureCanvasSVG(figure)
        with once(), mpl.rc_context({"svg.fonttype": "none"}):
            lay_out(figure)
            drawn(figure)
    assert read == ["$x_{once}$"] * 2  # to measure it, and in the size of a title


@pytest.mark.parametrize(
    "setting",
    [
        {"font.sans-serif": ["DejaVu Serif"]},
        {"font.size": 3},
        {"mathtext.fontset": "cm"},
        {"text.usetex": True},
    ],
)
def test_nothing_is_remembered_across_settings_of_texts(setting):
    words, prop = "measure me", FontProperties()
    with once():
        first = text.TextToPath()
        width = first.get_text_width_height_descent(words, prop, False)
        assert text.TextToPath() is first
        with mpl.rc_context(setting):
            second = text.TextToPath()
            assert second is not first and second.mathtext_parser is not first.mathtext_parser
            if "font.sans-serif" in setting:
                assert second.get_text_width_height_descent(words, prop, False) != width
        assert text.TextToPath() is first
    assert text.TextToPath() is not first
