"""The fork server: `main`, with the arguments FD ENGINE COUNT MODULE ...

Imports what many scripts need, then forks a child for each script that the engine asks for. Speaks
through one connection: receives `(script, limit)`, answers `("started", script)` and `("ended", script, result)`.
When the engine goes away, the connection ends, and the server takes its children along; so it does when it is
told to end.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from multiprocessing import connection, get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, NamedTuple

from hooks.engine import child, dynamo, svg
from hooks.engine.cache import engine_digest
from hooks.engine.result import result

POLL = 0.1  # seconds; a child whose own children live on holds its end of the pipe open
PRACTICE = 4  # for so many scripts it pays to have drawn once
FORMULAS = "matplotlib.mathtext"  # among the modules: scripts draw formulas
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of mallopt
ENDS = (signal.SIGTERM, signal.SIGHUP)  # a terminal that is closed sends the second to all that it started
GRACE = 1.0  # seconds between a script's own stack dump and its end by force


class Child(NamedTuple):
    """A running script."""

    script: str
    folder: Path
    process: BaseProcess
    deadline: float


def serve(engine: connection.Connection, known: str, count: int, formulas: bool) -> None:
    """Run scripts until the engine closes the connection.

    Args:
        engine: the other end.
        known: its fingerprint.
        count: how many scripts wait; more may follow.
        formulas: whether they may draw some.
    """
    if engine_digest() != known:  # what runs here is not what its outcomes would be kept under
        sys.exit("the engine in hooks/ was edited after the build had begun: start again")
    root = os.getcwd()
    context = get_context("fork")
    running: dict[int, Child] = {}
    imported: dict[str, str] = {}  # files of the project that scripts used, with their digests
    forks = 0
    if count >= PRACTICE:
        rehearse(formulas)
    with tempfile.TemporaryDirectory(prefix="lego-", ignore_cleanup_errors=True) as scratch:
        try:
            while True:
                ready = connection.wait([engine, *running], POLL if running else None)
                if engine in ready:
                    script, limit = engine.recv()
                    child.precompile(root, imported)
                    imported.clear()
                    forks += 1
                    if forks == PRACTICE > count:
                        rehearse(formulas)
                    if forks in {1, PRACTICE}:
                        child.preloaded.update(name.partition(".")[0] for name in sys.modules)
                    folder = Path(tempfile.mkdtemp(dir=scratch))
                    process = context.Process(target=child.main, args=(engine, root, script, folder, limit))
                    process.start()
                    running[process.sentinel] = Child(
                        script, folder, process, time.monotonic() + limit + GRACE
                    )
                    engine.send(("started", script))
                for sentinel, entry in list(running.items()):
                    overdue = time.monotonic() >= entry.deadline
                    if overdue or sentinel in ready or entry.process.exitcode is not None:
                        end(entry.process)
                        left = result(entry.folder, entry.process, overdue)
                        remove(entry.folder)
                        engine.send(("ended", entry.script, left))
                        imported.update(left.get("dependencies", {}))
                        imported.pop(entry.script, None)
                        del running[sentinel]
        except (EOFError, ConnectionError, KeyboardInterrupt, SystemExit):
            pass
        finally:
            for entry in running.values():
                end(entry.process)


def rehearse(formulas: bool) -> None:
    """Draw once, so that the scripts need not begin with it."""
    svg.practice(formulas)
    gc.freeze()


def remove(folder: Path) -> None:
    """Remove what a script left, however deep: before Python 3.13 each level takes one of its own."""
    try:
        shutil.rmtree(folder, ignore_errors=True)
    except RecursionError:
        subprocess.run(["rm", "-rf", str(folder)], check=False)


def end(process: BaseProcess) -> None:
    """End a child and every process that it started and left behind."""
    assert process.pid is not None
    if process.exitcode is None:  # it is overdue, or closed its end of the pipe and goes on
        process.kill()
    process.join()
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def preload(modules: list[str]) -> None:
    """Import modules, and compute nothing: a fork after a parallel operation hangs."""
    gc.disable()  # nothing of a module goes away again: to look for that takes a tenth of the time
    for name in modules:
        importlib.import_module(name)
    import matplotlib.style

    dynamo.put_off()
    matplotlib.rcdefaults()  # what stands in a reader's matplotlibrc is not for the site
    # it passes over what is no style
    left: list[Any] = ["date.epoch", "figure.max_open_warning", "interactive", "timezone"]
    matplotlib.rcParams.update({name: matplotlib.rcParamsDefault[name] for name in left})
    matplotlib.style.use(Path(__file__).with_name("figure.mplstyle"))
    gc.freeze()  # a child's collector need not look at them either, nor copy their memory
    gc.enable()
    keep_memory()
    assert "lego" not in sys.modules, "the server must not import lego: its children would run old code"


def keep_memory() -> None:
    """Let scripts keep memory that they free, up to their end, where the C library can.

    A loop that makes and frees large tensors gets the same pages back, and not new ones that the kernel clears.
    """
    with contextlib.suppress(AttributeError):  # a C library other than GNU's
        libc = ctypes.CDLL(None)
        libc.mallopt(M_TRIM_THRESHOLD, 2**30)
        libc.mallopt(M_MMAP_THRESHOLD, 2**25)  # more is refused


def leave(number: int, frame: object) -> None:
    """Of a signal to end: go, and take the scripts along; once is enough."""
    for other in ENDS:
        signal.signal(other, signal.SIG_IGN)
    sys.exit()


def main() -> None:
    """Import, then serve; scripts find the project's modules before others of the same names."""
    preload(sys.argv[4:])
    for number in ENDS:
        if signal.getsignal(number) != signal.SIG_IGN:  # as nohup has it
            signal.signal(number, leave)
    sys.path.insert(0, os.getcwd())
    serve(connection.Connection(int(sys.argv[1])), sys.argv[2], int(sys.argv[3]), FORMULAS in sys.argv)
    os._exit(0)  # nobody needs the modules taken apart
