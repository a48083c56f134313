"""What the blocks of code that are written in pages print, against a record of it: the prose was written from that.

`python -m tests.test_printed` writes the record anew; look at its difference, and at the prose beside each block.
"""

import contextlib
import io
import json
import re
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
RECORD = "tests/printed.json"
PAGES = [
    *(path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "docs").rglob("*.md"))),
    "README.md",
]
BLOCK = re.compile(r"^( *)```python[^\n]*\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
NUMBER = re.compile(r"-?\d+(?:\.\d*)?(?:e[-+]?\d+)?")


def find_blocks(page):
    """The blocks that a page writes out, in order; one that it includes is a snippet."""
    return [textwrap.dedent(block) for _, block in BLOCK.findall(page) if "--8<--" not in block]


def find_all():
    return {
        f"{page}#{number}": block
        for page in PAGES
        for number, block in enumerate(find_blocks((ROOT / page).read_text()))
    }


BLOCKS = find_all()


def run(block, folder):
    """What a block prints, in a fresh namespace and a folder of its own."""
    import matplotlib.pyplot as plt
    import torch

    torch.manual_seed(0)
    plt.close("all")
    printed = io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stdout(printed):
        exec(compile(block, "block", "exec"), {"__name__": "__main__"})
    return printed.getvalue()


def test_every_block_has_a_record():
    assert set(json.loads((ROOT / RECORD).read_text())) == set(BLOCKS)


@pytest.mark.parametrize("place", BLOCKS)
def test_a_block_prints_what_it_printed(place, tmp_path):
    printed, record = run(BLOCKS[place], tmp_path), "\n".join(json.loads((ROOT / RECORD).read_text())[place])
    words = [" ".join(NUMBER.sub("#", text).split()) for text in (printed, record)]
    assert words[0] == words[1], printed
    numbers = [[float(number) for number in NUMBER.findall(text)] for text in (printed, record)]
    trains = re.search(
        r"\bfit\(|\.step\(", BLOCKS[place]
    )  # another processor rounds otherwise, and that adds up
    assert numbers[0] == pytest.approx(numbers[1], rel=0.2 if trains else 0.01, abs=1e-6), printed


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        printed = {place: run(block, folder).split("\n") for place, block in BLOCKS.items()}
    (ROOT / RECORD).write_text(json.dumps(printed, indent=1, ensure_ascii=False) + "\n")
    sys.exit()
