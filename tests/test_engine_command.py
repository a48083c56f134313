"""The engine's command line: figures without MkDocs."""

import io
import shutil
import sys

import pytest

from hooks.engine import progress
from hooks.engine.__main__ import main as command
from tests.conftest import ROOT

TWO = "import matplotlib.pyplot as plt\nfor _ in range(2):\n    plt.figure()\n    plt.plot([1, 2])\nprint('told')\n"
MUTE = "import matplotlib.pyplot as plt\nplt.plot([2, 1])\n"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    root = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "hooks", root / "hooks", ignore=shutil.ignore_patterns("__pycache__"))
    for name, text in {"a/two": TWO, "mute": MUTE, "bad": "x = 1\n1 / 0\n"}.items():
        (root / "snippets" / f"{name}.py").parent.mkdir(parents=True, exist_ok=True)
        (root / "snippets" / f"{name}.py").write_text(text)
    return root


@pytest.fixture
def run(project, monkeypatch):
    def run(*arguments):
        monkeypatch.chdir(project)
        monkeypatch.setattr(sys, "argv", ["python -m hooks.engine", *arguments])
        return command()

    return run


def written(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*"))


def test_all_snippets_become_files_and_a_failure_is_told(run, project, capsys):
    assert run("--jobs", "1") == 1
    assert written(project / "figures") == ["a/two-2.svg", "a/two.svg", "a/two.txt", "mute.svg"]
    assert (project / "figures" / "a" / "two.txt").read_text() == "told\n"
    assert (project / "figures" / "mute.svg").read_text().startswith("<svg")
    out, err = capsys.readouterr()
    assert "snippets/bad.py:2: ZeroDivisionError" in err
    assert out.startswith("Figures: 0 of 3 from the cache; ran a/two ") and "; failed bad;" in out


def test_named_snippets_go_to_the_folder_asked_for(run, project, tmp_path, capsys):
    for _ in range(2):
        assert run("--out", str(tmp_path), str(project / "snippets" / "mute.py")) == 0
    assert written(tmp_path) == ["mute.svg"]
    assert capsys.readouterr().out.splitlines()[1].startswith("Figures: 1 of 1 from the cache;")


def test_what_a_snippet_no_longer_makes_goes(run, project, tmp_path):
    script = project / "snippets" / "a" / "two.py"
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "two-note.svg").touch()
    try:
        script.write_text(TWO.replace("range(2)", "range(4)"))
        assert run("--out", str(tmp_path), str(script)) == 0
        drawn = ["a/two-2.svg", "a/two-3.svg", "a/two-4.svg", "a/two-note.svg", "a/two.svg", "a/two.txt"]
        assert written(tmp_path) == drawn
        script.write_text(TWO.replace("print('told')\n", ""))
        assert run("--out", str(tmp_path), str(script)) == 0
        assert written(tmp_path) == ["a/two-2.svg", "a/two-note.svg", "a/two.svg"]
    finally:
        script.write_text(TWO)


def test_labs_too_and_nothing_from_elsewhere(run, project, tmp_path, capsys):
    (project / "docs" / "labs").mkdir(parents=True, exist_ok=True)
    (project / "docs" / "labs" / "a.py").write_text(MUTE)
    assert run("--out", str(tmp_path / "out"), "docs/labs/a.py") == 0
    assert written(tmp_path / "out") == ["docs/labs/a.svg"]
    (tmp_path / "b.py").write_text(MUTE)
    with pytest.raises(SystemExit, match="2"):
        run(str(tmp_path / "b.py"))
    assert f"not below {project}: {tmp_path / 'b.py'}" in capsys.readouterr().err


@pytest.mark.parametrize("jobs", ["0", "-1"])
def test_a_number_of_jobs_below_one_is_refused(run, capsys, jobs):
    with pytest.raises(SystemExit, match="2"):
        run("--jobs", jobs)
    assert f"jobs must be at least 1, got {jobs}" in capsys.readouterr().err


def test_snippets_that_are_not_there_are_named(run, capsys):
    with pytest.raises(SystemExit, match="2"):
        run("snippets/mute.py", "snippets/none.py", "snippets/a")
    assert "no such snippet: snippets/none.py, snippets/a\n" in capsys.readouterr().err


class Terminal(io.StringIO):
    def isatty(self):
        return True

    def seen(self):
        """What stands on the line: each message erases the one before."""
        return self.getvalue().rsplit("\r\033[K", 1)[1]


def test_a_terminal_sees_what_runs(monkeypatch):
    clock = iter([1.0, 2.0, 3.0, 5.5, 9.0, 11.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    terminal = Terminal()
    told = progress.Progress(4, terminal)
    told("cached", "snippets/a.py")
    assert terminal.getvalue() == ""
    for event, script, line in (
        ("running", "snippets/long/name.py", "[1/4] running long/name"),
        ("running", "docs/labs/b.py", "[1/4] running long/name, labs/b"),
        ("ran", "snippets/long/name.py", "[2/4] running labs/b"),
    ):
        told(event, script)
        assert terminal.seen() == line
    told("failed", "docs/labs/b.py")
    assert terminal.seen() == ""
    clock = iter([21.0])
    assert (
        told.summary()
        == "Figures: 1 of 4 from the cache; ran long/name 6.00 s; failed labs/b; 20.00 s in all"
    )


def test_a_terminals_line_is_cut_and_the_summary_replaces_it(monkeypatch):
    terminal = Terminal()
    told = progress.Progress(9, terminal)
    told("running", f"snippets/{'a' * 200}.py")
    assert len(terminal.seen()) == 110
    assert not told.ran and told.summary().startswith("Figures: 0 of 9 from the cache; ")
    assert len(terminal.seen()) == 110  # nothing has ended: nothing is erased
    told("failed", f"snippets/{'a' * 200}.py")
    before = terminal.getvalue()
    told.summary()
    assert terminal.getvalue() == before + "\r\033[K"


def test_a_log_is_spared_the_moving_line():
    log = io.StringIO()
    told = progress.Progress(1, log)
    for event in ("running", "ran"):
        told(event, "snippets/a.py")
    told.summary()
    assert log.getvalue() == ""


def test_names_with_a_dot_have_files_of_their_own(run, project, tmp_path):
    for name in ("relu", "relu.fast"):
        (project / "snippets" / f"{name}.py").write_text(f"{MUTE}print({name!r})\n")
        assert run("--out", str(tmp_path), f"snippets/{name}.py") == 0
        (project / "snippets" / f"{name}.py").unlink()
    assert written(tmp_path) == ["relu.fast.svg", "relu.fast.txt", "relu.svg", "relu.txt"]
    assert (tmp_path / "relu.txt").read_text() == "relu\n"
