"""A matplotlib figure as a small SVG that follows the page's palette."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

from hooks.engine.outcome import digest

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIZE_LIMIT = 150_000  # bytes; more makes a page slow
INK = "#1b1b1b"
GRID = "#d9d9d9"


def render(figure: Figure, salt: str) -> str:
    """The figure as one line of SVG: no date, ids that depend on `salt` alone, colors as CSS variables."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from scour import scour

    FigureCanvasSVG(figure)
    file = io.BytesIO()
    with mpl.rc_context(
        {"svg.hashsalt": salt, "figure.constrained_layout.use": False, "figure.autolayout": False}
    ):
        if layout := figure.get_layout_engine():  # else `savefig` goes through all of it twice
            layout.execute(figure)
            figure.set_layout_engine(None)  # "none" would leave one in its place
        figure.savefig(file, format="svg", metadata={"Date": None})
    options = scour.sanitizeOptions()
    options.remove_metadata = options.strip_comments = options.remove_descriptive_elements = True
    options.strip_xml_prolog = options.strip_xml_space_attribute = options.strip_ids = True
    options.enable_viewboxing = options.shorten_ids = options.group_create = True
    options.shorten_ids_prefix = f"f{digest(salt.encode())[:6]}-"  # several figures share a page
    options.indent_type, options.newlines, options.digits = "none", False, 4
    text = follow_palette(merge_markers(scour.scourString(file.getvalue().decode(), options)))
    if len(text.encode()) > SIZE_LIMIT:
        raise ValueError(
            f"the figure weighs {len(text.encode()) // 1000} kB, the limit is {SIZE_LIMIT // 1000}: draw fewer points, "
            "or pass rasterized=True where they are dense"
        )
    return text


def practice() -> None:
    """Draw for nothing: processes forked later inherit the fonts that were found, and code that Python has adapted."""
    from matplotlib.figure import Figure

    figure = Figure()
    for axes in figure.subplots(1, 2):
        axes.plot([1, 2], [3, 4], "o-", label="line")
        axes.set(xlabel="x", ylabel="y", title="title")
        axes.legend()
    render(figure, "practice")


def merge_markers(svg: str) -> str:
    """All markers of a line as one path: a browser styles every `<use>` as a small document of its own."""
    shapes = {}
    for name, outline in re.findall(r'<path id="([^"]+)" d="([^"]+)"', svg):
        if start := re.fullmatch(r"m(-?[\d.]+)[ ,]?(-?[\d.]+)([^A-Z]*)", outline):  # the rest is relative
            rest = re.sub(r"(\.\d\d)\d+", r"\1", start[3])
            rest = (
                rest if rest[:1].isalpha() else f"l{rest}"
            )  # what follows a move without a letter is a line
            shapes[name] = float(start[1]), float(start[2]), rest

    def merge(match: re.Match[str]) -> str:
        name = match["name"]
        if name not in shapes:
            return match[0]
        x, y, rest = shapes[name]
        places = re.findall(r'<use x="([^"]+)" y="([^"]+)"', match[0])
        outline = "".join(f"M{float(left) + x:.2f} {float(top) + y:.2f}{rest}" for left, top in places)
        return f'<path d="{outline}"/>'

    one = r'<use x="[^"]+" y="[^"]+" xlink:href="#{}"/>'
    return re.sub(one.format('(?P<name>[^"]+)') + f"(?:{one.format('(?P=name)')})*", merge, svg)


def follow_palette(svg: str) -> str:
    """Ink becomes `currentColor`, the palette's colors CSS variables, the font the page's own."""
    svg = svg[svg.index("<svg") :].strip()
    svg = re.sub(
        r"<defs><style[^>]*>[^<]*</style></defs>|<style[^>]*>[^<]*</style>", "", svg
    )  # it would style the page
    svg = re.sub(r'<path d="[^"]*" fill="none"/>', "", svg)  # backgrounds that nobody sees
    svg = re.sub(r' font-family="[^"]*"| transform="rotate\(-0 [^"]*"', "", svg)
    box = re.search(r'viewBox="[^"]*"', svg)
    assert box is not None
    root = f'<svg xmlns="http://www.w3.org/2000/svg" {box[0]} fill="currentColor" stroke-linejoin="round">'
    if "xlink:href" in svg:
        root = root.replace(" viewBox", ' xmlns:xlink="http://www.w3.org/1999/xlink" viewBox')
    svg = root + svg[svg.index(">") + 1 :]
    svg = re.sub(r' ([xy])="(-?\d+\.\d\d)\d*"', r' \1="\2"', svg)  # the minifier leaves text where it is
    colors = {color: f"var(--plot-{number},{color})" for number, color in enumerate(palette(), start=1)}
    colors |= {INK: "currentColor", GRID: f"var(--plot-grid,{GRID})"}

    def follow(match: re.Match[str]) -> str:
        color = match[0] if len(match[0]) == 7 else "#" + "".join(2 * digit for digit in match[0][1:])
        return colors.get(color, match[0])

    return re.sub(r"(?<=[\":])#(?:[0-9a-f]{6}|[0-9a-f]{3})(?=[\";])", follow, svg)


def palette() -> list[str]:
    """The line colors of the style sheet, in order."""
    style = Path(__file__).with_name("figure.mplstyle").read_text()
    cycle = next(line for line in style.splitlines() if line.startswith("axes.prop_cycle"))
    return [f"#{color.lower()}" for color in re.findall(r'"(\w{6})"', cycle)]
