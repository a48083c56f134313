"""Every block of code on the built site is a file that has its test, or runs as a reader copies it."""

import os
import re
import subprocess
import sys

import pytest
from lxml import html

from tests.conftest import ROOT

PAGES = sorted(path.relative_to(ROOT / "docs").with_suffix("") for path in (ROOT / "docs").rglob("*.md"))
SOURCES = {path.read_text().rstrip("\n") for path in (ROOT / "snippets").rglob("*.py")}


def page_path(page):
    return page.parent if page.name == "index" else page


def html_blocks(site, page):
    """The Python blocks of a page, as the copy button gives them."""
    tree = html.parse(str(site / page_path(page) / "index.html"))
    return [
        block.text_content().rstrip("\n")
        for block in tree.xpath("//div[contains(@class, 'language-python')]//code")
        if "doc-signature" not in block.xpath("ancestor::div/@class")[-1]
    ]


def twin_blocks(site, page):
    text = (site / page_path(page) / "index.md").read_text()
    return [
        block.rstrip("\n") for block in re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    ]


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_twin_and_page_hold_the_same_blocks(site, page):
    assert twin_blocks(site, page) == html_blocks(site, page)


def test_every_snippet_stands_on_the_site_byte_for_byte(site):
    shown = {block for page in PAGES for block in html_blocks(site, page)}
    assert shown >= SOURCES


def test_blocks_of_a_language_are_all_recognized(site):
    for page in PAGES:
        tree = html.parse(str(site / page_path(page) / "index.html"))
        for block in tree.xpath("//pre[code]"):
            assert "language-" in (block.getparent().get("class") or ""), html.tostring(block)[:200]


def test_jupytext_reads_each_script_as_the_notebook_beside_it(site):
    import jupytext

    def cells(path):
        found = jupytext.read(path).cells
        for cell in found:
            cell.metadata.pop("lines_to_next_cell", None)  # it would have one line more after a function
        return [(cell.cell_type, cell.source, dict(cell.metadata)) for cell in found]

    notebooks = list(site.rglob("*.ipynb"))
    assert len(notebooks) > 50
    for notebook in notebooks:
        assert cells(notebook.with_suffix(".py")) == cells(notebook), notebook


def test_labs_show_their_cells(site):
    import jupytext

    for lab in (ROOT / "docs" / "labs").glob("*.py"):
        cells = [cell.source for cell in jupytext.read(lab).cells if cell.cell_type == "code"]
        assert html_blocks(site, lab.relative_to(ROOT / "docs").with_suffix("")) == cells


@pytest.mark.timeout(1200)  # all of them took 270 seconds where two slow cores share the suite
@pytest.mark.parametrize("known", [SOURCES, pytest.param(set(), marks=pytest.mark.slow)], ids=["new", "all"])
def test_every_block_runs_through_pytest_codeblocks(site, tmp_path, known):
    """Blocks of all twins and of the README: as many are collected as the pages hold, and each one passes.

    One that is a snippet's file, byte for byte, has run when the site was built and runs in the test of its finding.
    """
    expected = 0
    for page in PAGES:
        blocks = html_blocks(site, page)
        text = (site / page_path(page) / "index.md").read_text()
        for block in known.intersection(blocks):
            text = text.replace(f"```python\n{block}\n```", "")
        blocks = [block for block in blocks if block not in known]
        if blocks:
            target = tmp_path / f"{'_'.join(page.parts)}.md"
            target.write_text(text)
            expected += len(blocks)
    readme = (ROOT / "README.md").read_text()
    (tmp_path / "README.md").write_text(readme)
    expected += len(re.findall(r"^```python$", readme, re.MULTILINE))
    # blocks share a process: what one leaves open, seeds or writes must not reach the next; they take no fixtures
    (tmp_path / "conftest.py").write_text(
        "import os, tempfile\n\nimport matplotlib.pyplot as plt, torch\n\n\n"
        "def pytest_runtest_setup(item):\n"
        f"    os.chdir(tempfile.mkdtemp(dir={str(tmp_path)!r}))\n    plt.close('all')\n    torch.manual_seed(0)\n"
    )
    environment = os.environ | {"MPLBACKEND": "agg", "OMP_NUM_THREADS": "1"}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--codeblocks",
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(tmp_path),
    ]
    result = subprocess.run(
        [*command, str(tmp_path)], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert f"{expected} passed" in result.stdout, result.stdout[-4000:]
    assert result.returncode == 0 and expected > 140
