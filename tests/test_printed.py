"""What the blocks of code that are written in pages print, against a record of it: the prose was written from that."""

import json
import re

import pytest

from hooks.pages import find_uses
from tests.record import PAGES, RECORD, ROOT, find_all, numbers, run_block, words

BLOCKS = find_all()


def test_every_block_and_snippet_has_a_record():
    snippets = {path.relative_to(ROOT).as_posix() for path in (ROOT / "snippets").rglob("*.py")}
    assert set(json.loads((ROOT / RECORD).read_text())) == {*BLOCKS, *snippets}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_what_its_snippets_print(page):
    record = json.loads((ROOT / RECORD).read_text())
    uses = list(find_uses((ROOT / page).read_text(), page, lambda uri: False))
    printing = {use.script for use in uses if use.kind == "code" and any(record[use.script]["text"])}
    assert printing - {use.script for use in uses if use.kind == "text"} == set()


@pytest.mark.parametrize("place", BLOCKS)
def test_a_block_prints_what_it_printed(place, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    printed = "\n".join(run_block(BLOCKS[place]))
    record = "\n".join(json.loads((ROOT / RECORD).read_text())[place])
    assert words(printed) == words(record), printed
    trains = re.search(
        r"\bfit\(|\.step\(", BLOCKS[place]
    )  # another processor rounds otherwise, and that adds up
    close = pytest.approx(numbers(record), rel=0.2 if trains else 1e-3, abs=1e-6, nan_ok=True)
    assert numbers(printed) == close, printed


def test_with_clean_labels_and_800_examples_the_same_l2_costs_accuracy():
    """More exactly than a block that trains is compared above."""
    *lines, _ = run_block(BLOCKS["docs/regularization/comparison.md#0"])
    accuracies = [float(line.split()[1]) for line in lines]
    assert accuracies == sorted(accuracies, reverse=True)
    assert 0.01 < accuracies[0] - accuracies[-1] < 0.04
