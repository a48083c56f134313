"""What snippets and blocks of code showed when the prose beside them was written.

`python -m tests.record` writes it anew; look at its difference, and at that prose. A block has no test of its own. Of a
snippet, whose test asserts its finding, what its figures hold is kept too: how many points each line has and how far it
reaches, and what it says of their look, such as where axes end, ticks, places of texts and legends.
"""

import contextlib
import io
import json
import re
import runpy
import sys
import tempfile
import textwrap
from pathlib import Path

import numpy as np
import pytest
from matplotlib.ticker import FixedLocator

ROOT = Path(__file__).resolve().parents[1]
RECORD = "tests/record.json"
PAGES = [
    *(path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "docs").rglob("*.md"))),
    "README.md",
]
BLOCK = re.compile(r"^( *)```python[^\n]*\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
NUMBER = re.compile(r"[-+]?\d+(?:,\d{3})*(?:\.\d*)?(?:e[-+]?\d+)?|\b(?:nan|inf)\b")
ADDRESS = re.compile(r"0x[0-9a-f]+")


def find_blocks(page):
    """The blocks that a page writes out, in order; one that it includes is a snippet."""
    return [textwrap.dedent(block) for _, block in BLOCK.findall(page) if "--8<--" not in block]


def find_all(root=ROOT):
    """The source of every block by its page and number."""
    return {
        f"{page}#{number}": block
        for page in PAGES
        for number, block in enumerate(find_blocks((root / page).read_text()))
    }


def words(text):
    """A text without its numbers, however many stand in a row."""
    text = " ".join(NUMBER.sub("#", ADDRESS.sub("0", text)).split()).replace("[ ", "[")
    return re.sub("#(,? #)+", "#", text)


def numbers(text):
    """The numbers of a text."""
    return [float(number.replace(",", "")) for number in NUMBER.findall(ADDRESS.sub("0", text))]


def describe(figures):
    """The size of some figures; of their axes the words, what was set of them, and how far what they hold reaches."""
    found = ["{:g} x {:g} inches".format(*figure.get_size_inches()) for figure in figures]
    for axes in (axes for figure in figures for axes in figure.axes):
        legend = axes.get_legend()
        labels = [
            axes.get_title(),
            axes.get_xlabel(),
            axes.get_ylabel(),
            axes.get_xscale(),
            axes.get_yscale(),
        ]
        labels += [text.get_text() for text in [*axes.texts, *(legend.get_texts() if legend else ())]]
        found.append(" | ".join(" ".join(label.split()) for label in labels))
        found += describe_set(axes, legend)
        parts = [len(part) for part in (axes.lines, axes.collections, axes.patches, axes.images)]
        found.append("{} lines, {} collections, {} patches, {} images".format(*parts))
        for line in axes.lines:
            x, y = np.asarray(line.get_xdata()), np.asarray(line.get_ydata())
            found.append(f"{x.size} points {ends(x, 'linear')}".strip())
            if hasattr(line, "get_xy1"):  # a line without ends
                found.append("through {:.3g}, {:.3g}".format(*line.get_xy1()))
            found.append(f"up {ends(y, axes.get_yscale())}".strip())
        for collection in axes.collections:
            paths = [path.vertices for path in collection.get_paths() if len(path.vertices)]
            places = (
                collection.get_offsets()
                if len(collection.get_offsets()) > 1
                else np.concatenate(paths or [[[]]])
            )
            found.append(f"{len(places)} places {box(places, axes)}")
        shapes = [
            patch.get_patch_transform().transform_path(patch.get_path()).vertices for patch in axes.patches
        ]
        if shapes:
            places = np.concatenate(shapes)
            found.append(f"patches of {len(places)} places {box(places, axes)}")
        found += ["image of {} x {}".format(*image.get_array().shape[:2]) for image in axes.images]
    return found


def box(places, axes):
    """How far some places reach along x and y."""
    places = np.ma.filled(np.ma.asarray(places, dtype=float), np.nan).reshape(-1, 2)
    return f"{ends(places[:, 0], axes.get_xscale())} up {ends(places[:, 1], axes.get_yscale())}"


def ends(values, scale):
    """The smallest and the largest of some numbers; on a logarithmic axis, their logarithms."""
    if values.dtype.kind not in "iuf":  # categories
        return ", ".join(map(str, values))
    with np.errstate(all="ignore"):
        values = np.log10(values) if scale == "log" else values
    values = values[np.isfinite(values)]
    power = "10^ " if scale == "log" else ""
    return f"from {power}{values.min():.3g} to {power}{values.max():.3g}" if values.size else "nowhere"


def describe_set(axes, legend):
    """Where a script said that axes end, have ticks, and where it put texts and a legend; of a colorbar, where it ends."""
    if axes.get_aspect() != "auto":
        yield f"aspect {axes.get_aspect():g}"
    for name, axis in (("x", axes.xaxis), ("y", axes.yaxis)):
        if not getattr(axes, f"get_autoscale{name}_on")():
            margin = axes.get_xmargin() if name == "x" else axes.get_ymargin()
            yield f"{name} between {' and '.join(limits(axis, margin))}"
        if isinstance(axis.get_major_locator(), FixedLocator):
            yield f"{name} ticks at {', '.join(f'{place:.4g}' for place in axis.get_majorticklocs())}"
    for text in axes.texts:
        yield "text at {:.4g}, {:.4g}".format(*text.get_position())
    if legend:
        anchor = legend.get_bbox_to_anchor().transformed(axes.transAxes.inverted())
        yield f"legend at {legend._loc}, {anchor.x0:.4g}, {anchor.y0:.4g}"


def limits(axis, margin):
    """Where an axis ends: a number, or where its data end, which a script leaves to them for one end of the two."""
    place = axis.get_transform().transform
    low, high = place(axis.get_data_interval())
    around = margin * (high - low)
    for end, natural in zip(axis.get_view_interval(), (low - around, high + around), strict=True):
        if np.isclose(place(end), natural):
            yield "its data"
        else:
            yield f"10^ {np.log10(end):.3g}" if axis.get_scale() == "log" else f"{end:.4g}"


class Both(io.StringIO):
    """Keeps what is printed, and passes it on."""

    def __init__(self, other):
        super().__init__()
        self.other = other

    def write(self, text):
        self.other.write(text)
        return super().write(text)


def run_snippet(name):
    """A snippet's variables, and what it prints and draws."""
    import matplotlib.pyplot as plt

    before = set(plt.get_fignums())
    printed = Both(sys.stdout)
    with contextlib.redirect_stdout(printed):
        found = runpy.run_path(str(ROOT / "snippets" / f"{name}.py"), run_name="__main__")
    drawn = [plt.figure(number) for number in plt.get_fignums() if number not in before]
    return found, {"text": printed.getvalue().split("\n"), "drawn": describe(drawn)}


def run_block(block):
    """What a block prints, in a fresh namespace."""
    import matplotlib.pyplot as plt
    import torch

    torch.manual_seed(0)
    plt.close("all")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(block, "block", "exec"), {"__name__": "__main__"})
    return printed.getvalue().split("\n")


def check(place, shown):
    """Whether what a snippet shows is what is written down, as far as processors agree."""
    record = json.loads((ROOT / RECORD).read_text())[place]
    for kind, told in {"text": "what it prints", "drawn": "what it draws"}.items():
        assert list(map(words, shown[kind])) == list(map(words, record[kind])), told
        for one, two in zip(shown[kind], record[kind], strict=True):
            for number, known, near in zip(numbers(one), numbers(two), tolerances(two, kind), strict=True):
                assert number == pytest.approx(known, **near, nan_ok=True), f"{told}: {one}, was: {two}"


def tolerances(line, kind):
    """How near each number of a line must come: training adds up what processors round otherwise."""
    for match in NUMBER.finditer(ADDRESS.sub("0", line)):
        before = line[: match.start()]
        if "e" in match[0] and (kind == "text" or " | " in line):
            yield {"rel": 1.0, "abs": 1e-6}
        elif kind == "text" or " | " in line:  # a count or an accuracy may lie beside another one
            decimals = len(match[0].partition(".")[2])
            yield {"rel": 0.4, "abs": {0: 1, 2: 0.1}.get(decimals, 1e-6)}
        elif re.match(r" (?:points|places|lines|collections|patches|images)\b", line[match.end() :]):
            yield {"rel": 0, "abs": 0}
        elif " ticks at " in line:
            yield {"rel": 1e-3, "abs": 1e-3}
        elif before.endswith("10^ "):
            yield {"rel": 0, "abs": 0.1 if " between " in line else 2.0}
        elif " points " in before:
            yield {"rel": 0.05, "abs": 1e-3}
        elif "up " in before:
            yield {"rel": 0.4, "abs": 0.1}
        elif line.startswith("y between "):
            yield {"rel": 0.15, "abs": 0.05}
        else:
            yield {"rel": 0.05, "abs": 0.05}


def write():
    """Run everything and write the record."""
    import matplotlib.pyplot as plt

    plt.show = lambda: None
    found = {}
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for place, block in find_all().items():
            found[place] = run_block(block)
        for path in sorted((ROOT / "snippets").rglob("*.py")):
            plt.close("all")
            place = path.relative_to(ROOT).as_posix()
            found[place] = run_snippet(place.removeprefix("snippets/").removesuffix(".py"))[1]
    (ROOT / RECORD).write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    write()
