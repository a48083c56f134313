"""The runner of mutants, on a project of one function; the ways to break what a page shows."""

import html
import json
import os
import re
import subprocess
import sys
import tomllib

import pytest

from tests.conftest import ROOT

TOY = "def clamp(n: int | None) -> int:\n    while n > 3:\n        n -= 1\n    return n + 0\n"
TEST = "from lego.toy import clamp\n\n\ndef test_clamp():\n    assert clamp(5) == clamp(3) == 3\n"
VERDICTS = {"while n >= 3:": "caught", "n -= 0": "timeout", "return n - 0": "survived"}
RUN = """
import sys
from functools import partial
from pathlib import Path

import hypothesis, pytest, pytest_codeblocks

from benchmarks import forks, mutation

root = Path.cwd()
mutation.ROOT, mutation.STORE, mutation.LEAST = root, root / ".cache", 3.0
mutation.STORE.mkdir()
source = (root / "lego/toy.py").read_text()
changes = {mutation.change(mutant, source): mutant for mutant in mutation.mutants("lego/toy.py", source)}
assert len(changes) == 9, changes
found = [mutant for change, mutant in changes.items() if any(line in change for line in sys.argv[1:])]
copies = [forks.Copy(root, mutation.STORE / "copy")]
forks.spread(partial(mutation.judge, copies=copies), found, 1)
assert all(mutation.known()[mutant] for mutant in found)
"""


def test_a_change_is_caught_an_equal_one_survives_and_a_hang_counts_as_caught(tmp_path):
    pytest.importorskip("cosmic_ray", reason="it comes with make mutation")
    files = {"lego/__init__.py": "", "lego/toy.py": TOY, "tests/__init__.py": "", "tests/test_toy.py": TEST}
    files["tests/test_signatures.py"] = (
        "import lego.toy\n\n\ndef test_it_can_be_imported():\n    assert lego.toy\n"
    )
    for name, text in (files | {".gitignore": ".cache/\n"}).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    paths = [str(tmp_path), str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    command = [sys.executable, "-c", RUN, *VERDICTS]
    result = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=100
    )
    assert result.returncode == 0, result.stdout + result.stderr
    records = map(json.loads, (tmp_path / ".cache" / "mutants.jsonl").read_text().splitlines())
    found = {record["diff"][1].removeprefix("+").strip(): record["verdict"] for record in records}
    assert found == VERDICTS
    assert (tmp_path / "lego/toy.py").read_text() == TOY
    assert (tmp_path / ".cache/copy/lego/toy.py").read_text() == TOY


def test_a_job_that_ends_after_another_leaves_what_that_measured(tmp_path):
    code = """
import sys
from pathlib import Path
from benchmarks import forks

copy, result = object.__new__(forks.Copy), Path(sys.argv[1])
copy.folder = result.parent

def both(files, trace, limit, log):
    result.write_text("all")  # by the other job
    trace.result.write_text("all")
    return 0

copy.test = both
copy.measure([], [], 1, result)
assert result.read_text() == "all", result.read_text()
assert list(result.parent.iterdir()) == [result]
"""
    command = [sys.executable, "-c", code, str(tmp_path / "tests.jsonl")]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


def test_a_job_that_fails_leaves_what_another_measures(tmp_path):
    code = """
import sys
from pathlib import Path
from benchmarks import forks

result = Path(sys.argv[1])
one, two = object.__new__(forks.Copy), object.__new__(forks.Copy)
one.folder, two.folder = result.parent / "one", result.parent / "two"
one.folder.mkdir()
(one.folder / ".log").write_text("the port is taken")

def fail(files, trace, limit, log):
    return 1

def outlast(files, trace, limit, log):
    trace.result.write_text("first")
    try:
        one.measure([], [], 1, result)
    except RuntimeError as error:
        assert "the port is taken" in str(error)
    with trace.result.open("a") as file:
        file.write(", last")
    return 0

one.test, two.test = fail, outlast
two.measure([], [], 1, result)
assert result.read_text() == "first, last", result.read_text()
"""
    command = [sys.executable, "-c", code, str(tmp_path / "tests.jsonl")]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("main", [["main.py"], ["-m", "main"]], ids=["a file", "a module"])
def test_a_process_that_a_test_starts_imports_the_copy_too(tmp_path, main):
    thing = "from pathlib import Path\n\ndef tell():\n    Path('told').write_text(__file__)\n"
    code = """
import multiprocessing
import sys
from pathlib import Path

root = Path(__file__).parent
sys.path.insert(0, str(root))

def work():
    copy.enter()
    import thing
    process = multiprocessing.get_context("spawn").Process(target=thing.tell)
    process.start()
    process.join()
    return process.exitcode

if __name__ == "__main__":
    from benchmarks import forks

    copy = object.__new__(forks.Copy)
    copy.root, copy.folder = root, root / "copy"
    assert forks.fork(work, 60) == 0
"""
    (tmp_path / "copy").mkdir()
    for name, text in {"main.py": code, "thing.py": thing, "copy/thing.py": thing}.items():
        (tmp_path / name).write_text(text)
    command, environment = [sys.executable, *main], os.environ | {"PYTHONPATH": str(ROOT)}
    result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "copy/told").read_text() == str(tmp_path / "copy/thing.py")


def test_each_reason_is_of_a_line_that_is_there():
    """A reason of a snippet or a page is of the line as it was broken."""
    from benchmarks.mutation import REASONS, matches

    for entry in tomllib.loads(REASONS.read_text())["survivor"]:
        files, lines = ([part] if isinstance(part, str) else part for part in (entry["file"], entry["line"]))
        known = {
            file: (ROOT / file).read_text().split("\n") for file in files if re.match("lego/|hooks/", file)
        }
        found = {
            (file, line)
            for file, rows in known.items()
            for line in lines
            if any(matches(row.strip(), line) for row in rows)
        }
        assert {file for file, _ in found} == known.keys(), entry
        assert not known or {line for _, line in found} == set(lines), entry


def test_an_unknown_file_is_refused():
    files = ["lego/stack.py", "lego/none.py", "stack.py", "hooks/handbook.py"]
    command = [sys.executable, "-m", "benchmarks.mutation", "--files", *files]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 2 and result.stderr.endswith(
        "--files must have tests of their own and be of lego/*.py, hooks/*.py, hooks/engine/*.py, such as lego/stack.py, "
        "got hooks/handbook.py, lego/none.py, stack.py\n"
    ), result.stderr


@pytest.mark.parametrize(
    ("way", "source", "broken"),
    [
        ("constant", "x = 4", "x = 6"),
        ("constant", "x = 0", "x = 1"),
        ("constant", "x = 0.5", "x = 0.75"),
        ("constant", "x = True", None),
        ("operator", "x = a < b", "x = a >= b"),
        ("operator", "x = y", None),
        ("name", "a = 1\nb = 2\nc = a", "a = 1\nb = 2\nc = b|a = 1\nb = 2\nc = c"),
        ("name", "import a\na.b", None),
        ("shape", "net = mlp([3, n])", "net = mlp([4, n])"),
        ("shape", "x = torch.randn(5)[2]", "x = torch.randn(6)[2]"),
        ("shape", "x = f(5)", None),
        ("line", '"""Told."""\nimport a\nf()\nplt.show()', '"""Told."""\nimport a\npass\nplt.show()'),
    ],
)
def test_five_ways_to_break_a_source(way, source, broken):
    from tests.mutation_pages import break_in

    found = break_in(way, source, "0")
    assert found == broken if broken is None else found.strip() in broken.split("|")


def test_a_block_is_replaced_where_it_stands():
    from tests.mutation_pages import replace_block

    page = "```python\na\n```\n\n    ```python\n    a\n\n    b\n    ```\n"
    assert replace_block(page, 1, "c\n\nd\n") == page.replace("    a\n\n    b", "    c\n\n    d")


def test_of_two_equal_blocks_the_one_of_that_number_is_replaced():
    from tests.mutation_pages import replace_block

    included = '```python\n--8<-- "x.py"\n```\n'
    page = "a\n\n{}```python\na\n```\n\n```python\n{}\n```\n"
    assert replace_block(page.format(included, "a"), 1, "b\n") == page.format(included, "b")


def test_a_survivor_is_explained_by_its_file_line_and_operator():
    from benchmarks.mutation import NOT_EXPLAINED, markdown, summarize

    record = {
        "file": "lego/a.py",
        "text": "return n + 0",
        "line": 4,
        "operator": "Add_Sub",
        "verdict": "survived",
    }
    record["date"] = "2026-01-02"
    record |= {"diff": ["-     return n + 0", "+     return n - 0"]}
    told = {"file": "lego/a.py", "line": "return n + 0", "operator": "Add_Sub", "reason": "zero has no sign"}
    for change, reason in (
        ({}, "zero has no sign"),
        ({"line": ["x", "return * 0"], "operator": ["Add_*"]}, "zero has no sign"),
        ({"line": "return n"}, NOT_EXPLAINED),
        ({"operator": "Add_Mul"}, NOT_EXPLAINED),
        ({"file": "lego/b.py"}, NOT_EXPLAINED),
    ):
        entry = told | change
        other = record | {"verdict": "timeout", "date": "2026-01-03"}
        result = summarize([record, other], {"lego/a.py": 9}, [entry])
        assert result["date"] == "2026-01-02 to 2026-01-03"
        text = markdown(result)
        assert f"**`lego/a.py:4`** Add_Sub: {reason}" in text
        assert "<br>− `return n + 0`\n" in text and "<br>+ `return n - 0`" in text
        for name in ("Library", "`lego/a.py`"):
            assert f"| {name} | 9 | 2 | 1 | 1 | 1 | 50.0% |" in text
        assert "0 compute the same" in text and "without these, 50.0%" in text
    text = markdown(
        summarize([record, record | {"verdict": "timeout"}], {"lego/a.py": 9}, [told | {"same": True}])
    )
    assert "Of the 1 survivors, 1 have a reason; 1 compute the same" in text and "these, 100.0%" in text


@pytest.mark.parametrize("runner", ["benchmarks.mutation", "tests.mutation_pages"])
def test_the_runners_import_nothing_that_a_mutant_changes(runner):
    code = f"import runpy, sys; runpy.run_module({runner!r})"
    code += "; assert not {'hooks', 'lego'} & set(sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert result.returncode == 0, result.stderr


def test_a_line_with_marks_of_markdown_is_shown_as_it_is():
    from markdown import markdown

    from benchmarks.mutation import quoted

    for code in ("x ** 2 * y", "`a` and ``b``", "<b> & [link](x)", "$x$ _y_"):
        assert markdown(quoted(code)) == f"<p><code>{html.escape(code, quote=False)}</code></p>"
