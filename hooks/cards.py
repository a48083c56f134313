"""The picture of each page that others show beside a link to it: title, a line, the handbook's bricks."""

from __future__ import annotations

import functools
import io
import re
import zlib
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

from PIL import Image, ImageColor, ImageDraw, ImageFont

from hooks.kept import Kept, maker

MAKER = maker(__file__, "pillow", "matplotlib")
SIZE = (1200, 630)
MARGIN = 80
INK, GRAY = 0, 1  # the first colors of the palette
STEPS = 3  # of each color, from white on: half a byte a pixel tells five colors apart
SMOOTH = 4  # bricks are drawn this much larger, and made smaller
TITLE, LINE = (80, 64, 52), 34  # the largest size that fits on two lines; pixels


class Artist:
    """Draws the cards of one site; one that was drawn before comes from the cache.

    Args:
        name: of the site.
        assets: folder of its logo and its stylesheet, which names the colors.
        kept: what was drawn.
    """

    def __init__(self, name: str, assets: Path, kept: Kept) -> None:
        self.name = name
        self.kept = kept
        self.logo = (assets / "logo.svg").read_text(encoding="utf-8")
        style = (assets / "extra.css").read_text(encoding="utf-8")
        self.colors = {
            color: variable(style, color) for color in ("--ink", "--md-default-fg-color--light", "--plot-2")
        }

    def card(self, title: str, line: str) -> bytes:
        """A PNG of 1200 by 630 pixels."""
        made_of = self.name, title, line, self.logo, self.colors, MAKER
        return self.kept.get(made_of, lambda: self.draw(title, line))

    def draw(self, title: str, line: str) -> bytes:
        """The same, drawn anew."""
        width = SIZE[0] - 2 * MARGIN
        for size in TITLE:
            large = font("DejaVuSans-Bold", size)
            if len(rows := wrap(title, large, width)) <= 2:
                break
        small = font("DejaVuSans", LINE)
        image, y = self.ground.copy(), 206
        for color, text, letters, spacing in (
            (INK, rows[:3], large, 1.2),
            (GRAY, shorten(wrap(line, small, width), 3), small, 1.4),
        ):
            words = written(text, letters, round(letters.size * spacing)).point(shades(color))
            image.paste(words, (0, y))
            y += words.height + 24
        return png(image, self.palette)

    @functools.cached_property
    def palette(self) -> list[int]:
        """Each color in steps from white, as the smooth edge of a letter has them."""
        fills = [ImageColor.getrgb(group.attrib["fill"]) for group in ElementTree.fromstring(self.logo)]
        colors = [
            round(255 + (part - 255) * step / STEPS)
            for color in dict.fromkeys([*self.colors.values(), *fills])
            for step in range(1, STEPS + 1)
            for part in color
        ]
        return [255, 255, 255, *colors]

    @functools.cached_property
    def ground(self) -> Image.Image:
        """What stands on every card, as numbers of the palette's colors."""
        image = Image.new("RGB", SIZE, "white")
        pen = ImageDraw.Draw(image)
        ink, _, accent = self.colors.values()
        bricks = self.bricks(96)
        image.paste(bricks, (MARGIN - 6, MARGIN - 30), bricks)
        pen.text((MARGIN + 112, MARGIN + 20), self.name, ink, font("DejaVuSans-Bold", 46), "lm")
        pen.rectangle((0, SIZE[1] - 14, *SIZE), accent)
        return numbers(image, self.palette)

    def icon(self, side: int = 180) -> bytes:
        """The logo on paper, as a telephone's home screen wants it."""
        image = Image.new("RGB", (side, side), "white")
        bricks = self.bricks(side * 4 // 5)
        image.paste(bricks, (side // 10, side // 10), bricks)
        return png(numbers(image, self.palette), self.palette)

    def bricks(self, side: int) -> Image.Image:
        """The logo's rectangles on a transparent ground."""
        tree = ElementTree.fromstring(self.logo)
        scale = side * SMOOTH / float(tree.attrib["viewBox"].split()[2])
        image = Image.new("RGBA", (side * SMOOTH, side * SMOOTH))
        pen = ImageDraw.Draw(image)
        for group in tree:
            for part in group:
                x, y, width, height, radius = (
                    scale * float(part.attrib[name]) for name in ("x", "y", "width", "height", "rx")
                )
                pen.rounded_rectangle((x, y, x + width, y + height), radius, group.attrib["fill"])
        return image.resize((side, side), Image.Resampling.LANCZOS)


def variable(style: str, name: str) -> tuple[int, ...]:
    """A color of the light palette, which comes first in the stylesheet.

    Raises:
        ValueError: if there is no such color.
    """
    match = re.search(rf"{name}: (#[0-9a-f]{{6}});", style)
    if match is None:
        raise ValueError(f"extra.css must name a color {name} as #rrggbb")
    return ImageColor.getrgb(match[1])


@functools.cache
def font(face: str, size: int) -> ImageFont.FreeTypeFont:
    """A face of DejaVu, which comes with matplotlib; matplotlib itself is not loaded."""
    spec = find_spec("matplotlib")
    assert spec is not None and spec.origin is not None
    file = Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf" / f"{face}.ttf"
    return ImageFont.truetype(file, size, layout_engine=ImageFont.Layout.BASIC)


def wrap(text: str, letters: ImageFont.FreeTypeFont, width: float) -> list[str]:
    """Lines that are no longer than `width` pixels, unless a single word is."""
    rows: list[str] = []
    space, end = letters.getlength(" "), 0.0
    for word in text.split():
        length = letters.getlength(word)
        end += space + length
        if rows and end <= width:
            rows[-1] += f" {word}"
        else:
            rows.append(word)
            end = length
    return rows


def shorten(rows: list[str], count: int) -> list[str]:
    """The first rows; the last one says that something is left out."""
    if len(rows) <= count:
        return rows
    return [*rows[: count - 1], rows[count - 1].rsplit(" ", 1)[0].rstrip(",;:") + " …"]


def written(rows: list[str], letters: ImageFont.FreeTypeFont, height: int) -> Image.Image:
    """How far lines of text, each so high, cover each pixel of a card's width."""
    image = Image.new("L", (SIZE[0], height * len(rows)))
    pen = ImageDraw.Draw(image)
    for number, row in enumerate(rows):
        pen.text((MARGIN, height * number), row, 255, letters)
    return image


@functools.cache
def shades(color: int) -> list[int]:
    """The palette's number for each of 256 degrees in which its `color`-th color covers white."""
    steps = [round(degree * STEPS / 255) for degree in range(256)]
    return [color * STEPS + step if step else 0 for step in steps]


def numbers(image: Image.Image, palette: list[int]) -> Image.Image:
    """An image as the numbers of the nearest colors of a palette."""
    colors = Image.new("P", (1, 1))
    colors.putpalette(palette)
    flat = image.quantize(palette=colors, dither=Image.Dither.NONE)
    return Image.frombytes("L", image.size, flat.tobytes())


def png(image: Image.Image, palette: list[int]) -> bytes:
    """A small file of few colors, from their numbers in the palette."""
    file = io.BytesIO()
    image.putpalette(palette)
    # half the time, and as small where rows are of one color
    image.save(file, "PNG", compress_type=zlib.Z_RLE)
    return file.getvalue()
