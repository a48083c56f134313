"""What snippets and blocks of code showed when the prose beside them was written.

`python -m tests.record` writes it anew; look at its difference, and at that prose. Of a block every number is kept, for
it has no test of its own. Of a snippet only words, how far along x its lines reach, and what it says of the look of
its figures: their size, where axes end, ticks, places of texts and legends. Its test asserts its finding.
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


def find_all():
    """The source of every block by its page and number."""
    return {
        f"{page}#{number}": block
        for page in PAGES
        for number, block in enumerate(find_blocks((ROOT / page).read_text()))
    }


def words(text):
    """A text without its numbers, however many stand in a row."""
    text = " ".join(NUMBER.sub("#", ADDRESS.sub("0", text)).split()).replace("[ ", "[")
    return re.sub("#(,? #)+", "#", text)


def numbers(text):
    """The numbers of a text."""
    return [float(number.replace(",", "")) for number in NUMBER.findall(ADDRESS.sub("0", text))]


def describe(figures):
    """The size of some figures; of their axes the words, what was set of them, where lines reach along x, and levels."""
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
        found.append(" | ".join(words(label) for label in labels))
        found += describe_set(axes, legend)
        parts = [len(part) for part in (axes.lines, axes.collections, axes.patches, axes.images)]
        found.append("{} lines, {} collections, {} patches, {} images".format(*parts))
        for line in axes.lines:
            x = np.asarray(line.get_xdata())
            ends = (
                f"from {np.nanmin(x):.3g} to {np.nanmax(x):.3g}" if x.size and x.dtype.kind in "iuf" else ""
            )
            y = np.asarray(line.get_ydata())
            level = f" at {y[0]:.3g}" if y.size == 2 and y.dtype.kind in "iuf" and y[0] == y[1] else ""
            found.append(f"{x.size} points {ends}".strip() + level)
    return found


def describe_set(axes, legend):
    """Where a script said that axes end, have ticks, and where it put texts and a legend; of a colorbar, where it ends."""
    for name, axis in (("x", axes.xaxis), ("y", axes.yaxis)):
        if not getattr(axes, f"get_autoscale{name}_on")():
            yield "{} between {:.4g} and {:.4g}".format(name, *axis.get_view_interval())
        if isinstance(axis.get_major_locator(), FixedLocator):
            yield f"{name} ticks at {', '.join(f'{place:.4g}' for place in axis.get_majorticklocs())}"
    for text in axes.texts:
        yield "text at {:.4g}, {:.4g}".format(*text.get_position())
    if legend:
        anchor = legend.get_bbox_to_anchor().transformed(axes.transAxes.inverted())
        yield f"legend at {legend._loc}, {anchor.x0:.4g}, {anchor.y0:.4g}"


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
    return found, {"text": [words(line) for line in printed.getvalue().split("\n")], "drawn": describe(drawn)}


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
    """Whether what a snippet shows is what is written down."""
    record = json.loads((ROOT / RECORD).read_text())[place]
    assert shown["text"] == record["text"], "the words that it prints"
    assert [words(line) for line in shown["drawn"]] == [words(line) for line in record["drawn"]], (
        "what it draws"
    )
    for one, two in zip(shown["drawn"], record["drawn"], strict=True):
        near = 1e-3 if " ticks at " in two else 0.05
        assert numbers(one) == pytest.approx(numbers(two), rel=near, abs=near), (one, two)


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
