"""What a page needs of the SVG that matplotlib writes: a third of its bytes, in colors that follow the palette.

Matplotlib wraps everything in groups with ids, writes style sheets and `style` attributes, which pages forbid, six
decimals, and each marker as an element of its own. What is left looks the same.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

INK = "#1b1b1b"
GRID = "#d9d9d9"
SVG, XLINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}"
HREF = "xlink:href"  # plain `href` makes the theme's instant navigation fail


def palette() -> list[str]:
    """The line colors of the style sheet, in order."""
    style = Path(__file__).with_name("figure.mplstyle").read_text()
    cycle = next(line for line in style.splitlines() if line.startswith("axes.prop_cycle"))
    return [f"#{color.lower()}" for color in re.findall(r'"(\w{6})"', cycle)]


COLORS = {  # what follows the page's palette; read once, in the process that scripts are forked from
    INK: "currentColor",
    GRID: f"var(--plot-grid,{GRID})",
    **{color: f"var(--plot-{number},{color})" for number, color in enumerate(palette(), start=1)},
}
UNSEEN = {"defs", "filter", "metadata", "style"}  # what is used of them is defined anew
NEEDLESS = {  # attributes that the root or SVG itself gives, and the font, which is the page's own
    "fill": INK,
    "font-family": ".*",
    "stroke-dashoffset": "0",
    "stroke-linejoin": "round",
    "transform": r"rotate\(-0 .*",
}
PLACES = {"x", "y", "width", "height"}
OVERLAP = {"opacity", "fill-opacity", "stroke-opacity"}  # where one path shows something else than many
OUTLINE = re.compile(r"M[MLQCz\d\s.,-]+")  # in the commands that matplotlib writes most, all absolute
SEGMENT = re.compile(r"([MLQCz])([^MLQCz]*)")
NUMBER = re.compile(r"-?\d+\.\d+")


def shrink(drawing: bytes, prefix: str) -> str:
    """What a page needs of matplotlib's SVG, on one line; ids start with `prefix`."""
    source = ElementTree.fromstring(drawing)
    shapes = {part.get("id", ""): part for part in source.iter()}
    root = Element("svg", {"xmlns": SVG[1:-1], "viewBox": source.get("viewBox", "")})
    root.attrib |= {"fill": "currentColor", "stroke-linejoin": "round"}
    root.extend(simplify_all(source, shapes))
    names: dict[str, str] = {}  # of what is referred to

    def rename(match: re.Match[str]) -> str:
        return f"#{names.setdefault(match[1], f'{prefix}{len(names)}')}"

    def refer(parts: Iterable[Element]) -> None:
        for part in parts:
            for name, value in part.items():
                if value.startswith("url(#") or (name == HREF and value.startswith("#")):
                    part.set(name, re.sub(r"#([^)]+)", rename, value))

    refer(root.iter())
    definitions = Element("defs")
    defined = 0
    while defined < len(names):  # what is defined may refer to more
        old, new = list(names.items())[defined]
        defined += 1
        for shape in simplify(shapes[old], shapes):
            refer(shape.iter())
            definitions.append(Element(shape.tag, {"id": new} | shape.attrib))
            definitions[-1].extend(shape)
    if names:
        root.insert(0, definitions)
    if any(HREF in part.attrib for part in root.iter()):
        root.set("xmlns:xlink", XLINK[1:-1])
    return ElementTree.tostring(root, "unicode").replace(" />", "/>")


def simplify_all(parent: Element, shapes: dict[str, Element]) -> list[Element]:
    """What is left of an element's children."""
    shown = (part for part in parent if part.tag.removeprefix(SVG) not in UNSEEN)
    return list(merge_markers((kept for part in shown for kept in simplify(part, shapes)), shapes))


def simplify(source: Element, shapes: dict[str, Element]) -> Iterator[Element]:
    """What is left of an element: itself, its children where it says nothing of its own, or nothing."""
    tag = source.tag.removeprefix(SVG)
    element = Element(tag, read_attributes(source))
    element.text = (source.text or "").strip() or None
    element.extend(simplify_all(source, shapes))
    if tag == "path" and element.get("fill") == "none" and "stroke" not in element.attrib:
        return  # a background that nobody sees
    if tag != "g":
        yield element
    elif not element.attrib:
        yield from element
    elif len(element) == 1 and {"transform", *element.attrib}.isdisjoint(element[0].attrib):
        element[0].attrib |= element.attrib
        yield element[0]
    elif len(element):
        yield element


def read_attributes(source: Element) -> dict[str, str]:
    """The attributes that tell something, its style (which pages forbid) among them."""
    attributes = {
        name.replace(XLINK, "xlink:"): value for name, value in source.items() if name not in {"id", "style"}
    }
    if HREF in attributes:
        attributes[HREF] = "".join(attributes[HREF].split())  # pictures come on many lines
    for declaration in filter(None, source.get("style", "").split(";")):
        name, _, value = declaration.partition(":")
        attributes[name.strip()] = value.strip()
    if OUTLINE.fullmatch(attributes.get("d", "")):
        attributes["d"] = join_outline(*split_outline(attributes["d"]))
    for name in PLACES & attributes.keys():
        attributes[name] = NUMBER.sub(lambda match: shorten(hundredths(match[0])), attributes[name])
    if "transform" in attributes:
        attributes["transform"] = NUMBER.sub(lambda match: f"{float(match[0]):.5g}", attributes["transform"])
    return {
        name: COLORS.get(value, value)
        for name, value in attributes.items()
        if name not in NEEDLESS or not re.fullmatch(NEEDLESS[name], value)
    }


def merge_markers(elements: Iterable[Element], shapes: dict[str, Element]) -> Iterator[Element]:
    """All markers of a line as one path: a browser styles every `<use>` as a small document of its own.

    Where two overlap it would show all faces below all edges: markers with an edge of another color stay apart.
    """

    def style(element: Element) -> dict[str, str] | None:
        if element.tag != "use" or not OUTLINE.fullmatch(shapes[element.attrib[HREF][1:]].get("d", "")):
            return None
        return {name: value for name, value in element.items() if name not in {"x", "y"}}

    for common, run in itertools.groupby(elements, style):
        markers = list(run)
        if common is None:
            yield from markers
            continue
        shape = shapes[common.pop(HREF)[1:]]
        look = common | read_attributes(shape)
        edged = "stroke" in look and look.get("fill", "currentColor") not in {"none", look["stroke"]}
        if len(markers) > 1 and (edged or OVERLAP & common.keys()):
            yield from markers
            continue
        left, top, rest = split_outline(shape.attrib["d"])
        places = [(hundredths(marker.get("x", "0")), hundredths(marker.get("y", "0"))) for marker in markers]
        path = Element("path", look)
        path.set("d", "".join(join_outline(left + x, top + y, rest) for x, y in places))
        yield path


def split_outline(d: str) -> tuple[int, int, str]:
    """Where an outline starts, in hundredths, and the rest of it, relative to that."""
    (_, numbers), *segments = SEGMENT.findall(d)
    x, y = read_numbers(numbers)
    start = here = x, y
    pieces, last = [], ""
    for letter, numbers in segments:
        if letter == "z":
            pieces.append("z")
            here, last = start, "z"
            continue
        values = read_numbers(numbers)
        moves = [value - here[index % 2] for index, value in enumerate(values)]
        here = values[-2], values[-1]
        if letter == "M":
            start = here
        letter = letter.lower()
        if letter == "l" and 0 in moves:
            letter, moves = ("v", moves[1:]) if moves[1] else ("h", moves[:1])
        pieces.append((" " if letter == last != "m" else letter) + " ".join(map(shorten, moves)))
        last = letter
    return x, y, "".join(pieces)


def read_numbers(text: str) -> list[int]:
    """Numbers of an outline, in hundredths."""
    return [hundredths(number) for number in re.findall(r"[\d.-]+", text)]


def join_outline(x: int, y: int, rest: str) -> str:
    """An outline that starts at a place in hundredths."""
    return f"M{shorten(x)} {shorten(y)}{rest}".replace(" -", "-")


def hundredths(number: str) -> int:
    """A number as a count of hundredths: such counts add up without an error."""
    return round(100 * float(number))


def shorten(number: int) -> str:
    """A number of hundredths, as short as it can be written."""
    text = f"{number / 100:.2f}".rstrip("0").rstrip(".")
    return text.replace("0.", ".", 1) if abs(number) < 100 else text
