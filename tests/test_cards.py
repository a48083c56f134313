"""The pictures that stand beside links to pages."""

import io
import subprocess
import sys

import pytest
from PIL import Image

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


def test_a_card_shows_its_words(artist):
    cards = {artist.card(title, line) for title in ("Mish", "SELU") for line in ("One.", "Two.")}
    assert len(cards) == 4


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
