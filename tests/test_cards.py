"""The pictures that stand beside links to pages."""

import io
import subprocess
import sys
from itertools import pairwise

import pytest
from PIL import Image, ImageChops

from hooks.cards import Artist, font, shorten, variable, wrap
from hooks.kept import Kept
from tests.conftest import ROOT

LONG = (
    "For whoever has a network to build today: take the one that is usual, and spend time on the rate. " * 4
)


@pytest.fixture
def artist(tmp_path):
    return Artist("lego", ROOT / "docs" / "assets", Kept(tmp_path))


def picture(data):
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize(
    "title", ["Mish", "Does it still matter with normalization?", "A very long title " * 6]
)
def test_a_card_is_small_and_keeps_its_margins(artist, title):
    data = artist.card(title, LONG)
    image = picture(data)
    assert image.format == "PNG" and image.mode == "P" and image.size == (1200, 630)
    assert len(data) < 25_000
    colors = image.convert("RGB")
    paper = (255, 255, 255)
    assert all(colors.getpixel((x, y)) == paper for x in (*range(60), *range(1140, 1200)) for y in range(600))
    assert all(colors.getpixel((x, y)) == paper for x in range(1200) for y in (*range(30), *range(590, 612)))


def test_the_same_card_has_the_same_bytes_and_is_drawn_once(artist, monkeypatch):
    first = artist.card("Mish", "A curve.")
    assert artist.draw("Mish", "A curve.") == first
    monkeypatch.setattr(Artist, "draw", None)
    assert artist.card("Mish", "A curve.") == first
    with pytest.raises(TypeError):
        artist.card("Mish", "Another line.")


def bands(image, color):
    """Where rows of pixels have such a color: the first and the last row of each band."""
    ink = image.convert("RGB")
    rows = [
        y for y in range(image.height) if any(ink.getpixel((x, y)) == color for x in range(0, image.width, 2))
    ]
    starts = [y for y in rows if y - 1 not in rows]
    ends = [y for y in rows if y + 1 not in rows]
    return list(zip(starts, ends, strict=True))


def test_a_card_shows_its_words(artist):
    cards = {artist.draw(title, line) for title in ("Mish", "SELU") for line in ("One.", "Two.")}
    assert len(cards) == 4
    assert Artist("logo", ROOT / "docs" / "assets", artist.kept).draw("Mish", "One.") not in cards


def test_lines_stand_below_each_other_and_the_bar_below_all(artist):
    ink, gray, accent = artist.colors.values()
    image = picture(artist.draw("HHHH " * 6, "HHHH " * 50))
    name, *title = bands(image, ink)
    assert 60 < name[0] < name[1] < 140 and len(title) == 2
    assert title[1][0] - title[0][0] == 96  # 1.2 of the largest size, on which two lines suffice
    first, second, third = bands(image, gray)[-3:]  # the name above has such pixels at its edges
    assert third[0] - second[0] == second[0] - first[0] == 48 and 40 < first[0] - title[1][1] < 60
    assert bands(image, accent)[-1] == (616, 629)


def test_words_begin_at_the_margin_and_a_long_title_has_three_lines(artist):
    ink, _, _ = artist.colors.values()
    image = picture(artist.draw("HHHHHHHHHHHH " * 9, ""))
    left = [x for x in range(200) if (image.convert("RGB").getpixel((x, 230))) == ink]
    assert 80 <= left[0] < 90
    assert len(bands(image, ink)) == 1 + 3


def test_a_line_is_shown_to_its_end(artist):
    letters = font("DejaVuSans", 34)
    first, *_ = wrap(LONG, letters, 1040)
    row = picture(artist.draw("Mish", LONG)).convert("L").crop((0, 326, 1200, 374))
    _, _, end, _ = ImageChops.invert(row).getbbox()
    assert end == pytest.approx(80 + letters.getlength(first), abs=3)


def test_what_was_drawn_before_leaves_no_trace(artist):
    first = artist.draw("Mish", "A curve.")
    artist.draw("SELU", "Another line. " * 30)
    assert artist.draw("Mish", "A curve.") == first


def test_words_are_ink_and_gray_from_light_to_dark(artist):
    ink, gray, _ = artist.colors.values()
    image = picture(artist.draw("Mish", "A curve.")).convert("RGB")
    for box, color in (((0, 206, 1200, 302), ink), ((0, 326, 1200, 374), gray)):
        words = image.crop(box)
        lightness = sorted({sum(pixel) for _, pixel in words.getcolors()})
        assert [sum(color), 3 * 255] == [lightness[0], lightness[-1]] and len(lightness) == 4
    assert image.crop((0, 374, 1200, 616)).getcolors() == [(242 * 1200, (255, 255, 255))]


def test_a_page_without_words_has_a_card_too(artist):
    assert len({artist.draw("", ""), artist.draw("Mish", ""), artist.draw("", "A curve.")}) == 3


def test_the_icon_is_the_logo_on_paper(artist):
    icon = picture(artist.icon())
    assert icon.size == (180, 180)
    assert icon.convert("RGB").getpixel((5, 5)) == (255, 255, 255)
    assert {(213, 94, 0), (0, 114, 178), (224, 168, 0)} <= {
        color for _, color in icon.convert("RGB").getcolors()
    }


def test_lines_fit_and_say_when_they_leave_something_out():
    letters = font("DejaVuSans", 34)
    rows = wrap(LONG, letters, 1000)
    assert " ".join(rows) == LONG.strip() and all(letters.getlength(row) <= 1000 for row in rows)
    assert len(shorten(rows, 3)) == 3 and shorten(rows, 3)[-1].endswith(" …")
    assert shorten(rows[:2], 3) == rows[:2]
    assert shorten(["A curve that", "rises, falls", "again"], 2) == ["A curve that", "rises …"]
    assert all(letters.getlength(f"{row} {after.split()[0]}") > 1000 for row, after in pairwise(rows))


def test_a_color_that_is_missing_is_named():
    with pytest.raises(ValueError, match=r"extra.css must name a color --ink as #rrggbb"):
        variable("--paper: #ffffff;", "--ink")


def test_drawing_loads_neither_matplotlib_nor_torch(tmp_path):
    code = (
        "import sys; from pathlib import Path; from hooks.cards import Artist; from hooks.kept import Kept;"
        f"Artist('lego', Path('docs/assets'), Kept(Path({str(tmp_path)!r}))).card('a', 'b');"
        "assert not {'matplotlib', 'torch'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
