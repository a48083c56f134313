"""Runs scripts through the fork server, as many at a time as there are cores."""

from __future__ import annotations

import contextlib
import functools
import importlib.metadata
import importlib.util
import multiprocessing
import os
import re
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Collection, Iterable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from hooks.engine import svg
from hooks.engine.cache import ENGINE, Cache
from hooks.engine.outcome import Failure, Outcome, state

TIME_LIMIT = 60.0  # seconds for one script
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",  # two threads on a busy machine are slower than one
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "CUDA_VISIBLE_DEVICES": "",  # the same picture on every machine
    "MPLBACKEND": "agg",
    "PYTHONHASHSEED": "0",  # and the order of a set
    "PYTHONOPTIMIZE": "",
    "PYTHONUTF8": "1",
    "PYTHONIOENCODING": "utf-8",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
}
MANY = 60  # for so many scripts it pays to hold the memory that they share in few large pages:
# a fork copies the list of pages, and the end of each process goes through it once more
LARGE_PAGES = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}  # another C library takes no notice

# the hooks are loaded by their place: those of another checkout may be installed, and a file of the project, such as
# random.py, must not come before the modules that Python or a package calls so
START = """
import sys
from importlib import util
spec = util.spec_from_file_location("hooks", "hooks/__init__.py")
sys.modules["hooks"] = util.module_from_spec(spec)
from hooks.engine.server import main
main()
"""

# what the fork server imports before it forks
ALWAYS = ("torch", "numpy.random", "matplotlib.pyplot", "matplotlib.backends.backend_svg")
OFTEN = {  # takes time to import, or to use at first: worth it where several scripts seem to need it
    "torch._dynamo": re.compile(rb"torch\.(func|compile)"),  # whoever only trains does without, see dynamo.py
    "sklearn.datasets": re.compile(rb"sklearn|lego\.(datasets|experiments)"),
    "matplotlib.mathtext": re.compile(rb"\$|loglog|semilog|[xy]scale"),  # labels of a logarithm are formulas
}

Report = Callable[[str, str], None]  # event ("running", "cached", "ran", "failed") and script


class ServerError(RuntimeError):
    """The process that runs the scripts is gone."""


class Engine:
    """Runs the scripts of the project at `root`; keep one for many builds, its fork server stays warm."""

    def __init__(
        self, root: Path, cache: Path, *, limit: float = TIME_LIMIT, jobs: int | None = None
    ) -> None:
        if sys.platform == "win32":
            raise OSError("snippets run in forked processes, which Windows lacks: build inside WSL")
        self.root = root
        self.cache = Cache(cache, root)
        self.limit = limit
        self.jobs = cores() if jobs is None else jobs
        if self.jobs < 1:
            raise ValueError(f"jobs must be at least 1, got {jobs}")
        self.unconfined: set[str] = set()  # what this system can't take away from scripts
        self._server: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None
        self._packages: frozenset[str] = frozenset()  # that were installed when the server started

    def run(
        self, scripts: Iterable[str], report: Report = lambda event, script: None
    ) -> dict[str, Outcome | Failure]:
        """Outcome or failure of each script (paths relative to the root), from the cache where it still holds."""
        if self._packages != (packages := installed()):
            self.close()  # what it imported may be another version now
            _found.clear()
        self.cache.problem = None
        look_up = self.cache.reader()
        results: dict[str, Outcome | Failure] = {}
        waiting: deque[str] = deque()
        asked = list(dict.fromkeys(scripts))
        for script in asked:
            if (outcome := look_up(script)) is not None:
                results[script] = outcome
                report("cached", script)
            else:
                waiting.append(script)
        if not waiting:
            return results
        server = self.start(waiting)
        running = 0
        sent: dict[str, str] = {}
        try:
            while waiting or running:
                while waiting and running < self.jobs:
                    script = waiting.popleft()
                    sent[script] = state(self.root / script)
                    server.send((script, self.limit))
                    running += 1
                event, script, *rest = server.recv()
                if event == "started":
                    report("running", script)
                    continue
                running -= 1
                result = results[script] = self._judge(script, rest[0])
                if isinstance(result, Outcome):
                    ran_what_was_sent = result.dependencies.get(script) == sent[script]
                    if ran_what_was_sent and packages == installed():
                        self.cache.store(script, result)
                report("ran" if isinstance(result, Outcome) else "failed", script)
        except (EOFError, OSError):
            self.close()
            raise ServerError("the fork server died; its own message stands above") from None
        except BaseException:
            self.close()  # what still runs belongs to nobody
            raise
        return {script: results[script] for script in asked}  # in whatever order they ended

    def start(self, scripts: Collection[str]) -> Connection:
        """Start the fork server with what these scripts seem to need, unless it runs already."""
        if self._connection is None or self._server is None or self._server.poll() is not None:
            self.close()
            self._packages = installed()
            self._connection, theirs = multiprocessing.Pipe()
            command = [sys.executable, "-P", "-c", START, str(theirs.fileno()), ENGINE, str(len(scripts))]
            command += [*ALWAYS, *needed(self.root, scripts)]
            environment = os.environ | ENVIRONMENT
            if len(scripts) >= MANY:
                environment = LARGE_PAGES | environment
            self._server = subprocess.Popen(
                command, cwd=self.root, env=environment, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL
            )
            theirs.close()
        return self._connection

    def close(self) -> None:
        """End the fork server and its children."""
        if self._connection is not None:
            self._connection.close()
        if self._server is not None:
            try:
                self._server.wait(5)
            except subprocess.TimeoutExpired:
                self._server.kill()
                self._server.wait()
        self._connection = self._server = None

    def remarks(self) -> list[str]:
        """What a user should know of the last run."""
        found = []
        if (problem := self.cache.problem) is not None:
            folder = self.cache.folder
            found.append(
                f"Nothing can be kept in {folder} ({problem.strerror}): every build runs all snippets"
            )
        if self.unconfined:
            taken = ", ".join(sorted(self.unconfined))
            found.append(
                f"This system's kernel does not keep snippets from {taken}: build only what you trust"
            )
        return found

    def _judge(self, script: str, result: dict[str, Any]) -> Outcome | Failure:
        if "reason" in result:
            details = result.get("details", "")
            line = result.get("line")
            if line is None:
                places = re.findall(rf'File "[^"]*{re.escape(script)}", line (\d+)', details)
                line = int(places[0]) if places else None
            reason = result["reason"]
            if result.get("late"):
                reason += f" of {self.limit:g} s (LEGO_TIME_LIMIT sets another)"
            return Failure(script, reason, line, details)
        self.unconfined.update(result.pop("unconfined"))
        outcome = Outcome.from_data(result, versions=package_versions(result.pop("modules")))
        for figure in outcome.figures:
            if fault := svg.find_fault(figure):
                return Failure(script, f"draws what is no picture: {fault[:80]}")
        if script.startswith("snippets/") and not outcome.figures:
            return Failure(script, "draws nothing: a snippet leaves at least one figure open at its end")
        return outcome


def time_limit() -> float:
    """Seconds for one script: what LEGO_TIME_LIMIT says, or the default.

    Raises:
        ValueError: if it is no number above zero.
    """
    text = os.environ.get("LEGO_TIME_LIMIT", str(TIME_LIMIT))
    with contextlib.suppress(ValueError):
        if 0 < (seconds := float(text)) < float("inf"):
            return seconds
    raise ValueError(f"LEGO_TIME_LIMIT must be a number of seconds above 0, got {text!r}")


def cores(quota: Path = Path("/sys/fs/cgroup/cpu.max")) -> int:
    """How many processors this process may use; a container may have the time of fewer than it sees."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with contextlib.suppress(OSError, ValueError):  # "max" is no number
        time, period = map(int, quota.read_text().split())
        count = min(count, max(1, -(-time // period)))
    return count


def read(path: Path) -> bytes:
    """A file's bytes; none where it can't be read."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def installed() -> frozenset[str]:
    """The packages that Python finds, with their versions, as their folders are called."""
    found: set[str] = set()
    for folder in sys.path:
        with contextlib.suppress(OSError):
            if folder.endswith("packages"):
                found.update(name for name in os.listdir(folder) if name.endswith("-info"))
    return frozenset(found)


def needed(root: Path, scripts: Iterable[str]) -> list[str]:
    """The installed modules that at least two of the scripts seem to need; a wrong guess costs time only."""
    sources = [read(root / script) for script in scripts]
    names = [name for name, sign in OFTEN.items() if sum(bool(sign.search(text)) for text in sources) > 1]
    return [name for name in names if importlib.util.find_spec(name.partition(".")[0])]


def package_versions(modules: Iterable[str]) -> dict[str, str]:
    """The installed packages that top-level modules belong to, with their versions."""
    owners = _owners()
    found: dict[str, str] = {}
    for module in modules:
        for package in owners.get(module, ()):
            name, version = _described(package)
            found.setdefault(name, version)  # of two of one name, Python imports the first
    return {name: found[name] for name in sorted(found.keys() - {"", "lego"})}


_found: dict[str, list[importlib.metadata.Distribution]] = {}


def _owners() -> dict[str, list[importlib.metadata.Distribution]]:
    """What `importlib.metadata.packages_distributions` tells, without a path object for each installed file."""
    if not _found:
        for package in importlib.metadata.distributions():
            with contextlib.suppress(OSError):
                modules = set((package.read_text("top_level.txt") or "").split())
                files = package.read_text("RECORD") or ""
                for module in modules or set(re.findall(r"^[^/.,\n]+", files, re.MULTILINE)):
                    _found.setdefault(module, []).append(package)
    return _found


@functools.cache
def _described(package: importlib.metadata.Distribution) -> tuple[str, str]:
    """A package's name and version, from one reading; nothing for one whose description is lost."""
    with contextlib.suppress(OSError, KeyError):
        description = package.metadata
        return str(description["Name"] or ""), str(description["Version"] or "")
    return "", ""
