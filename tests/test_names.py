"""One name serves a brick everywhere: library, page, snippet, test."""

import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

from lego.activations import ACTIVATIONS
from tests.conftest import ROOT

SNIPPETS = sorted(
    path.relative_to(ROOT / "snippets").with_suffix("").as_posix()
    for path in (ROOT / "snippets").rglob("*.py")
)
PAGES = sorted(
    path.relative_to(ROOT / "docs").with_suffix("").as_posix() for path in (ROOT / "docs").rglob("*.md")
)
LABS = sorted(path.stem for path in (ROOT / "docs" / "labs").glob("*.py"))


@pytest.mark.parametrize("name", SNIPPETS)
def test_a_snippet_is_named_after_the_page_that_shows_it(name):
    owners = [page for page in PAGES if name == page or name.startswith(f"{page}_")]
    assert owners, f"snippets/{name}.py must be called after a page of docs/"
    page = max(owners, key=len)
    assert f'--8<-- "{name}.py"' in (ROOT / "docs" / f"{page}.md").read_text()


@pytest.mark.parametrize("name", SNIPPETS)
def test_a_snippet_has_a_test_of_its_finding(name):
    folder, _, stem = name.rpartition("/")
    test = ROOT / "tests" / "snippets" / folder / f"test_{stem}.py"
    assert f'run_snippet("{name}")' in test.read_text()


LONGER = {  # pictures of many cases, each a line of its own
    "activations/search_table_ranks": 50,
    "regularization/comparison": 53,
    "tips/curves": 58,
    "tips/doctor": 73,
}


@pytest.mark.parametrize("name", SNIPPETS)
def test_a_snippet_is_what_a_reader_can_paste(name):
    source = (ROOT / "snippets" / f"{name}.py").read_text()
    assert re.match(r'"""[A-Z].*\."""\n', source), "the first line is its finding, a sentence"
    limit = LONGER.get(name, 44)
    assert len(source.splitlines()) <= limit and max(map(len, source.splitlines())) <= 80
    assert source.endswith("plt.show()\n") and "__main__" not in source and "sys.path" not in source


@pytest.mark.parametrize("name", LABS)
def test_a_lab_has_a_test(name):
    assert (ROOT / "tests" / "labs" / f"test_{name}.py").is_file()


def test_tests_of_deleted_snippets_go():
    tests = {
        path.relative_to(ROOT / "tests" / "snippets")
        for path in (ROOT / "tests" / "snippets").rglob("test_*.py")
    }
    assert tests == {Path(name).with_name(f"test_{Path(name).name}.py") for name in SNIPPETS}


TOPICS = {
    "index",
    "zero_centering",
    "cost",
    "dying_relu",
    "search",
    "search_table",
    "acon",
    "gated",
    "choice",
    "explorer",
}


def test_pages_of_activations_are_bricks_or_topics():
    pages = {Path(page).name for page in PAGES if page.startswith("activations/")}
    assert pages <= set(ACTIVATIONS) | TOPICS and pages >= TOPICS
    families = {"leaky_relu": "prelu", "swish": "silu", "acon": "acon_c", "gated": "relu_squared"}
    assert set(families) <= pages


@pytest.mark.parametrize("module", sorted(path.stem for path in (ROOT / "lego").glob("[a-z]*.py")))
def test_every_module_has_its_page_of_the_reference(module):
    assert f"::: lego.{module}\n" in (ROOT / "docs" / "reference" / f"{module}.md").read_text()
    assert f"({module}.md)" in (ROOT / "docs" / "reference" / "index.md").read_text()


def test_every_page_and_lab_is_in_the_navigation():
    nav = (ROOT / "mkdocs.yml").read_text().partition("\nnav:")[2]
    for name in [f"{page}.md" for page in PAGES] + [f"labs/{lab}.py" for lab in LABS]:
        assert f": {name}\n" in nav or f"- {name}\n" in nav


def test_every_module_of_the_library_has_a_test_file():
    modules = {path.stem for path in (ROOT / "lego").glob("*.py")} - {"__init__"}
    assert modules <= {path.stem.removeprefix("test_") for path in (ROOT / "tests").glob("test_*.py")}


def test_the_table_of_activations_holds_the_facts_of_today():
    from benchmarks.bricks import fact_row

    rows = (ROOT / "benchmarks" / "results" / "activations.md").read_text().splitlines()[2:]
    assert len(rows) == len(ACTIVATIONS)
    for row, name in zip(rows, ACTIVATIONS, strict=True):
        cells = row.split(" | ")
        assert row == fact_row(name, cells[6], cells[7]), "run make bench-bricks"


@pytest.mark.parametrize(
    ("source", "brief"),
    [
        ("Rumelhart, Hinton & Williams (1986), doi:10.1/a_b", "[Rumelhart et al.](https://doi.org/10.1/a_b)"),
        ("He et al. (2015), arXiv:1502.01852, equation 1", "[He et al.](https://arxiv.org/abs/1502.01852)"),
        ('Nair & Hinton (2010), "Rectified linear units"', "Nair & Hinton"),
        ("Misra (2019), arXiv:1908.08681", "[Misra](https://arxiv.org/abs/1908.08681)"),
    ],
)
def test_a_source_in_brief_credits_all_authors(source, brief):
    from benchmarks.bricks import in_brief

    assert in_brief(source) == brief


def test_no_folder_of_tests_is_called_what_pytest_skips(pytestconfig):
    """It passes over `build`, for one, without a word."""
    files = [path.relative_to(ROOT) for path in (ROOT / "tests").rglob("test_*.py")]
    folders = {folder for file in files for folder in file.parent.parts}
    for pattern in pytestconfig.getini("norecursedirs"):
        assert not [folder for folder in folders if fnmatch(folder, pattern)], pattern
