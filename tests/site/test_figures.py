"""Lines of figures: seen against the page in both palettes, and told apart by who sees few colors or none.

And figures as a whole: what is left of matplotlib's drawing looks like all of it.
"""

import colorsys
import io
import itertools
import re

import matplotlib as mpl
import numpy as np
import pytest
from lxml import html
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from PIL import Image

from hooks.engine.shrink import shrink
from hooks.engine.svg import render
from lego.plotting import LOOKS, PALETTE

SCHEMES = ("default", "slate")
# Viénot, Brettel & Mollon (1999) for the first two, Brettel, Viénot & Mollon (1997) in one plane for the third; on
# linear RGB. Rows sum to 1: white stays white.
SIGHT = {
    "protanopia": [[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]],
    "deuteranopia": [[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]],
    "tritanopia": [[1, 0.14461, -0.14461], [0, 0.85924, 0.14076], [0, 0.85924, 0.14076]],
    "grayscale": [[0.2126, 0.7152, 0.0722]] * 3,
}
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
LEAST = 10  # CIE76: below that, two lines of one look are hard to tell apart


@pytest.fixture(scope="module")
def colors(site):
    """Of each palette: paper, ink and lines, by the names that figures use."""
    sheet = (site / "assets" / "extra.css").read_text()
    (theme,) = (site / "assets" / "stylesheets").glob("palette.*.css")
    found = {}
    for scheme in SCHEMES:
        pattern = rf'^\[data-md-color-scheme="{scheme}"\] {{(.*?)^}}'
        rules = dict(
            re.findall(r"--([\w-]+): ([^;]+);", re.search(pattern, sheet, re.DOTALL | re.MULTILINE)[1])
        )
        found[scheme] = {f"var(--{name})": linear(value) for name, value in rules.items() if "plot-" in name}
        found[scheme] |= {"currentColor": linear(rules["ink"]), "paper": linear("#ffffff")}
    (theme,) = (site / "assets" / "stylesheets").glob("palette.*.css")
    pattern = r"=slate\]{[^}]*?--md-default-bg-color:hsla\(var\(--md-hue\), (\d+)%, (\d+)%, 1\)"
    saturation, lightness = map(int, re.search(pattern, theme.read_text()).groups())
    hue = int(rules["md-hue"].removesuffix("deg"))
    levels = colorsys.hls_to_rgb(hue / 360, lightness / 100, saturation / 100)
    found["slate"]["paper"] = linear("#" + "".join(f"{round(255 * level):02x}" for level in levels))
    return found


def linear(color):
    """Linear RGB of `#rrggbb`."""
    color = color if len(color) == 7 else "#" + "".join(2 * digit for digit in color[1:])
    levels = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)


def contrast(one, two):
    low, high = sorted(XYZ[1] @ color for color in (one, two))
    return (high + 0.05) / (low + 0.05)


def lab(color):
    """CIELAB of linear RGB."""
    ratio = XYZ @ np.clip(color, 0, 1) / XYZ.sum(axis=1)
    f = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def difference(one, two, matrix):
    """CIE76 difference of two colors as seen through `matrix`."""
    return np.linalg.norm(lab(np.array(matrix) @ one) - lab(np.array(matrix) @ two))


def test_the_arithmetic_of_colors_is_the_known_one():
    black, white = linear("#000000"), linear("#ffffff")
    assert contrast(black, white) == pytest.approx(21)
    assert contrast(linear("#767676"), white) == pytest.approx(4.54, abs=0.01)
    assert lab(linear("#ff0000")) == pytest.approx([53.2, 80.1, 67.2], abs=0.2)
    for matrix in SIGHT.values():
        assert np.array(matrix) @ white == pytest.approx(white)
    red, green = linear("#b00000"), linear("#4e7a00")
    assert difference(red, green, np.eye(3)) > 60 > 40 > difference(red, green, SIGHT["deuteranopia"])


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_line_color_stands_out_from_the_page(colors, scheme):
    palette = colors[scheme]
    lines = {name: color for name, color in palette.items() if name not in {"paper", "var(--plot-grid)"}}
    assert len(lines) == len(PALETTE) + 1
    for name, color in lines.items():
        assert contrast(color, palette["paper"]) >= 3, (
            f"docs/assets/extra.css, {scheme}: {name} against the page"
        )


def attribute(element, name):
    """An attribute of a shape, or of the nearest group that has it."""
    return next((e.get(name) for e in [element, *element.iterancestors()] if e.get(name) is not None), None)


def legends(svg):
    """The keys of a figure's legends: for each entry the color of its line or marker, its look, and its text.

    A panel clips its lines and a legend does not; what stands right before a text is that text's sample. The look is
    the dashes, the width and the shape of the marker.
    """
    shapes = {f"#{path.get('id')}": path.get("d") for path in svg.xpath(".//*[local-name()='path'][@id]")}
    found, entries, sample = [], [], []
    for element in svg.xpath(".//*[self::path or self::use or self::text][not(ancestor::defs)]"):
        if element.tag == "text" and sample:
            lines = [each for each in sample if attribute(each, "fill") == "none"]
            markers = [
                re.sub(
                    r"^M[^a-z]*", "", shapes.get(each.get("xlink:href")) or each.get("d")
                )  # wherever it stands
                for each in sample
                if each not in lines
            ]
            first = (lines or sample)[0]
            look = [attribute(first, name) for name in ("stroke-dasharray", "stroke-width")]
            color = attribute(first, "stroke") or attribute(first, "fill") or "currentColor"
            entries.append((re.sub(r",#\w+\)", ")", color), (*look, *markers), element.text_content()))
            sample = []
        elif element.tag != "text" and attribute(element, "clip-path") is None and not is_axis(element):
            sample.append(element)
        else:
            found.append(entries)
            entries, sample = [], []
    return [*found, entries]


def is_axis(path):
    return (attribute(path, "stroke"), attribute(path, "stroke-width")) == ("currentColor", "0.8")


def all_legends(site):
    """The keys of every legend of the site, each with the address of its figure."""
    for path in sorted(site.rglob("index.html")):
        for figure in html.parse(str(path)).getroot().xpath("//figure[@class='plot']"):
            name = f"{path.parent.relative_to(site).as_posix()}/#{figure.get('id')}"
            yield from ((name, entries) for entries in legends(figure.xpath(".//svg")[0]))


def test_lines_of_a_legend_differ_by_more_than_a_color_that_not_everybody_sees(site, colors):
    count, alike = 0, {}
    for name, entries in all_legends(site):
        count += len(entries)
        for (one, look, text), (two, other, words) in itertools.combinations(entries, 2):
            if look != other or one == two:
                continue
            least = min(
                difference(*(palette.get(color, linear("#808080")) for color in (one, two)), matrix)
                for palette in colors.values()
                for matrix in SIGHT.values()
            )
            if least < LEAST:
                alike.setdefault(name, []).append(f"{text} and {words} ({least:.1f})")
    assert count > 150
    assert not alike


def test_a_brick_has_its_own_color_and_label_in_every_legend(site):
    known = {}
    for name, (color, _, label) in LOOKS.items():
        expected = f"var(--plot-{PALETTE.index(color) + 1})", label
        known |= {name: expected, label.lower(): expected}
    count, wrong = 0, []
    for figure, entries in all_legends(site):
        for color, _, text in entries:
            expected = known.get(text.lower().removesuffix("(x)"))
            count += expected is not None
            if expected not in (None, (color, text)):
                wrong.append((figure, color, text))
    assert count > 50
    assert not wrong


def test_every_line_has_a_color_that_both_palettes_show(site, colors):
    """A line is of the palette, of ink, of gray, or black upon a colored map."""
    strokes = set()
    for path in sorted(site.rglob("index.html")):
        for svg in html.parse(str(path)).getroot().xpath("//figure[@class='plot']//svg[not(.//image)]"):
            for line in svg.xpath(".//path[not(ancestor::defs)]"):
                if attribute(line, "fill") == "none" and (stroke := attribute(line, "stroke")):
                    strokes.add((re.sub(r",#\w+\)", ")", stroke), path.parent.relative_to(site).as_posix()))
    assert len(strokes) > 100
    for stroke, page in sorted(strokes):
        for scheme, palette in colors.items():
            if stroke == "#000000":
                continue
            if stroke.startswith("#"):
                assert contrast(linear(stroke), palette["paper"]) >= 3, f"{page}, {scheme}: {stroke}"
            else:
                assert stroke in palette or stroke == "none", f"{page}: {stroke}"


def test_what_is_left_of_a_drawing_looks_like_all_of_it(browser, monkeypatch):
    """Markers, hatches, pictures, formulas, turned and clipped things, before and after `shrink`, pixel by pixel."""
    drawings = {}

    def keep(drawing, prefix):
        drawings["before"], drawings["after"] = drawing.decode(), shrink(drawing, prefix)
        return drawings["after"]

    monkeypatch.setattr("hooks.engine.svg.shrink", keep)
    monkeypatch.setattr("hooks.engine.svg.SIZE_LIMIT", 10**6)
    with mpl.rc_context({"svg.fonttype": "none"}):
        render(every_kind(), "kinds")
    assert len(drawings["after"]) < len(drawings["before"]) / 2
    seen = []
    page = browser.new_page(viewport={"width": 900, "height": 700})
    for name in ("before", "after"):
        drawn = re.sub(r' (width|height)="[\d.]+pt"', "", drawings[name][drawings[name].index("<svg") :])
        page.set_content(
            "<style>* {margin: 0} body {color: #1b1b1b} svg {width: 900px} text {visibility: hidden}</style>"
            + drawn
        )  # letters jump by a pixel where they move by a hundredth
        picture = page.locator("svg").screenshot()
        seen.append(np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"), dtype=int))
    page.close()
    texts = [re.findall(r"<(?:text|tspan)\b[^>]*>\s*([^<]*\S)\s*<", drawing) for drawing in drawings.values()]
    assert texts[0] == texts[1] and len(texts[0]) > 50
    assert seen[0].shape == seen[1].shape and seen[0].std() > 20
    apart = np.abs(seen[0] - seen[1]).max(axis=2)
    assert (apart > 60).mean() < 2e-4, f"{(apart > 60).sum()} pixels of {apart.size} differ"


def every_kind():
    figure = Figure(figsize=(9, 7), layout="constrained")
    axes = figure.subplots(3, 3).ravel()
    angle = np.linspace(0, 2 * np.pi, 40)
    for alpha, marker, panel in ((1, "o", axes[0]), (0.4, "^", axes[1])):
        panel.scatter(np.cos(angle), np.sin(3 * angle), c=angle, marker=marker, alpha=alpha, s=60)
        panel.plot(np.cos(angle), np.sin(angle), marker + "--", alpha=alpha)
    axes[2].bar([1, 2], [3, 2], hatch="//", edgecolor="#d55e00", facecolor="none")
    axes[2].step([0, 1, 2], [1, 2, 0], "+-", label="a step")
    axes[2].legend()
    picture = axes[3].imshow(np.outer(angle, np.cos(angle)))
    figure.colorbar(picture)
    axes[4].text(0.2, 0.2, r"$\frac{\alpha^2}{\sqrt{1 - x}}$", fontsize=18, rotation=30)
    axes[4].set_ylabel(r"turned $x_1$")
    (line,) = axes[5].plot(angle, np.sin(9 * angle), lw=3)
    line.set_clip_path(Circle((3, 0), 1, transform=axes[5].transData))
    axes[6].tripcolor([0, 1, 0.5], [0, 0, 1], [0, 1, 2], shading="gouraud")
    axes[7].contourf(np.outer(np.sin(angle[::4]), np.cos(angle[::4])), hatches=["", "..", "xx"])
    axes[8].errorbar([1, 2, 3], [1, 3, 2], yerr=0.4, capsize=4, fmt="s")
    axes[8].annotate("here", (2, 3), (1, 2), arrowprops={"arrowstyle": "->"}, color="#0072b2")
    return figure
