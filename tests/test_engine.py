"""The engine: isolation, order, failures, and a cache that is precise, whole and never lies."""

import contextlib
import ctypes
import errno
import importlib.metadata
import itertools
import json
import os
import platform
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import FrozenInstanceError
from pathlib import Path
from types import SimpleNamespace

import pytest
from matplotlib.figure import Figure

from hooks.engine import Engine, Failure, Outcome, child, svg
from hooks.engine.child import MARK, Dependencies, split
from hooks.engine.confine import MACHINES, SHARED, SIZE_LIMIT
from hooks.engine.engine import TIME_LIMIT, ServerError, cores, needed, package_versions, time_limit
from hooks.engine.outcome import digest, state
from hooks.engine.progress import Progress
from hooks.engine.result import NO_ROOM, result

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


def test_a_file_of_the_project_does_not_come_before_the_modules_of_python(tmp_path, shared):
    """It would run as the server starts, where nothing confines it; a script finds it."""
    shutil.copytree(shared.root / "hooks", tmp_path / "hooks")
    bench = Bench(tmp_path)
    for name in ("random", "queue", "torch", "numpy", "mimetypes"):
        bench.write(f"{name}.py", f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    bench.write("lego/__init__.py", "")
    bench.write("snippets/a.py", f"import lego\n{DRAW}print(lego.__file__)\n")
    with contextlib.closing(bench.engine):
        (outcome,) = bench.run("snippets/a.py").values()
    assert outcome.text == f"{tmp_path}/lego/__init__.py\n"
    assert not (tmp_path / "ran").exists()


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    root = tmp_path_factory.mktemp("project")
    from tests.conftest import ROOT

    shutil.copytree(ROOT / "hooks", root / "hooks", ignore=shutil.ignore_patterns("__pycache__"))
    bench = Bench(root)
    yield bench
    bench.engine.close()


@pytest.fixture
def bench(shared):
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


def test_an_outcome_stays_what_it_was(bench):
    bench.write("snippets/a.py", DRAW)
    (outcome,) = bench.run("snippets/a.py").values()
    for part in (outcome, outcome.cells[0], Failure("snippets/a.py", "reason")):
        with pytest.raises(FrozenInstanceError):
            part.text = "something else"


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


def test_a_library_edit_between_two_scripts_of_one_run_reaches_the_second(bench):
    bench.write("lego/part.py", "VALUE = 1\n")
    for name in "abcd":
        bench.write(f"snippets/{name}.py", f"from lego.part import VALUE\nprint(VALUE)\n{DRAW}")
    names = [f"snippets/{name}.py" for name in "abcd"]

    def edit(event, script):
        if event == "ran":
            bench.write("lego/part.py", f"VALUE = {len(texts) + 2}\n")
            texts.append(script)

    texts = []
    one = Engine(bench.root, bench.root / ".cache", limit=20, jobs=1)
    try:
        found = one.run(names, edit)
    finally:
        one.close()
    assert [found[name].text for name in names] == ["1\n", "2\n", "3\n", "4\n"]


def test_a_data_file_is_a_dependency(bench):
    bench.write("snippets/data.csv", "1\n")
    path = bench.root / "snippets" / "data.csv"
    bench.write("snippets/a.py", DRAW + f"print(open({str(path)!r}).read().strip())\n")
    assert bench.run("snippets/a.py")["snippets/a.py"].text == "1\n"
    bench.write("snippets/data.csv", "2\n")
    assert bench.run("snippets/a.py")["snippets/a.py"].text == "2\n"


def test_a_hidden_file_and_a_folder_that_is_listed_are_dependencies(bench):
    for name in (".data/a.csv", "data/a.csv"):
        bench.write(name, "1")
    find = "import os\nfrom pathlib import Path\nroot = Path(__file__).parents[1]\nPath(root / '.data/a.csv').read_text()\n"
    bench.write("snippets/a.py", DRAW + find + "print(len(list((root / 'data').glob('*.csv'))))\n")
    bench.write("snippets/b.py", DRAW + find + "import lego\nprint(len(os.listdir(root / 'data')))\n")
    bench.write("snippets/c.py", DRAW + find + "print(len(list(root.glob('*.csv'))))\n")
    assert bench.ran("snippets/c.py") and not bench.ran("snippets/c.py")
    bench.write("top.csv", "1")
    assert bench.run("snippets/c.py")["snippets/c.py"].text == "1\n"
    (bench.root / "top.csv").unlink()
    both = ["snippets/a.py", "snippets/b.py"]
    assert bench.ran(*both) == both and bench.ran(*both) == []
    bench.write("data/b.csv", "2")
    assert bench.ran(*both) == both and bench.ran(*both) == []
    bench.write(".data/a.csv", "3")
    assert bench.ran(*both) == both
    bench.write("lego/other.py", "")  # to import is not to list
    assert bench.ran(*both) == []


@pytest.mark.parametrize("name", ["lego/fast.py", "lego/fast/__init__.py"])
def test_a_module_that_is_looked_for_is_a_dependency_before_it_is_there(bench, name):
    look = "try:\n    from lego import fast\n    print('fast')\nexcept ImportError:\n    print('slow')\n"
    bench.write("snippets/a.py", DRAW + look)
    assert bench.run("snippets/a.py")["snippets/a.py"].text == "slow\n"
    assert not bench.ran("snippets/a.py")
    bench.write(name, "")
    assert bench.run("snippets/a.py")["snippets/a.py"].text == "fast\n"


def test_what_does_not_depend_on_its_own_script_is_not_kept(bench):
    hide = "import gc\nfrom hooks.engine.child import Dependencies\n"
    hide += "[d.digests.clear() for d in gc.get_objects() if isinstance(d, Dependencies)]\n"
    bench.write("snippets/a.py", DRAW + hide)
    for _ in range(2):
        assert bench.ran("snippets/a.py") == ["snippets/a.py"]
    bench.write("snippets/a.py", DRAW)
    assert bench.ran("snippets/a.py") == ["snippets/a.py"] and bench.ran("snippets/a.py") == []
    path = bench.engine.cache.path("snippets/a.py")
    entry = json.loads(path.read_text())
    body = json.dumps(json.loads(entry["outcome"]) | {"dependencies": {}})
    path.write_text(json.dumps(entry | {"outcome": body, "checksum": digest(body.encode())}))
    assert bench.ran("snippets/a.py") == ["snippets/a.py"]


def test_an_environment_in_the_project_is_not_the_projects(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "addaudithook", lambda hook: None)
    monkeypatch.setattr(sys, "path_hooks", [])
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    for prefix, name in ((tmp_path / "env", None), (tmp_path.parent, "env/lib/a.py")):
        monkeypatch.setattr(sys, "prefix", str(prefix))
        watch = Dependencies(tmp_path, tmp_path / "work")
        assert watch.name(str(tmp_path / "env" / "lib" / "a.py")) == name
        assert watch.name(str(tmp_path / "lego" / "a.py")) == "lego/a.py"
    assert watch.name(str(tmp_path / ".git" / "a.py")) is None
    assert watch.name(str(tmp_path / "lego" / "site")) == "lego/site", (
        "only a folder at the top is the build's"
    )
    assert sys.dont_write_bytecode


def test_what_a_reader_has_set_changes_no_figure(bench, tmp_path, monkeypatch):
    bench.write(
        "snippets/a.py",
        DRAW
        + "import time\nplt.title(' '.join({'a', 'b', 'c', 'd'}))\nprint(time.tzname[0], 'σ')\nassert True\n"
        + "import datetime\nplt.gca().xaxis_date()\nplt.xlim(datetime.date(2024, 5, 1), datetime.date(2024, 5, 2))\n"
        + "print(plt.rcParams['figure.max_open_warning'], plt.isinteractive(), plt.rcParams['date.epoch'])\n",
    )
    first = bench.run("snippets/a.py")["snippets/a.py"]
    bench.engine.cache.path("snippets/a.py").unlink()
    (tmp_path / "matplotlibrc").write_text(
        "font.size: 30\nlines.linewidth: 9\nsavefig.bbox: tight\ntimezone: Asia/Tokyo\n"
        "date.epoch: 2000-01-01T00:00:00\ninteractive: True\nfigure.max_open_warning: 1\n"
    )
    settings = {"MATPLOTLIBRC": str(tmp_path), "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    for name, value in (settings | {"PYTHONIOENCODING": "latin-1", "PYTHONOPTIMIZE": "2"}).items():
        monkeypatch.setenv(name, value)
    other = Engine(bench.root, bench.root / ".cache", limit=20, jobs=1)
    try:
        again = other.run(["snippets/a.py"])["snippets/a.py"]
    finally:
        other.close()
    assert not again.cached and again.cells == first.cells and first.text.startswith("UTC σ\n20 False 1970-")


def test_a_package_that_is_updated_while_the_server_lives(bench, monkeypatch):
    from hooks.engine import engine

    bench.write("snippets/a.py", DRAW + "import os\nprint(os.getppid())\n")
    before = bench.run("snippets/a.py")["snippets/a.py"].text
    found = engine.installed()
    assert any(name.startswith("torch-") for name in found)
    monkeypatch.setattr(engine, "installed", lambda: found | {"torch-99.dist-info"})
    bench.engine.cache.path("snippets/a.py").unlink()
    assert bench.run("snippets/a.py")["snippets/a.py"].text != before
    states = itertools.chain([found, found], itertools.repeat(found | {"numpy-99.dist-info"}))
    monkeypatch.setattr(engine, "installed", lambda: next(states))
    bench.engine.cache.path("snippets/a.py").unlink()
    bench.run("snippets/a.py")
    assert not bench.engine.cache.path("snippets/a.py").exists(), "it may be of either version"


def test_a_file_that_appears_is_a_dependency_too(bench):
    path = bench.root / "snippets" / "maybe.csv"
    bench.write(
        "snippets/a.py",
        DRAW + f"try:\n    print(open({str(path)!r}).read())\nexcept FileNotFoundError:\n    print('none')\n",
    )
    assert bench.run("snippets/a.py")["snippets/a.py"].text == "none\n"
    assert bench.ran("snippets/a.py") == [], "it is still not there"
    bench.write("snippets/maybe.csv", "there")
    assert bench.run("snippets/a.py")["snippets/a.py"].text == "there\n"


def test_an_edit_while_a_script_runs_is_not_cached(bench, tmp_path):
    path, pipe = bench.root / "lego" / "late.py", tmp_path / "pipe"
    os.mkfifo(pipe)
    bench.write("lego/late.py", "value = 1\n")
    bench.write("snippets/a.py", DRAW + f"from lego.late import value\nopen({str(pipe)!r}).read()\n")

    def edit():
        with open(pipe, "w"):  # opens as soon as the script, which has imported the module, does
            path.write_text("value = 2\n")

    thread = threading.Thread(target=edit, daemon=True)
    thread.start()
    assert isinstance(bench.run("snippets/a.py")["snippets/a.py"], Outcome)
    thread.join(10)
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


def test_a_module_belongs_to_the_packages_that_the_library_names():
    for module, packages in importlib.metadata.packages_distributions().items():
        expected = {name: importlib.metadata.version(name) for name in packages if name != "lego"}
        assert package_versions([module]) == expected, module


def test_a_package_of_the_older_kind_is_found_too(tmp_path, monkeypatch):
    from hooks.engine import engine

    (tmp_path / "older.egg-info").mkdir()
    (tmp_path / "older.egg-info" / "PKG-INFO").write_text(
        "Metadata-Version: 1.0\nName: Older\nVersion: 2.0\n"
    )
    (tmp_path / "older.egg-info" / "top_level.txt").write_text("olden\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(engine, "_found", {})
    assert package_versions(["olden"]) == {"Older": "2.0"}


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
    left = [
        bench.root / ".cache" / "snippets" / f".a.py.json-{process}" for process in (2**22 + 1, os.getpid())
    ]
    for path in left:
        path.touch()
    bench.engine.cache.prune(set())
    assert not list((bench.root / ".cache").rglob("*.json"))
    assert [path.exists() for path in left] == [False, True], "another build writes the second"


def test_a_process_of_somebody_else_is_running(monkeypatch):
    from hooks.engine.cache import is_running

    assert is_running(str(os.getpid())) and not is_running("none") and not is_running(str(10**30))

    def refuse(process, signal):
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)
    assert is_running("1")


def test_the_engine_is_known_as_it_was_loaded(bench, tmp_path, monkeypatch):
    from hooks.engine import cache

    bench.write("snippets/a.py", DRAW)
    monkeypatch.setattr(cache, "__file__", str(tmp_path / "cache.py"))  # its folder has other files now
    assert cache.engine_digest() != cache.ENGINE
    bench.run("snippets/a.py")
    monkeypatch.undo()
    assert bench.ran("snippets/a.py") == []


@pytest.mark.parametrize("name", ["__init__.py", "part/__init__.py"])
def test_a_package_that_comes_to_stand_before_what_was_imported(bench, name):
    folder = f"nsp{len(name)}"
    bench.write(f"{folder}/part.py", "value = 1\n")
    bench.write("snippets/a.py", DRAW + f"from {folder} import part\nprint(part.value)\n")
    assert bench.run("snippets/a.py")["snippets/a.py"].text == "1\n"
    assert bench.ran("snippets/a.py") == []
    bench.write(f"{folder}/{name}", "import types\npart = types.SimpleNamespace(value=2)\nvalue = 2\n")
    assert bench.run("snippets/a.py")["snippets/a.py"].text == "2\n"


def test_a_script_may_speak_of_time_limits(bench):
    reason = failure(bench, DRAW + "raise ValueError('the solver hit its time limit')\n").reason
    assert reason == "ValueError: the solver hit its time limit"


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
        result = failure(bench, "def f():\n    x = 1\n\n    while True:\n        x += 1\n\nf()\n")
    finally:
        bench.engine.limit = 20
    assert result.line in (4, 5) and result.reason.startswith("did not end within its time limit of 0.5 s")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("import os\nos.kill(os.getpid(), 9)\n", "killed by SIGKILL"),
        ("import ctypes\nctypes.string_at(0)\n", "killed by SIGSEGV"),
        ("import os\nos._exit(3)\n", "ended early with exit code 3"),
        ("import sys\nsys.exit(2)\n", "sys.exit(2)"),
        ("print(1)\n", "draws nothing"),
        (DRAW + "print('x' * 100_000)\n", "printed more than 64 kB"),
        (DRAW + "print('x' * 100_000_000)\n", "printed more than 64 kB"),
        (DRAW + "while True:\n    print('x' * 1_000_000)\n", "File too large"),
        ("open(__file__, 'w')\n", "writes only into the folder that it runs in, not to "),
        (
            "open('/tmp/elsewhere', 'a')\n",
            "writes only into the folder that it runs in, not to /tmp/elsewhere",
        ),
        ("open('../elsewhere', 'x')\n", "writes only into the folder that it runs in, not to ../elsewhere"),
        ("import urllib.request\nurllib.request.urlopen('http://127.0.0.1:1')\n", "a snippet has no network"),
        (DRAW + "import torch\ntorch.empty(2**50)\n", "can't allocate memory"),
        (
            "import resource, torch\nresource.setrlimit(resource.RLIMIT_AS, (2**33, 2**33))\ntorch.zeros(2**32)\n",
            "can't allocate memory",
        ),
        (
            DRAW + "import numpy as np\nplt.plot(*np.random.default_rng(0).random((2, 9000)), 'o')\n",
            "the limit is 150: draw fewer points",
        ),
    ],
)
def test_other_failures_say_what_happened(bench, text, reason):
    assert reason in failure(bench, text).reason
    assert (bench.root / "snippets" / "bad.py").read_text() == text


LEFT_RUNNING = {
    "process": "import subprocess\nprint(subprocess.Popen(['sleep', '60']).pid)\n",
    "fork": "import os, time\npid = os.fork()\nif pid == 0:\n    time.sleep(60)\n    os._exit(0)\nprint(pid)\n",
    "thread": "import os, threading, time\nthreading.Thread(target=time.sleep, args=[60]).start()\nprint(os.getpid())\n",
}


@pytest.mark.parametrize("kind", LEFT_RUNNING)
def test_what_a_script_leaves_running_is_ended(bench, kind):
    bench.write("snippets/a.py", DRAW + LEFT_RUNNING[kind])
    start = time.monotonic()
    outcome = bench.run("snippets/a.py")["snippets/a.py"]
    assert time.monotonic() - start < 15
    assert isinstance(outcome, Outcome) and len(outcome.figures) == 1
    deadline = time.monotonic() + 5
    while is_alive(int(outcome.text)):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_script_that_closes_all_files_and_goes_on(bench):
    start = time.monotonic()
    result = failure(bench, "import os\nos.closerange(3, 4096)\nwhile True:\n    pass\n")
    assert "SIGKILL" in result.reason and time.monotonic() - start < 15


def test_what_a_script_leaves_under_the_names_of_the_engine_is_its_own(bench):
    write = "from pathlib import Path\nfor name in ('result.json', 'faults', 'stderr', 'stdout'):\n"
    write += "    Path(name).write_bytes(b'[1, 2]\\xff')\n"
    write += "    try:\n        open(f'../{name}', 'r+b')\n    except PermissionError:\n        pass\n"
    write += "    else:\n        raise SystemExit('the folder of the engine is open')\n"
    bench.write("snippets/a.py", DRAW + write)
    assert isinstance(bench.run("snippets/a.py")["snippets/a.py"], Outcome)
    assert failure(bench, write + "import os\nos._exit(3)\n").reason.endswith("exit code 3")


@pytest.mark.parametrize("text", ["[1, 2]", '{"accuracy": 0.9}', '{"source": ', "\xff"])
def test_what_is_no_result_is_a_failure(tmp_path, text):
    (tmp_path / "result.json").write_bytes(text.encode("latin-1"))
    os.mkfifo(tmp_path / "faults")
    (tmp_path / "stderr").write_bytes(b"told \xff")
    process = SimpleNamespace(exitcode=3)
    found = result(tmp_path, process, overdue=False)
    assert found == {
        "reason": "its process ended early with exit code 3",
        "details": "told \ufffd",
        "late": False,
    }
    (tmp_path / "stderr").write_text("a" + "b" * 4000)
    assert result(tmp_path, process, overdue=False)["details"] == "b" * 4000
    (tmp_path / "result.json").unlink()
    os.mkfifo(tmp_path / "result.json")
    assert result(tmp_path, process, overdue=True)["reason"].startswith("did not end within")


@pytest.mark.parametrize(
    ("total", "free", "full"), [(2**30, NO_ROOM - 1, True), (2**30, NO_ROOM, False), (0, 0, False)]
)
def test_a_script_that_ends_early_on_a_full_disk_says_so(tmp_path, monkeypatch, total, free, full):
    """Some file systems count nothing; to end late has other causes."""
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(total=total, free=free))
    early, late = (
        result(tmp_path, SimpleNamespace(exitcode=1), overdue)["reason"] for overdue in (False, True)
    )
    told = f" ({os.strerror(errno.ENOSPC)}: {tmp_path.parents[1]})" if full else ""
    assert early == f"its process ended early with exit code 1{told}"
    assert late == "did not end within its time limit"


GOOD = {
    "source": "x",
    "cells": [{"text": "", "figures": []}],
    "dependencies": {"a": "b"},
    "modules": [],
    "unconfined": [],
}


@pytest.mark.parametrize(
    "forged",
    [
        {"dependencies": 3}, {"dependencies": {"a.py": []}}, {"cells": 1}, {"cells": [1]},
        {"cells": [{"text": 1, "figures": []}]}, {"cells": [{"text": "", "figures": [1]}]}, {"cells": [{"text": ""}]},
        {"modules": [1]}, {"modules": "torch"}, {"unconfined": [None]}, {"source": None}, {"source": "\ud800"},
        {"reason": 1}, {"reason": "r", "details": 1}, {"reason": "r", "line": "1"},
        {"dependencies": {"/dev/zero": "x"}}, {"dependencies": {"lego/../../a.py": "x"}},
    ],
)  # fmt: skip
def test_a_forged_result_is_none(tmp_path, forged):
    path = tmp_path / "result.json"
    path.write_text(json.dumps(GOOD))
    assert result(tmp_path, SimpleNamespace(exitcode=0), overdue=False) == GOOD
    path.write_text(json.dumps(GOOD | forged))
    found = result(tmp_path, SimpleNamespace(exitcode=0), overdue=False)
    assert found["reason"] == "left what is no result"


@pytest.mark.parametrize(
    "forge",
    [
        "json.dump = lambda data, file: file.write('[' * 100_000)",
        "json.dump = lambda data, file, dump=json.dump: dump(data | {'dependencies': {'lego/a.py': []}}, file)",
        "for _ in range(1500):\n    os.mkdir('d')\n    os.chdir('d')",
    ],
)
def test_no_script_ends_the_server(bench, forge):
    bench.write("snippets/a.py", DRAW + "import json, os\nprint(os.getcwd())\n" + forge + "\n")
    bench.write("snippets/b.py", DRAW)
    found = bench.run("snippets/a.py", "snippets/b.py")
    assert isinstance(found["snippets/b.py"], Outcome)
    assert isinstance(found["snippets/a.py"], Outcome if "mkdir" in forge else Failure)
    if "mkdir" in forge:
        assert not Path(found["snippets/a.py"].text.strip()).exists()


def test_a_fork_of_a_script_that_goes_on_adds_nothing_to_its_result(bench):
    split = "import os\npid = os.fork()\nif pid:\n    os.waitpid(pid, 0)\nprint(pid > 0)\n"
    bench.write("snippets/a.py", split + DRAW)
    found = bench.run("snippets/a.py")["snippets/a.py"]
    assert isinstance(found, Outcome) and len(found.figures) == 1, found
    assert found.text == "False\nTrue\n"


@pytest.mark.parametrize(
    "part",
    [
        "<script>a()</script>",
        '<a xlink:href="javascript:a()">',
        '<path onload="a()"/>',
        "<foreignObject>",
        "<image href='https://example.org/a.png'/>",
        "<image/onerror=a() />",
        """<image data-x=">" onerror="a()"/>""",
        """<image ONERROR="a()"/>""",
        """<image xlink:href="data:image/svg+xml,a"/>""",
        """<use xlink:href="data:image/png;base64,"/>""",
        """<g><a title=">" xlink:href="#a"/></g>""",
        '<path style="fill:red"/>',
        "<p>",
        "<div xmlns='http://www.w3.org/1999/xhtml'/>",
        "<g xmlns=''/>",
        "<!-- a -->",
        "<![CDATA[<script>]]>",
        "<?a?>",
        "<path d='",
        "&nbsp;",
        """<path fill="url(//example.org/a)"/>""",
        """<path cursor="url(https://example.org/a.png),auto"/>""",
        """<path fill="\\75rl(a)"/>""",
    ],
)
def test_a_drawing_that_would_run_in_a_browser(bench, part):
    start = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 1 2.5">'
    whole = f"{start}{part}</svg>"
    assert svg.find_fault(whole.replace(part, "<path d='M0 0'/>")) is None
    assert svg.find_foreign(whole)
    forge = f"import hooks.engine.svg as svg\nsvg.render = lambda figure, salt: {whole!r}\n"
    assert "draws what is no picture" in failure(bench, DRAW + forge).reason


@pytest.mark.parametrize(
    "frame", ["<svg{}>{}</svg>", '<g viewBox="0 0 1 1"{}>{}</g>', '<svg viewBox="1 0 1 1"{}>{}</svg>']
)
def test_a_drawing_without_its_frame(frame):
    inside = ' xmlns="http://www.w3.org/2000/svg"', '<path d="M0 0"/>'
    assert "it does not begin with an <svg>" in svg.find_fault(frame.format(*inside))
    assert svg.find_fault('<svg viewBox="0 0 1 1.5"{}>{}</svg>'.format(*inside)) is None


def test_a_result_of_other_kinds_is_a_failure(bench):
    forge = "import json\njson.dump = lambda data, file: file.write(json.dumps(data | {'cells': 3}))\n"
    assert failure(bench, DRAW + forge).reason == "left what is no result"


def test_a_dense_picture_in_a_drawing_and_any_words_are_a_drawing(bench):
    bench.write("snippets/a.py", DRAW + "plt.imshow([[1, 2]])\nplt.title('<b on = 3> & href=a')\n")
    assert "data:image/png" in bench.run("snippets/a.py")["snippets/a.py"].figures[0]


def begin(bench, code):
    """An engine that runs a script, which has begun, and the thread that waits for its end."""
    bench.write("snippets/a.py", code)
    one, running = Engine(bench.root, bench.root / ".cache", limit=60, jobs=1), threading.Event()

    def run():
        with contextlib.suppress(RuntimeError):  # the fork server is gone
            one.run(["snippets/a.py"], lambda event, script: running.set())

    thread = threading.Thread(target=run)
    thread.start()
    assert running.wait(60)
    return one, thread


def children(parent):
    """The processes that a process has started."""
    if Path("/proc/self/stat").exists():  # a bare Linux has no `ps`
        found = []
        for path in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                found.append((path.read_text().rpartition(")")[2].split()[1], path.parent.name))
    else:
        listed = subprocess.run(["ps", "-A", "-o", "ppid=,pid="], capture_output=True, text=True).stdout
        found = [line.split() for line in listed.splitlines()]
    return [int(pid) for above, pid in found if int(above) == parent]


def test_a_closed_engine_ends_what_runs_and_leaves_in_good_order(bench, capfd):
    one, thread = begin(bench, "import time\ntime.sleep(60)\n")
    server = one._server
    with socket.socket(fileno=os.dup(one._connection.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)  # as when the engine dies
    thread.join(30)
    assert not thread.is_alive() and server.wait(10) == 0
    bench.write("snippets/b.py", DRAW)
    one.run(["snippets/b.py"])
    server = one._server
    one.close()
    assert server.returncode == 0
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_script_that_loops_for_ever_ends_with_its_server(bench, number):
    """The signal of a terminal that is closed goes to the server as well, and the script has left its group."""
    if signal.getsignal(number) == signal.SIG_IGN:
        pytest.skip("who started this test had the signal ignored")
    if number == signal.SIGKILL and sys.platform != "linux":
        pytest.skip("this system ends no process with another")
    one, thread = begin(bench, "while True:\n    pass\n")
    (script,) = children(one._server.pid)
    time.sleep(0.3)  # until it loops
    os.kill(one._server.pid, number)
    thread.join(30)
    assert not thread.is_alive()
    deadline = time.monotonic() + 5
    try:
        while is_alive(script):
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(script, signal.SIGKILL)


def test_a_script_itself_ends_by_a_signal_as_ever(bench):
    for name in ("SIGTERM", "SIGHUP"):
        found = failure(bench, f"import os, signal\nos.kill(os.getpid(), signal.{name})\n")
        assert found.reason == f"its process was killed by {name}"


def is_alive(pid):
    """Whether a process still does anything."""
    try:
        os.kill(pid, 0)
        return subprocess.run(["ps", "-o", "stat=", str(pid)], capture_output=True).stdout[:1] not in (
            b"Z",
            b"",
        )
    except ProcessLookupError:
        return False


FORBIDDEN = {
    "write a file": "libc.open(b'{outside}/new', os.O_WRONLY | os.O_CREAT, 0o644) >= 0",
    "change a file": "libc.open(b'{outside}/kept', os.O_WRONLY) >= 0",
    "cut a file": "libc.truncate(b'{outside}/kept', 0) == 0",
    "remove a file": "libc.unlink(b'{outside}/kept') == 0",
    "rename a file": "libc.rename(b'{outside}/kept', b'{outside}/new') == 0",
    "fetch a file": "libc.rename(b'{outside}/kept', b'new') == 0",
    "make a folder": "libc.mkdir(b'{outside}/new', 0o755) == 0",
    "make a pipe": "libc.mkfifo(b'{outside}/new', 0o644) == 0",
    "remove a folder": "libc.rmdir(b'{outside}/empty') == 0",
    "make a link": "libc.symlink(b'kept', b'{outside}/new') == 0",
    "let another program write": "os.system('echo > {outside}/new') == 0",
    "open a socket": "libc.socket(2, 1, 0) >= 0",
    "open a socket of this machine": "libc.socket(1, 1, 0) >= 0",
    "let another program connect": "subprocess.run([sys.executable, '-c', 'import socket; socket.socket()'], "
    "stderr=subprocess.DEVNULL).returncode == 0",
    "signal the engine": "libc.kill(os.getppid(), 0) == 0",
    "send to a socket of this machine": "libc.socketpair(1, 2, 0, (ctypes.c_int * 2)()) == 0",
    "limit the engine": "libc.prlimit(os.getppid(), 7, None, (ctypes.c_long * 2)()) == 0",
    "share memory": "libc.shmget(7, 4096, 0o1600) >= 0",
    "share a semaphore": "libc.semget(7, 1, 0o1600) >= 0",
    "leave a message": "libc.msgget(7, 0o1600) >= 0",
    **{
        f"call {name}": f"libc.syscall({number}, 2**30, 0, 0, 0) >= 0 or ctypes.get_errno() != errno.EACCES"
        for name, number in SHARED.get(platform.machine(), {}).items()
    },
    "leave the session": "subprocess.run([sys.executable, '-c', 'import os; os.setsid()'], "
    "stderr=subprocess.DEVNULL).returncode == 0",
    "leave the group": "subprocess.run([sys.executable, '-c', 'import os; os.setpgid(0, 0)'], "
    "stderr=subprocess.DEVNULL).returncode == 0",
    "keep root's privileges": "any(int(line.split()[1], 16) & ~6 for line in open('/proc/self/status') "
    "if line.startswith(('CapEff', 'CapPrm')))",
    "let another program be root": "subprocess.run(['grep', '-qE', 'CapEff:\\s0*[1-9a-f][0-9a-f]', '/proc/self/status'])"
    ".returncode == 0",
    "leave a thread free": "{line for task in os.listdir('/proc/self/task') for line in "
    "open(f'/proc/self/task/{task}/status') if line.startswith(('Seccomp:', 'NoNewPrivs:'))} "
    "!= {'Seccomp:\\t2\\n', 'NoNewPrivs:\\t1\\n'}",
}


SINCE = {"cut a file": 3, "signal the engine": 6}  # version of Landlock; the others need the first


def test_the_kernel_confines_what_goes_around_python(bench, tmp_path):
    version = ctypes.CDLL(None).syscall(444, None, ctypes.c_size_t(0), 1) if sys.platform == "linux" else -1
    if version < 1:
        pytest.skip("this system's kernel has no Landlock")
    tried = {name: attempt for name, attempt in FORBIDDEN.items() if SINCE.get(name, 1) <= version}
    if platform.machine() not in MACHINES:
        pytest.skip(f"the filter of calls is not written for {platform.machine()}")
    (tmp_path / "kept").write_text("as it was")
    (tmp_path / "empty").mkdir()
    lines = "".join(
        f"print({name!r}, {attempt.replace('{outside}', str(tmp_path))})\n" for name, attempt in tried.items()
    )
    start = "import ctypes, errno, os, subprocess, sys\nlibc = ctypes.CDLL(None, use_errno=True)\n"
    bench.write("snippets/a.py", DRAW + start + lines)
    outcome = bench.run("snippets/a.py")["snippets/a.py"]
    assert isinstance(outcome, Outcome), outcome
    assert outcome.text.splitlines() == [f"{name} False" for name in tried]
    assert len(bench.engine.unconfined) == len(FORBIDDEN) - len(tried)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "kept"]
    assert (tmp_path / "kept").read_text() == "as it was"


def test_its_own_folder_is_a_scripts_to_use(bench):
    bench.write(
        "snippets/a.py",
        DRAW
        + "import os, subprocess, tempfile\nfrom pathlib import Path\n"
        + "Path('a').mkdir()\nPath('a/b').write_text('1')\nos.replace('a/b', 'c')\nos.truncate('c', 0)\n"
        + "with tempfile.TemporaryFile() as file:\n    file.write(b'1')\n"
        + "import socket\none, two = socket.socketpair()\none.send(b'1')\n"
        + "subprocess.run(['true'], stdout=subprocess.DEVNULL, check=True)\nprint(os.listdir('a'))\n",
    )
    assert bench.run("snippets/a.py")["snippets/a.py"].text == "[]\n"


def test_what_a_script_changes_globally_reaches_no_other(bench):
    bench.engine.jobs = 1
    bench.write(
        "snippets/b.py",
        DRAW + "import os, random, sys, warnings\nimport numpy as np\nimport torch\n"
        "print(torch.rand is None, torch.initial_seed() == 9, torch.ones(1).dtype, os.environ['OMP_NUM_THREADS'])\n"
        "print(random.getstate() == random.Random(9).getstate(), np.random.get_state()[1][:3], sys.path, warnings.filters)\n",
    )
    alone = bench.run("snippets/b.py")["snippets/b.py"]
    os.remove(bench.engine.cache.path("snippets/b.py"))
    bench.write(
        "snippets/a.py",
        "import os, random, sys, warnings\nimport matplotlib.pyplot as plt\nimport numpy as np\nimport torch\n"
        "plt.style.use('ggplot')\nplt.rcParams['lines.linewidth'] = 9\nplt.plot([1, 2])\n"
        "torch.set_default_dtype(torch.float64)\ntorch.manual_seed(9)\nnp.random.seed(9)\nrandom.seed(9)\n"
        "torch.rand = None\nos.environ['OMP_NUM_THREADS'] = '7'\nsys.path.clear()\nwarnings.simplefilter('error')\n",
    )
    try:
        results = bench.run("snippets/a.py", "snippets/b.py")
    finally:
        bench.engine.jobs = 2
    assert isinstance(results["snippets/a.py"], Outcome), results["snippets/a.py"]
    assert results["snippets/b.py"].figures == alone.figures
    assert results["snippets/b.py"].text == alone.text and alone.text.startswith(
        "False False torch.float32 1\n"
    )


@pytest.mark.parametrize(
    ("draw", "generator"),
    [
        ("import torch; torch.randn(3)", "torch"),
        ("import torch; torch.nn.Linear(2, 2)", "torch"),
        ("import torch; torch.randn(3); torch.manual_seed(0)", "torch"),
        ("import torch; torch.randn(3); torch.random.manual_seed(0)", "torch"),
        ("import torch; torch.seed(); torch.randn(3)", "torch"),
        ("import torch; torch.manual_seed(0); torch.seed(); torch.randn(3)", "torch"),
        ("import random; random.seed(0); random.seed(); random.random()", "random"),
        ("import numpy as np; np.random.rand(3)", "numpy.random"),
        ("import random; random.random()", "random"),
        ("import random, numpy as np; np.random.seed(0); random.random()", "random"),
        ("import random, numpy as np; random.seed(0); np.random.rand(3)", "numpy.random"),
        ("import numpy as np; np.random.rand(3); np.random.seed(0)", "numpy.random"),
        ("import random; random.random(); random.seed(0)  # random.seed(0)", "random"),
        ("import random; random.seed(); random.random()", "random"),
        ("import numpy as np; np.random.seed(None); np.random.rand(3)", "numpy.random"),
    ],
)
def test_numbers_that_no_seed_determines_are_refused(bench, draw, generator):
    found = failure(bench, f"{draw}\n{DRAW}")
    assert f"the global generator of {generator}, which has no seed" in found.reason
    cells = f"# %%\n{draw}\n# %%\nimport torch; torch.manual_seed(0)\n{DRAW}"
    assert f"the global generator of {generator}, which has no seed" in failure(bench, cells).reason


def test_what_a_package_draws_while_it_is_imported_needs_no_seed(bench):
    """As SciPy does for its docstrings: where one script alone needs it, the server has not imported it."""
    bench.write("snippets/a.py", f"import scipy.stats\n{DRAW}")
    assert isinstance(found := bench.run("snippets/a.py")["snippets/a.py"], Outcome), found
    bench.write("lego/noise.py", "import numpy\nX = numpy.random.default_rng().random()\n")
    for draw in ("import lego.noise", "import scipy.stats as s\ns.Normal().sample()"):
        assert "numpy.random.default_rng has no seed" in failure(bench, f"{draw}\n{DRAW}").reason


def test_a_generator_that_a_package_makes_while_it_is_imported_draws_the_same_each_time(bench):
    bench.write("site-packages/noisy.py", "import numpy\nRNG = numpy.random.default_rng()\n")
    code = f"import sys\nsys.path.append('site-packages')\nimport noisy\nprint(noisy.RNG.random())\n{DRAW}"
    code = code.replace("'site-packages'", repr(str(bench.root / "site-packages")))
    for name in "ab":
        bench.write(f"snippets/{name}.py", code)
    found = bench.run("snippets/a.py", "snippets/b.py")
    assert found["snippets/a.py"].text == found["snippets/b.py"].text


@pytest.mark.parametrize("seed", ["", "None", "seed=None"])
def test_a_generator_of_numpy_without_a_seed_is_refused(bench, seed):
    found = failure(bench, f"from numpy.random import default_rng\ndefault_rng({seed})\n{DRAW}")
    assert "numpy.random.default_rng has no seed" in found.reason and found.line == 2


@pytest.mark.parametrize(
    "draw",
    [
        "import torch; torch.manual_seed(0); torch.randn(3)",
        "import torch; assert torch.manual_seed(0) is torch.default_generator; torch.manual_seed(1); torch.randn(3)",
        "import torch; torch.default_generator.manual_seed(0); torch.randn(3)",
        "import torch; torch.seed(); torch.manual_seed(seed=0); torch.randn(3)",
        "import random; random.seed(); random.seed(0); random.random()",
        "import torch; torch.randn(3, generator=torch.Generator().manual_seed(0))",
        "import numpy as np; np.random.seed(0); np.random.rand(3)",
        "import numpy as np; np.random.default_rng(0).random(3)",
        "import random; random.seed(0); random.random()",
        "from random import random, seed; seed(a=0); random(); seed(1)",
        "from numpy.random import rand, seed; seed(seed=0); rand(3)",
        "import random; random.Random(0).random()",
        "from numpy import random; random.default_rng(0).random()",
        "import numpy as np; np.random.default_rng(seed=0).random()",
    ],
)
def test_seeded_numbers_are_not(bench, draw):
    bench.write("snippets/a.py", f"{draw}\n{DRAW}")
    assert isinstance(bench.run("snippets/a.py")["snippets/a.py"], Outcome)


def test_outcomes_come_in_the_order_that_was_asked_for(bench):
    """And not in that in which scripts end: where two have the same text, a page takes one of them."""
    names = [f"snippets/{name}.py" for name in "dbca"]
    for wait, name in zip((0.5, 0, 0.2, 0), names, strict=True):
        bench.write(name, f"import time\ntime.sleep({wait})\n{DRAW}")
    assert list(bench.run(*names)) == names == list(bench.run(*names))


def test_a_container_may_have_the_time_of_fewer_processors(tmp_path):
    quota, all_of_them = tmp_path / "cpu.max", cores(tmp_path / "none")
    for text, expected in {
        "150000 100000": 2,
        "1 100000": 1,
        "max 100000": 99,
        "": 99,
        "9900000 100000": 99,
    }.items():
        quota.write_text(f"{text}\n")
        assert cores(quota) == min(expected, all_of_them)


def test_order_and_number_of_workers_change_nothing(bench):
    names = [f"snippets/{name}.py" for name in "abcd"]
    for number, name in enumerate(names):
        bench.write(name, DRAW.replace("2]", f"{number}]") + f"print({number})\n")
    seen = []
    for jobs, order in [(1, names), (1, names[::-1]), (3, names), (3, names[::-1])]:
        shutil.rmtree(bench.root / ".cache", ignore_errors=True)
        bench.engine.jobs = jobs
        results = bench.run(*order)
        seen.append({name: (results[name].text, results[name].figures) for name in names})
    bench.engine.jobs = 2
    assert seen[0] == seen[1] == seen[2] == seen[3]


def test_a_server_that_has_practiced_draws_the_same(bench):
    for name in "abcdef":
        bench.write(f"snippets/{name}.py", f"{DRAW}plt.title('{name} $x^2$')\nplt.yscale('log')\n")
    others = [f"snippets/{name}.py" for name in "bcdef"]
    seen = []
    for scripts in (["snippets/a.py"], [*others, "snippets/a.py"]):
        shutil.rmtree(bench.root / ".cache", ignore_errors=True)
        engine = Engine(bench.root, bench.root / ".cache" / "outcomes", jobs=1)
        try:
            seen.append(engine.run(scripts)["snippets/a.py"])
        finally:
            engine.close()
    assert isinstance(seen[0], Outcome) and seen[0] == seen[1]
    assert {"matplotlib", "numpy", "torch"} <= set(seen[0].versions)


def test_packages_that_only_a_script_imports_are_known(bench):
    bench.write("snippets/a.py", DRAW + "import yaml\n")
    bench.write("snippets/b.py", DRAW)
    outcomes = bench.run("snippets/a.py", "snippets/b.py")
    assert set(outcomes["snippets/a.py"].versions) - set(outcomes["snippets/b.py"].versions) == {"PyYAML"}


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
        assert len(bench.engine.remarks()) == 1 and "Nothing can be kept in" in bench.engine.remarks()[0]
    finally:
        (bench.root / ".cache").unlink()
    assert isinstance(bench.run("snippets/a.py")["snippets/a.py"], Outcome)
    assert bench.engine.remarks() == [] and bench.run("snippets/a.py")["snippets/a.py"].cached


def test_a_script_is_compiled_as_python_compiles_it_alone(bench):
    bench.write("snippets/a.py", f"def f(x: int): ...\n{DRAW}print(f.__annotations__)\n")
    assert bench.run("snippets/a.py")["snippets/a.py"].text == "{'x': <class 'int'>}\n"


def test_modules_are_compiled_for_the_scripts_that_follow(tmp_path, monkeypatch):
    monkeypatch.setattr(child, "compiled", {})
    (tmp_path / "brick.py").write_text("def f(x: int): ...\n")
    (tmp_path / "bad.py").write_text("def\n")
    names = ["data.csv", "bad.py", "gone.py", "brick.py"]
    child.precompile(str(tmp_path), dict.fromkeys(names, "before"))
    ((path, (known, code)),) = child.compiled.items()
    assert path == str(tmp_path / "brick.py") and known == digest(b"def f(x: int): ...\n")
    made = {}
    exec(code, made)
    assert made["f"].__annotations__ == {"x": int}
    child.precompile(str(tmp_path), {"brick.py": known})
    assert child.compiled[path][1] is code, "what is compiled already stays"


def test_a_folder_that_its_script_has_removed_does_not_end_the_server(tmp_path):
    from hooks.engine import server

    server.remove(tmp_path / "gone")


def test_a_figure_has_no_ids_but_those_that_it_refers_to(bench):
    bench.write("snippets/a.py", DRAW + "plt.scatter([1], [2])\nplt.legend(['a'])\n")
    (figure,) = bench.run("snippets/a.py")["snippets/a.py"].figures
    assert re.search(r' id="f[0-9a-f]{6}-0"', figure)
    assert set(re.findall(r' id="([^"]+)"', figure)) == set(re.findall(r'(?:url\(|href=")#([^")]+)', figure))


def test_a_figure_may_weigh_as_much_as_the_limit(monkeypatch):
    figure = Figure()
    figure.subplots().plot([1, 2])
    size = len(svg.render(figure, "a").encode())
    monkeypatch.setattr(svg, "SIZE_LIMIT", size)
    assert len(svg.render(figure, "a").encode()) == size
    monkeypatch.setattr(svg, "SIZE_LIMIT", size - 1)
    with pytest.raises(ValueError, match="the figure weighs"):
        svg.render(figure, "a")
    monkeypatch.setattr(svg, "shrink", lambda drawing, prefix: "x" * 999_999)
    monkeypatch.setattr(svg, "SIZE_LIMIT", 999_998)
    with pytest.raises(ValueError, match="weighs 999 kB, the limit is 999: draw fewer"):
        svg.render(figure, "a")


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
        + "plt.gca().set_title('a')\n\n# %%\nx + 1\n",
    )
    outcome = bench.run("docs/labs/a.py")["docs/labs/a.py"]
    assert [(cell.text, len(cell.figures)) for cell in outcome.cells] == [("1\n", 0), ("", 1), ("2\n", 0)]


def test_a_cell_shows_a_list_and_not_what_was_drawn(bench):
    marks = [
        "[1, 2]",
        "plt.plot([1, 2])",
        "plt.hist([1, 2])",
        "(1, 'a')",
        "plt.subplots()",
        "[]",
        "None",
        "'3'",
    ]
    bench.write(
        "docs/labs/a.py", "".join(f"# %%\nimport matplotlib.pyplot as plt\n{mark}\n" for mark in marks)
    )
    outcome = bench.run("docs/labs/a.py")["docs/labs/a.py"]
    shown = ["[1, 2]\n", "", "", "(1, 'a')\n", "", "[]\n", "", "'3'\n"]
    assert [cell.text for cell in outcome.cells] == shown


def test_a_cell_that_ends_with_no_value_runs_to_its_end(bench):
    bench.write("docs/labs/a.py", f"# %%\na = 1\n# %%\nprint(a)\n{DRAW}")
    assert bench.run("docs/labs/a.py")["docs/labs/a.py"].text.startswith("1\n")


def test_the_numbers_of_calls_are_those_of_the_kernel():
    """Of syscall_64.tbl and asm-generic/unistd.h, with audit.h's numbers of the machines: only one can be tried here."""
    names = "socket", "socketpair", "setpgid", "setsid", "prlimit", "capget"
    for machine, number, calls in (
        ("x86_64", 0xC000003E, (41, 53, 109, 112, 302, 125)),
        ("aarch64", 0xC00000B7, (198, 199, 154, 157, 261, 90)),
    ):
        assert MACHINES[machine] == (number, dict(zip(names, calls, strict=True)))
    assert len(MACHINES) == 2
    names = "shmget", "shmat", "shmctl", "semget", "semop", "semctl", "semtimedop"
    names += (
        "msgget",
        "msgsnd",
        "msgrcv",
        "msgctl",
        "mq_open",
        "mq_unlink",
        "add_key",
        "request_key",
        "keyctl",
    )
    for machine, calls in (
        ("x86_64", (29, 30, 31, 64, 65, 66, 220, 68, 69, 70, 71, 240, 241, 248, 249, 250)),
        ("aarch64", (194, 196, 195, 190, 193, 191, 192, 186, 189, 188, 187, 180, 181, 217, 218, 219)),
    ):
        assert SHARED[machine] == dict(zip(names, calls, strict=True))
    assert SHARED.keys() == MACHINES.keys()


def test_split_puts_every_statement_into_one_cell():
    import ast

    source = "# %%\na = 1\n# %% [markdown]\n# text\n# %%\nb = (\n    2\n)\nc = 3\n"
    below = "\na = 1\n# %%\nb = 2\n"
    assert [cell[0].lineno for cell in split(ast.parse(below), below)] == [2, 4]
    cells = split(ast.parse(source), source)
    assert [[type(s).__name__ for s in cell] for cell in cells] == [["Assign"], ["Assign", "Assign"]]
    assert split(ast.parse(source), source.replace("[markdown]", "[md]"))[0][0].lineno == 2
    assert len(split(ast.parse(source), source.replace("[markdown]", "[md]"))) == 2
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


def test_what_several_scripts_need_is_imported_once_for_all(tmp_path, monkeypatch):
    for name, text in {
        "a": "torch.func.grad(f)",
        "b": "@torch.compile",
        "c": "import sklearn",
        "d": 'plt.title("$x$")',
        "e": "axes.semilogy()",
        "f": 'axes.set(xscale="log")',
    }.items():
        (tmp_path / f"{name}.py").write_text(text)
    assert needed(tmp_path, ["a.py", "b.py", "c.py", "gone.py"]) == ["torch._dynamo"]
    assert needed(tmp_path, ["a.py", "c.py"]) == []
    for pair in (["d.py", "e.py"], ["e.py", "f.py"]):
        assert needed(tmp_path, pair) == ["matplotlib.mathtext"]
    assert needed(tmp_path, ["c.py", "c.py"]) == ["sklearn.datasets"]
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "sklearn" else True)
    assert needed(tmp_path, ["c.py", "c.py"]) == [], "the server would end with an error"


def test_practice_with_formulas_leaves_their_grammar_and_no_figure():
    code = (
        "from hooks.engine import server, svg\nserver.preload(['torch', 'matplotlib.pyplot'])\n"
        "import matplotlib.pyplot as plt\nfrom matplotlib.mathtext import MathTextParser\n"
        "for formulas in (False, True):\n    svg.practice(formulas)\n"
        "    print(MathTextParser._parser is not None, plt.get_fignums())\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.splitlines() == ["False []", "True []"]


def test_practice_with_formulas_reads_the_usual_labels_of_a_logarithmic_axis():
    code = (
        "from hooks.engine import server, svg\nserver.preload(['torch', 'matplotlib.pyplot'])\n"
        "import matplotlib.pyplot as plt\nfrom matplotlib.mathtext import MathTextParser\n"
        "svg.practice(True)\nread = MathTextParser._parse_cached.cache_info().misses\n"
        "figure, axes = plt.subplots()\naxes.set(yscale='log', ylim=(1e-6, 1e4))\n"
        "svg.render(figure, 'a')\nprint(MathTextParser._parse_cached.cache_info().misses - read)\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "0\n"


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="this C library has no mallopt")
def test_what_a_script_frees_it_gets_again(bench):
    bench.write(
        "snippets/a.py",
        DRAW + "import resource, torch\nx = torch.ones(1_000_000)\n"
        "for _ in range(5): y = (x + 1) * 2 + (x - 1)\n"  # the heap has its size only then
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt\n"
        "for _ in range(50): y = (x + 1) * 2 + (x - 1)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)\n",
    )
    faults = int(bench.run("snippets/a.py")["snippets/a.py"].text)
    assert faults < 12_000  # 36,000 where freed tensors of 4 MB go back to the system


HUGE = Path("/sys/kernel/mm/transparent_hugepage/enabled")


@pytest.mark.skipif(
    not HUGE.exists() or "[never]" in HUGE.read_text() or platform.libc_ver() < ("glibc", "2.35"),
    reason="this system has no large pages, or its C library does not ask for them",
)
@pytest.mark.parametrize("count", [1, 60])
def test_many_scripts_share_their_memory_in_large_pages(bench, count):
    bench.engine.close()
    bench.engine.start(["snippets/a.py"] * count)
    bench.write(
        "snippets/a.py",
        DRAW + "from pathlib import Path\n"
        "print(Path('/proc/self/smaps_rollup').read_text().split('AnonHugePages:')[1].split()[0])\n",
    )
    held = int(bench.run("snippets/a.py")["snippets/a.py"].text)
    assert (held > 16_000) == (count == 60)  # kB


def test_a_module_at_the_top_is_compiled_from_its_bytes_too(bench):
    bench.write("helper.py", "value = 1\n")
    bench.write("snippets/a.py", DRAW + "import helper\nprint(helper.value)\n")
    subprocess.run([sys.executable, "-m", "py_compile", "helper.py"], cwd=bench.root, check=True)
    stamp = (bench.root / "helper.py").stat()
    try:
        assert bench.run("snippets/a.py")["snippets/a.py"].text == "1\n"
        bench.write("helper.py", "value = 2\n")
        os.utime(bench.root / "helper.py", ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
        assert bench.run("snippets/a.py")["snippets/a.py"].text == "2\n"
    finally:
        (bench.root / "helper.py").unlink()


def test_an_import_does_not_count_as_a_look_at_its_folder(bench):
    bench.write("helper.py", "value = 1\n")
    bench.write("snippets/a.py", DRAW + "import helper\nprint(helper.value)\n")
    try:
        found = bench.run("snippets/a.py")["snippets/a.py"].dependencies
    finally:
        (bench.root / "helper.py").unlink()
    assert "helper.py" in found and not {".", "snippets"} & found.keys(), "any new file would run it again"


def test_how_many_processors_there_are(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", {0: {4, 7}}.get, raising=False)
    assert cores() == 2, "those that this process may use"
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)  # as on macOS
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    assert cores() == 3
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert cores() == 1


def test_what_the_documents_say_of_limits_is_so():
    text = (Path(__file__).parents[1] / "SECURITY.md").read_text()
    assert (
        f"a file may grow to {SIZE_LIMIT // 2**20} MB, and a script may run for {TIME_LIMIT:g} seconds."
        in text
    )


def test_hidden_names_and_compiled_copies_in_a_folder_count_for_nothing(tmp_path):
    (tmp_path / "a.csv").touch()
    before = state(tmp_path)
    (tmp_path / ".a.csv-1").touch()
    (tmp_path / "__pycache__").mkdir()
    assert state(tmp_path) == before
    (tmp_path / "b.csv").touch()
    assert state(tmp_path) != before


def test_a_name_that_is_no_text_is_told_or_counts_like_any_other(bench):
    odd = os.fsencode(bench.root) + b"/odd/\xff.csv"
    bench.write("odd/a.csv", "1")
    try:
        with open(odd, "w"):
            pass
    except OSError:
        pytest.skip("this file system takes only names in UTF-8")
    try:
        list_it = f"import os\nprint(len(os.listdir({str(bench.root / 'odd')!r})))\n"
        bench.write("snippets/a.py", DRAW + list_it)
        assert bench.run("snippets/a.py")["snippets/a.py"].text == "2\n"
        assert bench.ran("snippets/a.py") == []
        found = failure(bench, f"{DRAW}open({odd!r})\n")
        assert (
            found.reason == r"ValueError: a file of the project needs a name in UTF-8, got 'odd/\udcff.csv'"
        )
        assert found.line == 3
    finally:
        os.remove(odd)
    assert bench.ran("snippets/a.py") == ["snippets/a.py"]
    assert failure(bench, r"raise ValueError('half: \ud800')").reason == r"ValueError: half: \ud800"


def test_the_time_limit_is_the_variables_or_the_default(monkeypatch):
    monkeypatch.delenv("LEGO_TIME_LIMIT", raising=False)
    assert time_limit() == TIME_LIMIT
    monkeypatch.setenv("LEGO_TIME_LIMIT", "2.5")
    assert time_limit() == 2.5
    for wrong in ("", "abc", "0", "-1", "nan", "inf"):
        monkeypatch.setenv("LEGO_TIME_LIMIT", wrong)
        with pytest.raises(
            ValueError, match=rf"LEGO_TIME_LIMIT must be a number of seconds above 0, got '{wrong}'"
        ):
            time_limit()


def test_the_folder_of_a_script_goes_with_it(bench):
    bench.write("snippets/a.py", f"{DRAW}import os\nprint(os.getcwd())\n")
    outcome = bench.run("snippets/a.py")["snippets/a.py"]
    assert not Path(outcome.text.strip()).exists(), "not only when the server ends"


def test_a_signal_without_a_name_has_its_number(bench):
    if signal.NSIG <= 40:
        pytest.skip("this system has no signal 40")
    found = failure(bench, "import os\nos.kill(os.getpid(), 40)\n")
    assert found.reason == "its process was killed by signal 40"


def test_an_engine_that_is_edited_before_its_server_has_begun_is_not_used(
    bench, tmp_path, monkeypatch, capfd
):
    bench.write("snippets/a.py", DRAW)
    monkeypatch.setattr("hooks.engine.engine.ENGINE", "of an edit that was undone")
    engine = Engine(bench.root, tmp_path)
    with pytest.raises(ServerError):
        engine.run(["snippets/a.py"])
    assert "the engine in hooks/ was edited after the build had begun: start again" in capfd.readouterr().err
    assert not list(tmp_path.rglob("*.json"))


def test_what_is_no_file_has_no_state_and_is_not_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/dev/zero")
    for path in (tmp_path / "pipe", tmp_path / "link", Path("/dev/stdin"), tmp_path / "none"):
        assert state(path) == "missing"


def test_what_cannot_be_read_has_no_state(tmp_path, monkeypatch):
    """A file of somebody else; a name that is too long for one."""

    def refuse(path):
        raise PermissionError

    (tmp_path / "a").touch()
    monkeypatch.setattr(Path, "read_bytes", refuse)
    for name in ("a", "a" * 999):
        assert state(tmp_path / name) == "missing"


def test_a_limit_that_stands_is_not_raised(monkeypatch, tmp_path):
    """Only the system's administrator could."""
    from hooks.engine import confine

    limits = []
    monkeypatch.setattr(confine.sys, "platform", "darwin")  # or it would confine this process
    monkeypatch.setattr(confine.resource, "setrlimit", lambda kind, limit: limits.append(limit))
    for most, expected in ((10**7, 10**7), (2**40, SIZE_LIMIT), (confine.resource.RLIM_INFINITY, SIZE_LIMIT)):
        monkeypatch.setattr(confine.resource, "getrlimit", lambda kind, most=most: (most, most))
        confine.confine(tmp_path)
        assert limits.pop() == (expected, expected)
