"""What happens in the process of one script."""

from __future__ import annotations

import ast
import contextlib
import faulthandler
import json
import os
import random
import re
import signal
import socket
import sys
import tempfile
import time
import traceback
import types
from collections.abc import Iterator
from importlib.machinery import FileFinder, SourceFileLoader
from multiprocessing import connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from hooks.engine import svg
from hooks.engine.confine import DEVICES, confine
from hooks.engine.outcome import digest

TEXT_LIMIT = 64_000  # bytes of output that a page can still show
OUTSIDE = (".venv", ".cache", ".git", "site")  # folders below the root that hold no project files
MARK = re.compile(r"^# %%(.*)$", re.MULTILINE)

compiled: dict[str, tuple[str, types.CodeType]] = {}  # digest and code by path; children inherit the server's


def main(engine: connection.Connection, root: str, script: str, folder: Path, limit: float) -> None:
    """Run `script` and leave `result.json` in `folder`."""
    engine.close()
    os.setsid()  # so that whatever the script starts can be ended with it
    os.chdir(folder)
    faults = open(folder / "faults", "w")  # noqa: SIM115 - faulthandler writes here until the process ends
    faulthandler.enable(faults, all_threads=False)
    faulthandler.dump_traceback_later(limit, file=faults)
    for number, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(folder / name, os.O_CREAT | os.O_RDWR), number)
    tempfile.tempdir = os.environ["TMPDIR"] = str(folder)
    watch = Dependencies(Path(root), folder)
    unconfined = confine(folder)
    start = time.perf_counter()
    try:
        source = (Path(root) / script).read_text("utf-8-sig")  # line ends and marks of Windows included
        cells = list(run_cells(source, Path(root) / script, folder / "stdout", script))
        result: dict[str, Any] = {"source": source, "cells": cells, "dependencies": watch.digests}
        result["modules"] = sorted({name.partition(".")[0] for name in sys.modules})
        result["unconfined"] = unconfined
        result["seconds"] = time.perf_counter() - start
    except BaseException as error:  # SystemExit included: a snippet that leaves early shows nothing
        result = describe(error, Path(root) / script)
    faulthandler.cancel_dump_traceback_later()
    temporary = folder / "result.tmp"
    temporary.write_text(json.dumps(result))
    temporary.rename(folder / "result.json")
    sys.stdout.flush()
    os._exit(0)  # threads that the script left running end here


def result(folder: Path, process: BaseProcess, overdue: bool) -> dict[str, Any]:
    """What a child left behind, or why it left nothing."""
    with contextlib.suppress(OSError, ValueError):
        data: dict[str, Any] = json.loads((folder / "result.json").read_text())
        return data
    faults = (folder / "faults").read_text() if (folder / "faults").exists() else ""
    faults = re.split(r'  File "[^"]*hooks.engine.child\.py"', faults)[0]  # below stands the engine itself
    code = process.exitcode
    if overdue or "Timeout (" in faults:
        reason = "did not end within its time limit"
    elif code is not None and code < 0:
        reason = f"its process was killed by {signal.Signals(-code).name}"
    else:
        reason = f"its process ended early with exit code {code}"
    stderr = (folder / "stderr").read_text(errors="replace") if (folder / "stderr").exists() else ""
    return {"reason": reason, "details": "\n".join(filter(None, [faults.strip(), stderr.strip()]))[-4000:]}


def run_cells(source: str, path: Path, stdout: Path, salt: str) -> Iterator[dict[str, Any]]:
    """Run a script as `__main__`, cell by cell, and yield what each cell printed and drew."""
    import matplotlib.pyplot as plt
    import torch

    assert torch.get_num_threads() == 1, "the fork server did not set OMP_NUM_THREADS"
    plt.style.use(Path(__file__).with_name("figure.mplstyle"))
    plt.show = lambda *args, **kwargs: None  # figures are collected, not shown
    module = types.ModuleType("__main__")
    module.__dict__.update(__file__=str(path), __builtins__=__builtins__)
    sys.modules["__main__"] = module
    sys.argv = [str(path)]
    read = drawn = 0
    chance = Chance(source)
    for statements in split(ast.parse(source, str(path)), source):
        body: list[ast.stmt] = statements
        shown = body.pop() if body and isinstance(body[-1], ast.Expr) and MARK.search(source) else None
        exec(compile(ast.Module(body, []), str(path), "exec", dont_inherit=True), module.__dict__)
        if isinstance(shown, ast.Expr):  # a notebook shows the value of a cell's last line
            value = eval(
                compile(ast.Expression(shown.value), str(path), "eval", dont_inherit=True), module.__dict__
            )
            if (
                value is not None
                and not isinstance(value, (list, tuple))
                and type(value).__module__ != "matplotlib"
            ):
                print(value)
        chance.check()
        sys.stdout.flush()
        text = stdout.read_bytes()[read:]
        read += len(text)
        if read > TEXT_LIMIT:
            raise ValueError(f"printed more than {TEXT_LIMIT // 1000} kB: a page can't show that")
        figures = []
        for number in plt.get_fignums():
            drawn += 1
            figures.append(svg.render(plt.figure(number), f"{salt}-{drawn}"))
        plt.close("all")
        yield {"text": text.decode(errors="replace"), "figures": figures}


class Chance:
    """Refuses numbers that no seed determines: the figure would be another one in each build."""

    def __init__(self, source: str) -> None:
        self.seeded = (
            "random.seed(" in source
        )  # unlike PyTorch, Python and NumPy can't tell a generator's seed
        self.start = self.states()

    def states(self) -> dict[str, Any]:
        """Where each global generator stands, as far as it has no seed."""
        import numpy
        import torch

        states: dict[str, Any] = {"torch": (torch.initial_seed(), torch.get_rng_state().numpy().tobytes())}
        if not self.seeded:
            states["random"] = random.getstate()
            state: Any = numpy.random.get_state()
            states["numpy.random"] = state[2], state[1].tobytes()
        return states

    def check(self) -> None:
        """Raise where a script drew without a seed."""
        now = self.states()
        if now["torch"][0] != self.start["torch"][0]:
            now["torch"] = self.start["torch"]  # a seed was set
        for name, state in now.items():
            if state != self.start[name]:
                raise ValueError(
                    f"draws numbers from the global generator of {name}, which has no seed, so that each build "
                    "shows others: set a seed first, or pass a generator"
                )


def split(tree: ast.Module, source: str) -> list[list[ast.stmt]]:
    """The statements of each code cell, in order; line numbers stay those of the file."""
    marks = [(source.count("\n", 0, mark.start()) + 1, mark[1]) for mark in MARK.finditer(source)]
    if not marks:
        return [tree.body]
    starts = [line for line, title in marks if "[markdown]" not in title]
    before = [statement for statement in tree.body if statement.lineno < min(starts, default=sys.maxsize)]
    cells = [before] if before else []
    for start, end in zip(starts, [*starts, sys.maxsize][1:], strict=True):
        cells.append([statement for statement in tree.body if start <= statement.lineno < end])
    return cells


def precompile(root: str, digests: dict[str, str]) -> None:
    """Compile the project's modules that a script imported, once for all scripts that follow."""
    for name, known in digests.items():
        path = os.path.join(root, name)
        if not name.endswith(".py") or compiled.get(path, ("",))[0] == known:
            continue
        with contextlib.suppress(OSError, SyntaxError, ValueError):
            data = Path(path).read_bytes()
            compiled[path] = digest(data), compile(data, path, "exec", dont_inherit=True)


def describe(error: BaseException, path: Path) -> dict[str, Any]:
    """The reason, line and traceback of an error, from the script's own frames on."""
    if isinstance(error, SystemExit):
        return {"reason": f"called sys.exit({error.code!r}): nothing can be shown"}
    if isinstance(error, SyntaxError) and error.filename == str(path):
        details = "".join(traceback.format_exception_only(error))
        return {"reason": f"{type(error).__name__}: {error.msg}", "line": error.lineno, "details": details}
    frames = traceback.extract_tb(error.__traceback__)
    own = [index for index, frame in enumerate(frames) if frame.filename == str(path)]
    line = frames[own[-1]].lineno if own else None
    summary = traceback.TracebackException.from_exception(error)
    if own:
        summary.stack = traceback.StackSummary.from_list(frames[own[0] :])
    return {"reason": f"{type(error).__name__}: {error}", "line": line, "details": "".join(summary.format())}


class Dependencies:
    """Notes the digest of each project file as it is imported or read; refuses writing outside `folder`."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.root = str(root) + os.sep
        self.folder = os.path.realpath(folder) + os.sep
        self.digests: dict[str, str] = {}
        sys.dont_write_bytecode = True
        sys.path_hooks.insert(0, self.finder)
        for path in [path for path in sys.path_importer_cache if f"{path}{os.sep}".startswith(self.root)]:
            del sys.path_importer_cache[path]  # found before there was the hook
        sys.addaudithook(self.audit)

    def name(self, path: str) -> str | None:
        """The path of a project file relative to the root; None for any other file."""
        path = os.path.abspath(path)
        name = path.removeprefix(self.root)
        return None if name == path or name.split(os.sep)[0] in OUTSIDE or name.startswith(".") else name

    def finder(self, folder: str) -> FileFinder:
        """Path hook: project modules are compiled from their bytes, for compiled copies can be outdated."""
        if os.path.abspath(folder) + os.sep != self.root and self.name(folder) is None:
            raise ImportError(f"{folder} is not the project's")

        class Loader(SourceFileLoader):
            def get_code(self, fullname: str) -> types.CodeType:
                path = self.get_filename(fullname)
                data = self.get_data(path)
                known, code = compiled.get(path, (None, None))
                if code is not None and digest(data) == known:
                    return code
                return compile(data, path, "exec", dont_inherit=True)

        return FileFinder(folder, (Loader, [".py"]))

    def audit(self, event: str, args: tuple[Any, ...]) -> None:
        """Audit hook: sees every file that Python opens."""
        if event == "socket.__new__" and args[1] in (socket.AF_INET, socket.AF_INET6):
            raise PermissionError("a snippet has no network, so that its figure is the same everywhere")
        if event != "open" or not isinstance(args[0], (str, bytes, os.PathLike)):
            return
        path = os.fsdecode(args[0])
        if args[2] and args[2] & (os.O_WRONLY | os.O_RDWR) and path not in DEVICES:
            if not (os.path.realpath(path) + os.sep).startswith(self.folder):
                raise PermissionError(f"a snippet writes only into the folder that it runs in, not to {path}")
            return
        name = self.name(path)
        if name is None or name in self.digests:
            return
        self.digests[name] = "missing"  # also keeps the read below from coming back here
        with contextlib.suppress(OSError):
            self.digests[name] = digest(Path(path).read_bytes())
