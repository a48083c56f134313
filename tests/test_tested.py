"""Counting what a site holds, the date of a build, and the audit's tables."""

import importlib.metadata
import json
import os
import re
import statistics
import subprocess
import sys

import pytest

from hooks import tested
from tests.conftest import ROOT, mkdocs

PAGE = """<h2 id="there">x</h2><figure class="plot" id="figure-a"></figure>
<figure class="plot" data-explorer="b"></figure><math></math>
<div class="language-python highlight"><pre><code>a</code></pre></div>
<div class="language-python doc-signature highlight"><pre><code>f()</code></pre></div>
<a class="x" href="../">up</a> <a href="#there">here</a> <a href="https://example.org/a#b">away</a>
<script>"<a href='nowhere/'>"</script><a href="mailto:x@y">m</a>"""


def test_what_is_counted(tmp_path):
    for folder in ("a", "labs/b"):
        (tmp_path / folder).mkdir(parents=True)
    for name, text in {
        "index.html": "<p id='top'>home",
        "a/index.html": PAGE,
        "labs/b/index.html": '<div class="language-python highlight">' * 3,
        "404.html": "<a href='/x'>",
    }.items():
        (tmp_path / name).write_text(text)
    found = tested.count(tmp_path, tmp_path, tested.read(tmp_path))
    assert {name: number for name, number in found.items() if number} == {
        "pages": 3,
        "labs": 1,
        "cells": 3,
        "figures": 2,
        "explorers": 1,
        "formulas": 1,
        "blocks": 1,
        "links": 2,
        "elsewhere": 1,
    }


def test_names_become_numbers_and_an_unknown_one_is_refused():
    assert (
        tested.fill("%links% of 100%, %date%", {"links": 12345, "date": "2026-01-02"})
        == "12,345 of 100%, 2026-01-02"
    )
    with pytest.raises(ValueError, match="got %figure%; the nearest is %figures%"):
        tested.fill("%figure%", {"figures": 1, "pages": 2})


def test_the_date_is_the_one_that_is_set_and_a_wrong_name_fails_the_build(project):
    page = project / "docs" / "tested.md"
    page.write_text("# What is tested\n\n%pages% pages, %snippets% snippet, %figures% figure, on %date%.\n")
    result = mkdocs("build", "--strict", cwd=project, env={"SOURCE_DATE_EPOCH": "86400"})
    assert result.returncode == 0, result.stderr
    for name in (
        "tested/index.html",
        "tested/index.md",
        "search/search_index.json",
        "search/search_index.js",
    ):
        assert "3 pages, 1 snippet, 1 figure, on 1970-01-02." in (project / "site" / name).read_text(), name
    page.write_text("# What is tested\n\n%figure%\n")
    result = mkdocs("build", "--strict", cwd=project)
    assert result.returncode != 0 and "docs/tested.md: %name% must be a number of the build" in result.stderr


def test_an_audit_becomes_the_worst_the_median_and_a_row_a_page():
    from benchmarks.audit import markdown

    good = {
        "date": "2026-01-03",
        "performance": 98,
        "html": [],
        "kb": 80.5,
        "overflow": 0,
        "contrast_dark": None,
    }
    bad = {
        "date": "2026-01-02",
        "performance": 91,
        "html": ["Duplicate ID"],
        "kb": 120,
        "overflow": 0,
        "contrast_dark": 6.1,
    }
    common = {"versions": {"axe-core": "4.1"}, "runs": 3, "scored": "2026-01-01"}
    text = markdown({"": good | common, "a/": bad | common})
    assert text.startswith(
        "2 pages, 2026-01-02 to 2026-01-03, with axe-core 4.1; Lighthouse: medians of 3, 2026-01-01.\n"
    )
    for row in (
        "| Performance | 91 | 94.5 | a/ |",
        "| HTML errors | 1 | 0.5 | a/ |",
        "| KB | 120 | 100.25 | a/ |",
        "| Overflow, px | 0 | 0 | every page |",
        "| Contrast, dark | 6.1 | 6.1 | every page |",
        "| home | 98 | 0 | 80.5 | 0 | – |",
        "| a/ | 91 | 1 | 120 | 0 | 6.1 |",
    ):
        assert row in text.split("\n"), row


@pytest.mark.parametrize("name", ["node", "java", "chromium"])
def test_a_missing_tool_of_the_audit_is_told_in_one_sentence(tmp_path, name):
    from benchmarks.audit import NEEDED

    for tool in set(NEEDED) - {name}:
        (tmp_path / tool).symlink_to("/bin/true")
    code = "from benchmarks import audit; audit.check_tools()"
    environment = os.environ | {"PATH": str(tmp_path)}
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert result.returncode == 1 and result.stderr.count("\n") == 1
    assert f"make audit needs {name}, which was not found" in result.stderr


def test_every_fault_names_tests_that_are_there():
    tests = "".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    table = (ROOT / "docs" / "broken.md").read_text().partition("## Faults")[2].partition("\n## ")[0]
    _, *rows = [line for line in table.splitlines() if line.startswith("| ")]
    assert len(rows) > 40 and all("<br>`test_" in row for row in rows)
    for name in re.findall(r"`(test_\w+)`", table):
        assert f"def {name}(" in tests, name


def test_rows_of_several_audits_name_all_their_tools_and_runs():
    from benchmarks.audit import markdown

    old = {"date": "2026-01-02", "performance": 98, "versions": {"axe-core": "4.1"}, "runs": 3}
    new = old | {"versions": {"axe-core": "4.2"}, "runs": 1, "scored": "2026-01-03"}
    old["scored"] = "2026-01-01"
    text = markdown({"": old, "a/": new})
    assert text.startswith(
        "2 pages, 2026-01-02, with axe-core 4.1 or 4.2; Lighthouse: medians of 1 or 3, 2026-01-01 to 2026-01-03.\n"
    )


@pytest.mark.parametrize("other", [{"kind": "1 s"}, {"cores": 8}, {"snippets": 25}])
def test_a_race_under_other_settings_gives_no_rows(tmp_path, other):
    from benchmarks.race import read_earlier

    settings = {"cores": 2, "snippets": 24, "kind": "0.5 s"}
    path = tmp_path / "race.json"
    versions = {"torch": importlib.metadata.version("torch")}
    path.write_text(json.dumps(settings | {"rows": {"lego": {}}, "versions": versions}))
    assert read_earlier(path, settings)["rows"] == {"lego": {}}
    assert read_earlier(path, settings | other)["rows"] == {}
    path.write_text(json.dumps(settings | {"rows": {"lego": {}}, "versions": {"torch": "1.0"}}))
    assert read_earlier(path, settings)["rows"] == {}


def test_rows_of_earlier_races_say_when_they_were_measured():
    from benchmarks.race import summary

    row = {"cold": [1.0, 1.0], "date": "2026-01-02", "rounds": 3}
    rows = {"lego": row | {"date": "2026-01-03", "rounds": 1}, "myst-nb": row, "markdown-exec": row}
    text = summary(
        {
            "rows": rows, "earlier": ["myst-nb", "markdown-exec"], "snippets": 2, "kind": "a", "cores": 2,
            "date": "2026-01-03", "rounds": 1, "versions": {}, "failed": {},
        }
    )  # fmt: skip
    assert "2026-01-03, 2 cores, one round" in text
    assert (
        "on 2026-01-02 (medians of 3, its loops adjusted to the same seconds): myst-nb; markdown-exec."
        in text
    )


def test_pairs_of_builds_are_compared_each_with_the_one_beside_it():
    from benchmarks.measure import Cost
    from benchmarks.pairs import Case, row

    costs = [
        [Cost(ours, 2.0), Cost(theirs, 1.0)] for ours, theirs in ((1, 2), (30, 20), (4, 4), (5, 4), (3, 4))
    ]
    assert (
        row(Case(24, 0.5, 1), costs).replace("\u00a0", " ")
        == "| 24, 0.5 s each | 1 | 5 | 1.00 × (0.75 to 1.25) | 2.00 × (2.00 to 2.00) |"
    )
    assert row(Case(None, 0, 2), costs).startswith("| the handbook's own | 2 |")


def test_pairs_tell_what_earlier_runs_found():
    from benchmarks.pairs import add_earlier, summary

    case = {"snippets": 24, "seconds": 0.5, "processors": 2}
    first = {"date": "2026-01-01", "pairs": [{**case, "costs": [[[3, 1], [2, 2]], [[5, 1], [2, 2]]]}]}
    second = {
        "date": "2026-01-02",
        "pairs": [{**case, "costs": [[[1, 1], [2, 2]], [[1, 1], [2, 2]]]}],
        "earlier": add_earlier(first),
    }
    assert add_earlier(second) == {"2026-01-01": [2.0], "2026-01-02": [0.5]}
    text = summary({**second, "tools": {"lego": "0.1.0"}})
    assert "| 24, 0.5 s each | 2 | 2 | 0.50\u00a0× (0.50 to 0.50) |" in text
    assert text.endswith("in earlier runs: 2026-01-01: 2.00.\n")
    assert "earlier" not in summary({**second, "tools": {}, "earlier": {}})


def test_what_the_page_says_of_pairs_is_what_was_measured():
    from benchmarks.pairs import summary

    results = json.loads((ROOT / "benchmarks" / "results" / "pairs.json").read_text())
    assert summary(results) == (ROOT / "benchmarks" / "results" / "pairs.md").read_text()
    assert list(results["earlier"].values())[-1][0] == pytest.approx(1.1, abs=0.02)
    found = {}
    for case in results["pairs"]:
        ratios = [[ours / theirs for ours, theirs in zip(*pair, strict=True)] for pair in case["costs"]]
        cpu, clock = (statistics.median(column) for column in zip(*ratios, strict=True))
        found[case["snippets"], case["processors"]] = cpu, clock
    assert found[None, 2][0] < 1 and found[None, 2][1] == pytest.approx(0.5, abs=0.1)
    assert found[24, 1][0] == pytest.approx(1, abs=0.02) and found[24, 2][0] == pytest.approx(1, abs=0.02)
    assert found[100, 2][0] > 1.05
    assert all(clock < 1 for (_, processors), (_, clock) in found.items() if processors == 2)


def test_an_edit_costs_less_than_the_floor_and_the_script_alone():
    race = json.loads((ROOT / "benchmarks" / "results" / "race_24.json").read_text())
    rows = race["rows"]
    floor, plain = rows["floor: nothing runs"], rows["plain Python, one by one"]
    assert rows["lego"]["date"] == floor["date"] == plain["date"]
    edited, low = rows["lego"]["one snippet edited"][0], floor["nothing changed"][0]
    assert edited < low + plain["cold"][0] / race["snippets"]
    assert edited > low + 0.5 + 0.5  # of which the loop takes the first half second


def test_a_pair_leaves_the_processors_as_they_were():
    from benchmarks.pairs import processors

    if not hasattr(os, "sched_getaffinity"):
        pytest.skip("this system does not say on which processors a process may run")
    before = os.sched_getaffinity(0)
    with pytest.raises(SystemExit), processors(1):
        assert len(os.sched_getaffinity(0)) == 1
        raise SystemExit
    assert os.sched_getaffinity(0) == before
