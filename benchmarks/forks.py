"""Runs the tests of changed copies of a project, each in a fork of one process that has imported what tests need.

An import of torch costs as much as many a test. The process that forks has computed nothing: a fork after a parallel
operation hangs; nor has it imported `lego` or `hooks`: its forks would test the old code.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import json
import multiprocessing.process
import os
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

os.environ |= {"OMP_NUM_THREADS": "1", "MPLBACKEND": "agg", "CUDA_VISIBLE_DEVICES": ""}  # before torch

PRELOAD = (
    "torch torch._dynamo torch.func numpy scipy.optimize pandas sklearn.datasets joblib matplotlib.pyplot "
    "matplotlib.backends.backend_svg mpmath pytest hypothesis.strategies lxml.html jupytext markdown"
)
DEATH_SIGNAL, SUBREAPER = 1, 36  # of prctl
POLL = 0.02  # seconds
PRELOADED = "ignore::pytest.PytestAssertRewriteWarning"  # of hypothesis
NONE_LEFT = 5  # pytest's exit code if it has no test to run
FAILED = {1, 2, 3}  # tests failed, or could not be collected, or a change broke pytest itself
T = TypeVar("T")


def preload() -> None:
    """Import what tests need, and compute nothing."""
    for name in PRELOAD.split():
        importlib.import_module(name)
    assert not {"lego", "hooks"} & set(sys.modules), "the forks would test the old code"


def fork(work: Callable[[], int], limit: float) -> int | None:
    """Exit code of `work` in a process of its own, negative if a signal ended it; None if it had to be ended."""
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        code = 70
        try:
            os.setsid()
            code = work()
            sys.stdout.flush()
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    deadline = time.monotonic() + limit
    try:
        while True:
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status)
            if time.monotonic() > deadline:
                return None
            time.sleep(POLL)
    finally:
        end_descendants()


def end_descendants() -> None:
    """End every process that this one and its forks have started, orphans too."""
    import psutil

    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            process.kill()
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def spread(work: Callable[[T, int], None], tasks: list[T], jobs: int) -> None:
    """Do all tasks in `jobs` processes, each with its number; an interrupt ends them all."""
    workers = []
    for number in range(jobs):
        if (pid := os.fork()) == 0:
            code = 1
            try:
                signal.signal(signal.SIGTERM, signal.default_int_handler)
                if sys.platform == "linux":
                    control = ctypes.CDLL(None).prctl
                    control(DEATH_SIGNAL, signal.SIGTERM)  # when the process that forks them ends
                    control(SUBREAPER, 1)  # orphans of a test come to this process, to be ended
                for task in tasks[number::jobs]:
                    work(task, number)
                code = 0
            except KeyboardInterrupt:
                pass
            except BaseException:
                traceback.print_exc()
            finally:
                end_descendants()
                os._exit(code)
        workers.append(pid)
    codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in workers]
    if any(codes):
        sys.exit(1)


class Copy:
    """A copy of the project's files, in which one change at a time is tested."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.root, self.folder = root, folder
        shutil.rmtree(folder, ignore_errors=True)
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=root, capture_output=True, text=True, check=True,
        )  # fmt: skip
        for name in filter(None, listed.stdout.split("\0")):
            if (root / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(root / name, folder / name)
        self.clock = int(time.time())

    def write(self, name: str, text: str) -> None:
        """Change a file; each version has a second of its own, so that no compiled copy outlives it."""
        (self.folder / name).write_text(text)
        self.clock += 1
        os.utime(self.folder / name, (self.clock, self.clock))

    def test(
        self, files: Iterable[str], plugin: object | None, limit: float, log: Path | None = None
    ) -> int | None:
        """Exit code of pytest, as of `fork`; it stops at the first failure."""

        def work() -> int:
            import pytest

            self.enter(log)
            options = ["-x", "-q", "-p", "no:cacheprovider", "--hypothesis-seed=0", "-W", PRELOADED]
            return int(pytest.main([*options, *files], plugins=[plugin] if plugin else []))

        return fork(work, limit)

    def enter(self, log: Path | None = None) -> None:
        """Make this process, and what it starts, see the copy alone; what it prints goes to the log."""
        ours = {"", str(self.root)}
        os.chdir(self.folder)
        # multiprocessing would run the main module anew: by its file the project's, by its name the copy's
        main = vars(sys.modules["__main__"])
        main.pop("__file__", None)
        main["__spec__"] = None
        vars(multiprocessing.process)["ORIGINAL_DIR"] = str(self.folder)
        sys.path[:] = [str(self.folder), *(path for path in sys.path if path not in ours)]
        inherited = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path not in ours]
        os.environ["PYTHONPATH"] = os.pathsep.join([str(self.folder), *inherited])
        for name in [name for name in sys.modules if name.partition(".")[0] in {"benchmarks", "tests"}]:
            del sys.modules[name]  # imported from the project itself
        target = os.open(log or os.devnull, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for number in (1, 2):
            os.dup2(target, number)

    def measure(self, files: Iterable[str], sources: Iterable[str], limit: float, result: Path) -> None:
        """Write down every test of `files`, its seconds and the functions of `sources` that it calls.

        All must pass. A run that was cut short goes on where it was. Each copy has a list of its own until it is whole,
        for another copy may measure the same, or fail to.
        """
        part, log = result.with_suffix(f".{self.folder.name}"), self.folder / ".log"
        part.touch()
        trace = Trace({str(self.folder / name): name for name in sources}, part)
        code = self.test(files, trace, limit, log)
        if code != 0 and not (code == NONE_LEFT and trace.tests):
            part.unlink()
            raise RuntimeError(
                f"the unchanged tests must pass, pytest ended with {code}:\n{log.read_text()[-3000:]}"
            )
        part.replace(result)


Reached = tuple[float, list[str]]  # seconds, and functions as "file:line"


def read_measured(path: Path) -> dict[str, Reached]:
    """What `measure` wrote."""
    lines = map(json.loads, path.read_text().splitlines())
    return {name: (seconds, functions) for name, seconds, functions in lines}


class Trace:
    """A pytest plugin that notes how long each test takes and which functions it calls."""

    def __init__(self, sources: dict[str, str], result: Path) -> None:
        self.sources, self.result = sources, result
        self.tests = read_measured(result)
        self.lines: set[str] = set()

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        items[:] = [item for item in items if item.nodeid not in self.tests]

    def trace(self, frame: Any, event: str, argument: object) -> None:
        name = self.sources.get(frame.f_code.co_filename)
        if name:
            self.lines.add(f"{name}:{frame.f_code.co_firstlineno}")

    def pytest_runtest_protocol(self, item: Any) -> None:
        self.lines, self.began = set(), time.perf_counter()
        sys.settrace(self.trace)

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.when == "teardown" and report.passed:
            sys.settrace(None)
            record = report.nodeid, round(time.perf_counter() - self.began, 4), sorted(self.lines)
            with self.result.open("a") as file:
                file.write(json.dumps(record) + "\n")


class Chosen:
    """A pytest plugin that runs some tests, in the order given."""

    def __init__(self, tests: Iterable[str]) -> None:
        self.order = {name: number for number, name in enumerate(tests)}

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        chosen = [item for item in items if item.nodeid in self.order]
        items[:] = sorted(chosen, key=lambda item: self.order[item.nodeid])


def verdict(code: int | None) -> str:
    """What pytest's exit code says about a change: `caught`, `timeout` (as good as caught) or `survived`."""
    if code is None:
        return "timeout"
    if code == 0:
        return "survived"
    if code in FAILED or code < 0:
        return "caught"
    raise RuntimeError(f"pytest must run the tests, it ended with {code}")
