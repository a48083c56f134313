"""The SVG of figures, against fontTools' reading of outlines and what matplotlib wrote."""

import io
import math
import re

import lxml.etree
import pytest
from fontTools.pens.recordingPen import RecordingPen
from fontTools.svgLib.path import parse_path
from hypothesis import assume, given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from hooks.engine import shrink as shrinking
from hooks.engine import svg
from tests.fuzz.tools import examples

HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 10 10">'
)


def shrink(inside):
    result = shrinking.shrink(f"{HEAD}{inside}</svg>".encode(), "f-")
    lxml.etree.fromstring(result)
    root = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10" fill="currentColor" stroke-linejoin="round">'
    if result == root.replace(">", "/>"):
        return ""
    assert ("xmlns:xlink" in result) is ("xlink:href" in result)
    result = result.replace(' xmlns:xlink="http://www.w3.org/1999/xlink"', "")
    assert result.startswith(root) and "\n" not in result
    return result.removeprefix(root).removesuffix("</svg>")


def draw(figure):
    """What matplotlib writes, and what is left of it."""
    file = io.BytesIO()
    figure.savefig(file, format="svg")
    return file.getvalue(), shrinking.shrink(file.getvalue(), "f-")


def test_what_a_page_does_not_need_is_left_out():
    assert shrink('<metadata><a/></metadata><defs><style type="text/css">*{}</style></defs>') == ""
    assert shrink('<g id="axes_1"> <g id="empty"/> <g id="line2d_2"> </g></g>') == ""
    assert shrink('<path d="M 0 0 L 1 0" style="fill: none"/>') == "", "a background that nobody sees"
    assert shrink('<path d="M 0 0 L 1 0" style="fill: none; stroke: #123456"/>') != ""
    text = "<text style=\"font-size: 9px; font-family: 'DejaVu Sans'\" x='1.239' y='2' transform='rotate(-0 1 2)'> a</text>"
    assert shrink(text) == '<text x="1.24" y="2" font-size="9px">a</text>'


def test_colors_follow_the_palette():
    def stroke(color):
        return shrink(f'<path d="M 0 0" style="stroke: {color}"/>')

    assert "var(--plot-2,#d55e00)" in stroke("#d55e00") and "var(--plot-8,#666666)" in stroke("#666666")
    assert "var(--plot-grid,#d9d9d9)" in stroke("#d9d9d9") and 'stroke="#123456"' in stroke("#123456")
    assert 'stroke="currentColor"' in stroke("#1b1b1b")
    assert shrink('<text style="fill: #1b1b1b">a</text>') == "<text>a</text>", "ink is the root's own color"
    assert shrink('<text style="fill: #0072b2">a</text>') == '<text fill="var(--plot-1,#0072b2)">a</text>'


def test_style_sheet_library_and_theme_agree_on_the_palette():
    from lego.plotting import PALETTE
    from tests.conftest import ROOT

    css = (ROOT / "docs" / "assets" / "extra.css").read_text()
    light = dict(re.findall(r"--plot-(\d): (#\w+);", css[: css.index("slate")]))
    assert shrinking.palette() == PALETTE == [light[str(number)] for number in range(1, 9)]


def test_a_group_says_only_what_its_children_do_not():
    shape = '<path d="M 1 1 L 2 3"/>'
    assert shrink(f'<g id="a"><g id="b">{shape}</g></g>') == '<path d="M1 1l1 2"/>'
    assert shrink(f'<g transform="scale(2)">{shape}</g>') == '<path d="M1 1l1 2" transform="scale(2)"/>'
    assert shrink(f'<g opacity="0.5">{shape}{shape}</g>').startswith('<g opacity="0.5"><path')
    moved = '<path d="M 1 1 L 2 3" transform="scale(2)"/>'
    assert shrink(f'<g transform="scale(3)">{moved}</g>').startswith('<g transform="scale(3)"><path')
    clipped = f'<g clip-path="url(#a)">{moved}</g><defs><clipPath id="a"><rect width="9"/></clipPath></defs>'
    assert '<g clip-path="url(#f-0)"><path' in shrink(clipped), "it would be clipped before it is moved"


def test_what_is_referred_to_is_defined_once_and_nothing_else():
    clip = '<clipPath id="p1"><rect x="1" y="2" width="3.123456" height="4"/></clipPath>'
    path = '<path d="M 1 1 L 2 3" clip-path="url(#p1)"/>'
    assert shrink(f"{path}{path}<defs>{clip}</defs><defs><clipPath id='p2'><rect/></clipPath></defs>") == (
        '<defs><clipPath id="f-0"><rect x="1" y="2" width="3.12" height="4"/></clipPath></defs>'
        + 2 * '<path d="M1 1l1 2" clip-path="url(#f-0)"/>'
    )
    nested = '<pattern id="h" fill="url(#g)"><rect width="1"/></pattern><linearGradient id="g"><stop offset="0"/></linearGradient>'
    result = shrink(f'<path d="M 0 0" style="fill: url(#h)"/><defs>{nested}</defs>')
    assert (
        '<pattern id="f-0" fill="url(#f-1)"><rect width="1"/></pattern><linearGradient id="f-1"><stop offset="0"/></'
        in result
    )
    assert shrink('<text fill="#abcdef">url(#a) #b</text>') == '<text fill="#abcdef">url(#a) #b</text>'


def test_markers_of_a_line_become_one_path():
    def markers(style, outline="M -1 0.5 C 0 0.123456 1 1 2 2 z", text="", edge="#123456"):
        uses = "".join(f'<use xlink:href="#m" x="{x}" y="2" style="{style}"/>' for x in (10, 20))
        return shrink(f'<defs><path id="m" d="{outline}" style="stroke: {edge}"/></defs><g>{text}{uses}</g>')

    curve = "c1-.38 2 .5 3 1.5z"
    assert (
        markers("fill: #123456; stroke: #ffffff")
        == f'<path fill="#123456" stroke="#123456" d="M9 2.5{curve}M19 2.5{curve}"/>'
    ), "the shape's own style wins"
    hollow = "fill: none"
    assert 'd="M10 1l-1 2h2zM20 1l-1 2h2z"' in markers(hollow, "M 0 -1 L -1 1 L 1 1 z")
    assert 'd="M7 2h6m-3-3v6M17 2h6m-3-3v6"' in markers(hollow, "M -3 0 L 3 0 M 0 -3 L 0 3"), "of two strokes"
    assert markers(hollow).count("<path") == 1 and shrink("<text>a</text>") + markers(hollow) == markers(
        hollow, text="<text>a</text>"
    )
    assert markers("fill: #1b1b1b", edge="#1b1b1b").count("<path") == 1, "ink, of which nothing is said"
    for other in ("fill: #abcdef", "", "fill: #1b1b1b"):
        edged = markers(other)
        assert edged.count(' xlink:href="#f-0"') == 2, "an edge of one lies on the face of another"
    apart = markers("fill-opacity: 0.5")
    assert apart.count(' xlink:href="#f-0"') == 2, "where two overlap, they show it"
    one = '<defs><path id="m" d="M 0 0 L 1 1"/></defs><use xlink:href="#m" x="1" y="1" style="opacity: 0.5"/>'
    assert shrink(one) == '<path opacity="0.5" d="M1 1l1 1"/>'


@given(
    st.lists(
        st.tuples(st.sampled_from("LLLQCzM"), st.lists(st.floats(-1e8, 1e8), min_size=6, max_size=6)),
        max_size=12,
    )
)
@examples(100)
def test_outlines_stay_within_half_a_hundredth(pieces):
    count = {"M": 2, "L": 2, "Q": 4, "C": 6, "z": 0}
    pieces = [("M", [1.234, -5.678]), *pieces]
    start = place = [0.0, 0.0]
    for letter, values in pieces:
        if letter == "z":  # where the end is close to the start, the reader adds a line or not
            assume(place == start or math.dist(place, start) > 0.02)
        place = start if letter == "z" else values[: count[letter]][-2:]
        start = place if letter == "M" else start
    written = " ".join(
        " ".join([letter, *(f"{value:f}" for value in values[: count[letter]])]) for letter, values in pieces
    )
    read = []
    (short,) = re.findall(
        r' d="([^"]*)"', shrink(f'<path d="{written}" style="fill: none; stroke: #123456"/>')
    )
    for outline in (written, short):
        pen = RecordingPen()
        parse_path(outline, pen)
        read.append([(name, *point) for name, points in pen.value for point in points])
    assert len(read[0]) == len(read[1])
    for expected, found in zip(*read, strict=True):
        assert expected[0] == found[0] and found[1:] == pytest.approx(expected[1:], abs=0.00501)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (5, ".05"),
        (-50, "-.5"),
        (100, "1"),
        (-2050, "-20.5"),
        (99, ".99"),
        (12345, "123.45"),
        (-1, "-.01"),
    ],
)
def test_numbers_are_written_short(number, text):
    assert shrinking.shorten(number) == text


def test_an_axis_of_pictures_keeps_their_bytes():
    figure = Figure()
    figure.subplots().imshow([[0, 1], [2, 3]])
    drawn, left = draw(figure)
    (picture,) = re.findall(rb'xlink:href="data:image/png;base64,\s*([^"]+)"', drawn)
    assert f'href="data:image/png;base64,{"".join(picture.decode().split())}"' in left


def test_a_figure_that_shows_nothing_is_refused():
    figure = Figure(facecolor="none")
    with pytest.raises(ValueError, match="the figure shows nothing"):
        svg.render(figure, "a")
    figure.text(0, 0, "a")
    assert svg.render(figure, "a").endswith("</svg>")


def test_letters_drawn_as_outlines_keep_their_scale():
    import matplotlib as mpl

    figure = Figure()
    figure.text(0.5, 0.5, "A")
    with mpl.rc_context({"svg.fonttype": "path"}):
        drawn, left = draw(figure)
    assert b"scale(0.1 -0.1)" in drawn and "scale(0.1 -0.1)" in left


def test_a_line_takes_a_third_of_the_bytes_that_matplotlib_writes():
    from matplotlib import style

    from tests.conftest import ROOT

    def drawing():
        figure = Figure()
        figure.subplots().plot([math.sin(place) for place in range(50)])
        return figure

    file = io.BytesIO()
    drawing().savefig(file, format="svg")
    with style.context(ROOT / "hooks" / "engine" / "figure.mplstyle"):
        drawn = svg.render(drawing(), "a")
    assert len(drawn.encode()) / len(file.getvalue()) == pytest.approx(0.33, abs=0.05)
