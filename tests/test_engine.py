"""The engine: isolation, order, failures, and a cache that is precise, whole and never lies."""

import json
import os
import time

import pytest

from hooks.engine import Engine, Failure, Outcome
from hooks.engine.child import MARK, split
from hooks.engine.progress import Progress

DRAW = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\n"


class Bench:
    """An engine on a project of its own, and what it ran last."""

    def __init__(self, root):
        self.root = root
        self.engine = Engine(root, root / ".cache", limit=20, jobs=2)
        self.events = []

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def run(self, *names):
        self.events = []
        return self.engine.run(names, lambda event, script: self.events.append((event, script)))

    def ran(self, *names):
        self.run(*names)
        return sorted(script for event, script in self.events if event == "ran")


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    root = tmp_path_factory.mktemp("project")
    import shutil

    from tests.conftest import ROOT

    shutil.copytree(ROOT / "hooks", root / "hooks", ignore=shutil.ignore_patterns("__pycache__"))
    bench = Bench(root)
    yield bench
    bench.engine.close()


@pytest.fixture
def bench(shared):
    import shutil

    for name in ("snippets", "lego", ".cache"):
        shutil.rmtree(shared.root / name, ignore_errors=True)
    shared.write("lego/__init__.py", "")
    return shared


def failure(bench, text):
    bench.write("snippets/bad.py", text)
    result = bench.run("snippets/bad.py")["snippets/bad.py"]
    assert isinstance(result, Failure)
    assert not list((bench.root / ".cache").rglob("bad*")), "errors are never cached"
    return result


def test_outcome_holds_text_figures_and_source(bench):
    bench.write("snippets/a.py", DRAW + 'print("σ")\nplt.figure()\nplt.plot([2, 1])\n')
    outcome = bench.run("snippets/a.py")["snippets/a.py"]
    assert isinstance(outcome, Outcome)
    assert outcome.text == "σ\n"
    assert len(outcome.figures) == 2 and all(svg.startswith("<svg") for svg in outcome.figures)
    assert outcome.source.startswith("import matplotlib")
    assert {"torch", "matplotlib", "numpy"} <= set(outcome.versions)


def test_scripts_do_not_see_each_other(bench):
    bench.write(
        "snippets/a.py",
        DRAW
        + "import torch, builtins\ntorch.manual_seed(1)\nbuiltins.left = 1\nplt.rcParams['lines.linewidth'] = 9\n",
    )
    bench.write(
        "snippets/b.py",
        DRAW
        + "import builtins\nprint(hasattr(builtins, 'left'), plt.rcParams['lines.linewidth'], __name__)\n",
    )
    outcomes = bench.run("snippets/a.py", "snippets/b.py")
    assert outcomes["snippets/b.py"].text == "False 1.8 __main__\n"


def test_second_run_comes_from_the_cache(bench):
    bench.write("snippets/a.py", DRAW)
    first = bench.run("snippets/a.py")["snippets/a.py"]
    second = bench.run("snippets/a.py")["snippets/a.py"]
    assert bench.events == [("cached", "snippets/a.py")]
    assert second.cached and second.cells == first.cells


def test_a_library_edit_runs_exactly_the_scripts_that_import_it(bench):
    bench.write("lego/deep.py", "value = 1\n")
    bench.write("lego/used.py", "from lego.deep import value\n")
    bench.write("lego/other.py", "value = 1\n")
    bench.write("snippets/direct.py", DRAW + "from lego.deep import value\nprint(value)\n")
    bench.write(
        "snippets/through.py", DRAW + "def f():\n    from lego.used import value\n    print(value)\nf()\n"
    )
    bench.write("snippets/other.py", DRAW + "from lego.other import value\n")
    names = [f"snippets/{name}.py" for name in ("direct", "through", "other")]
    assert bench.ran(*names) == sorted(names)
    bench.write("lego/deep.py", "value = 2\n")  # same size, same second: a compiled copy would look current
    assert bench.ran(*names) == ["snippets/direct.py", "snippets/through.py"]
    assert bench.run(*names)["snippets/direct.py"].text == "2\n"
    bench.write("lego/__init__.py", "# new\n")
    assert bench.ran(*names) == sorted(names)


def test_a_data_file_is_a_dependency(bench):
    bench.write("snippets/data.csv", "1\n")
    path = bench.root / "snippets" / "data.csv"
    bench.write("snippets/a.py", DRAW + f"print(open({str(path)!r}).read().strip())\n")
    assert bench.run("snippets/a.py")["snippets/a.py"].text == "1\n"
    bench.write("snippets/data.csv", "2\n")
    assert bench.run("snippets/a.py")["snippets/a.py"].text == "2\n"


def test_a_file_that_appears_is_a_dependency_too(bench):
    path = bench.root / "snippets" / "maybe.csv"
    bench.write(
        "snippets/a.py",
        DRAW + f"try:\n    print(open({str(path)!r}).read())\nexcept FileNotFoundError:\n    print('none')\n",
    )
    assert bench.run("snippets/a.py")["snippets/a.py"].text == "none\n"
    bench.write("snippets/maybe.csv", "there")
    assert bench.run("snippets/a.py")["snippets/a.py"].text == "there\n"


def test_an_edit_while_a_script_runs_is_not_cached(bench):
    path = bench.root / "lego" / "late.py"
    bench.write("lego/late.py", "value = 1\n")
    bench.write(
        "snippets/a.py",
        DRAW
        + f"from lego.late import value\nimport subprocess\nsubprocess.run(['sh', '-c', 'echo value = 2 > {path}'])\n",
    )
    bench.run("snippets/a.py")
    assert not list((bench.root / ".cache").rglob("a.py.json"))


@pytest.mark.parametrize("damage", ["empty", "cut", "altered", "not json", "other json", "folder"])
def test_a_damaged_entry_is_computed_again(bench, damage):
    bench.write("snippets/a.py", DRAW + "print(1234)\n")
    bench.run("snippets/a.py")
    entry = bench.engine.cache.path("snippets/a.py")
    data = entry.read_bytes()
    if damage == "folder":
        entry.unlink()
        entry.mkdir()
    else:
        entry.write_bytes(
            {
                "empty": b"",
                "cut": data[:-20],
                "altered": data.replace(b"1234", b"9234"),
                "not json": b"\xff\x00",
                "other json": b'["a"]',
            }[damage]
        )
    outcome = bench.run("snippets/a.py")["snippets/a.py"]
    assert outcome.text == "1234\n" and not outcome.cached
    if damage != "folder":
        assert bench.run("snippets/a.py")["snippets/a.py"].cached, "the entry heals"


def test_another_package_version_runs_again(bench):
    bench.write("snippets/a.py", DRAW)
    bench.run("snippets/a.py")
    entry = bench.engine.cache.path("snippets/a.py")
    from hooks.engine.outcome import digest

    data = json.loads(entry.read_text())
    body = data["outcome"].replace('"matplotlib": "', '"matplotlib": "0.')
    entry.write_text(json.dumps(data | {"outcome": body, "checksum": digest(body.encode())}))
    assert bench.ran("snippets/a.py") == ["snippets/a.py"]


def test_entries_of_deleted_scripts_go(bench):
    bench.write("snippets/a.py", DRAW)
    bench.run("snippets/a.py")
    bench.engine.cache.prune(set())
    assert not list((bench.root / ".cache").rglob("*.json"))


def test_an_exception_names_file_line_and_traceback(bench):
    result = failure(bench, DRAW + "def f():\n    return 1 / 0\n\nf()\n")
    assert (result.line, result.reason) == (4, "ZeroDivisionError: division by zero")
    assert "line 6, in <module>" in result.details and "hooks" not in result.details
    told = result.describe(["docs/a.md:3"])
    assert told.startswith(
        "snippets/bad.py:4: ZeroDivisionError: division by zero\n  shown by docs/a.md:3\nTraceback"
    )


def test_a_syntax_error_names_its_line(bench):
    result = failure(bench, "x = 1\ny = (\n")
    assert result.line == 2 and "SyntaxError" in result.reason


def test_an_endless_loop_is_ended_and_its_line_named(bench):
    bench.engine.limit = 0.5
    try:
        result = failure(bench, "x = 1\nwhile True:\n    x += 1\n")
    finally:
        bench.engine.limit = 20
    assert result.line in (2, 3) and result.reason.startswith("did not end within its time limit of 0.5 s")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("import os\nos.kill(os.getpid(), 9)\n", "killed by SIGKILL"),
        ("import ctypes\nctypes.string_at(0)\n", "killed by SIGSEGV"),
        ("import os\nos._exit(3)\n", "ended early with exit code 3"),
        ("import sys\nsys.exit(2)\n", "sys.exit(2)"),
        ("print(1)\n", "draws nothing"),
        (DRAW + "print('x' * 100_000)\n", "printed more than 64 kB"),
        ("open(__file__, 'w')\n", "must not write into the project"),
        (DRAW + "import numpy as np\nplt.plot(*np.random.rand(2, 9000), 'o')\n", "the limit is 150"),
    ],
)
def test_other_failures_say_what_happened(bench, text, reason):
    assert reason in failure(bench, text).reason
    assert (bench.root / "snippets" / "bad.py").read_text() == text


def test_what_a_script_leaves_running_is_ended(bench):
    mark = bench.root / "alive"
    bench.write(
        "snippets/a.py",
        DRAW + f"import subprocess\nsubprocess.Popen(['sh', '-c', 'sleep 2; touch {mark}'])\n",
    )
    start = time.monotonic()
    assert isinstance(bench.run("snippets/a.py")["snippets/a.py"], Outcome)
    assert time.monotonic() - start < 15
    time.sleep(2.5)
    assert not mark.exists()


def test_one_failure_does_not_stop_the_others(bench):
    bench.write("snippets/bad.py", "1 / 0\n")
    bench.write("snippets/good.py", DRAW)
    results = bench.run("snippets/bad.py", "snippets/good.py")
    assert isinstance(results["snippets/bad.py"], Failure) and isinstance(
        results["snippets/good.py"], Outcome
    )


def test_a_folder_that_cannot_be_written_is_noted_and_the_figures_still_drawn(bench):
    (bench.root / ".cache").write_text("a file in the place of the folder")
    bench.write("snippets/a.py", DRAW)
    try:
        assert isinstance(bench.run("snippets/a.py")["snippets/a.py"], Outcome)
        assert isinstance(bench.engine.cache.problem, OSError)
    finally:
        (bench.root / ".cache").unlink()
        bench.engine.cache.problem = None


def test_two_runs_draw_the_same_bytes(bench):
    bench.write("snippets/a.py", DRAW + "plt.fill_between([0, 1], [0, 1])\nplt.legend(['a'])\n")
    first = bench.run("snippets/a.py")["snippets/a.py"].figures
    os.remove(bench.engine.cache.path("snippets/a.py"))
    assert bench.run("snippets/a.py")["snippets/a.py"].figures == first


def test_cells_of_a_lab_keep_their_own_output(bench):
    bench.write(
        "docs/labs/a.py",
        "# %% [markdown]\n# # A\n\n# %%\nx = 1\nprint(x)\n\n# %% [markdown]\n# b\n\n# %%\n"
        + DRAW
        + "\n# %%\nx + 1\n",
    )
    outcome = bench.run("docs/labs/a.py")["docs/labs/a.py"]
    assert [(cell.text, len(cell.figures)) for cell in outcome.cells] == [("1\n", 0), ("", 1), ("2\n", 0)]


def test_split_puts_every_statement_into_one_cell():
    import ast

    source = "# %%\na = 1\n# %% [markdown]\n# text\n# %%\nb = (\n    2\n)\nc = 3\n"
    cells = split(ast.parse(source), source)
    assert [[type(s).__name__ for s in cell] for cell in cells] == [["Assign"], ["Assign", "Assign"]]
    assert MARK.findall("# %% alt='x'\n") == [" alt='x'"]


def test_summary_says_what_ran_and_what_was_kept():
    import io

    progress = Progress(3, io.StringIO())
    for event, script in [
        ("cached", "snippets/a.py"),
        ("running", "snippets/b.py"),
        ("ran", "snippets/b.py"),
        ("running", "snippets/c.py"),
        ("failed", "snippets/c.py"),
    ]:
        progress(event, script)
    summary = progress.summary()
    assert summary.startswith("Figures: 1 of 3 from the cache; ran b 0.00 s; failed c; ")
