"""What happens in the process of one script."""

from __future__ import annotations

import ast
import contextlib
import faulthandler
import functools
import itertools
import json
import multiprocessing
import os
import random
import re
import signal
import socket
import sys
import tempfile
import traceback
import types
from collections.abc import Callable, Iterator
from importlib.machinery import FileFinder, ModuleSpec, SourceFileLoader
from multiprocessing import connection
from pathlib import Path
from typing import Any

from hooks.engine import svg
from hooks.engine.confine import DEVICES, confine, end_with
from hooks.engine.outcome import MISSING, OUTSIDE, digest, state
from hooks.engine.result import HALF

TEXT_LIMIT = 64_000  # bytes of output that a page can still show
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
MARK = re.compile(r"^# %%(.*)$", re.MULTILINE)

# children inherit these from the server
compiled: dict[str, tuple[str, types.CodeType]] = {}  # digest and code by path
preloaded: set[str] = set()  # top-level modules


def main(engine: connection.Connection, root: str, script: str, folder: Path, limit: float) -> None:
    """Run `script` in a folder of its own, and leave `result.json` in `folder`, which the script can't reach."""
    own = os.getpid()
    for asked in (signal.SIGTERM, signal.SIGHUP):  # the server takes its scripts along then
        signal.signal(asked, signal.SIG_DFL)
    engine.close()
    os.setsid()  # so that whatever the script starts can be ended with it
    server = multiprocessing.parent_process()
    assert server is not None and server.pid is not None
    end_with(server.pid)
    work = folder / "work"
    work.mkdir()
    os.chdir(work)
    # both stay open until the process ends: once confined, it can open neither
    faults, left = open(folder / "faults", "w"), open(folder / "result.json", "w")  # noqa: SIM115
    faulthandler.enable(faults, all_threads=False)
    for number, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(folder / name, os.O_CREAT | os.O_RDWR), number)
    tempfile.tempdir = os.environ["TMPDIR"] = str(work)
    watch = Dependencies(Path(root), work)
    unconfined = confine(work)
    newest = next(reversed(sys.modules))
    faulthandler.dump_traceback_later(limit, file=faults)  # in a thread: made earlier, it would be free
    try:
        source = (Path(root) / script).read_text("utf-8-sig")  # line ends and marks of Windows included
        cells = list(run_cells(source, Path(root) / script, folder / "stdout", script))
        result: dict[str, Any] = {"source": source, "cells": cells, "dependencies": watch.digests}
        # not all of `sys.modules`: to look at a name that the server shares copies the memory around it
        new = itertools.takewhile(lambda name: name != newest, reversed(sys.modules))
        result["modules"] = sorted(preloaded.union(name.partition(".")[0] for name in new))
        result["unconfined"] = unconfined
    except BaseException as error:  # SystemExit included: a snippet that leaves early shows nothing
        result = describe(error, Path(root) / script)
    if os.getpid() != own:  # a fork of the script that went on to its end
        sys.stdout.flush()
        os._exit(0)
    faulthandler.cancel_dump_traceback_later()
    json.dump(result, left)
    left.close()
    sys.stdout.flush()
    os._exit(0)  # threads that the script left running end here


def run_cells(source: str, path: Path, stdout: Path, salt: str) -> Iterator[dict[str, Any]]:
    """Run a script as `__main__`, cell by cell, and yield what each cell printed and drew."""
    import matplotlib.pyplot as plt
    import torch

    assert torch.get_num_threads() == 1, "the fork server did not set OMP_NUM_THREADS"
    plt.show = lambda *args, **kwargs: None  # figures are collected, not shown
    module = types.ModuleType("__main__")
    module.__dict__.update(__file__=str(path), __builtins__=__builtins__)
    sys.modules["__main__"] = module
    sys.argv = [str(path)]
    read = drawn = 0
    chance = Chance()
    for statements in split(ast.parse(source, str(path)), source):
        body: list[ast.stmt] = statements
        shown = body.pop() if body and isinstance(body[-1], ast.Expr) and MARK.search(source) else None
        exec(compile(ast.Module(body, []), str(path), "exec", dont_inherit=True), module.__dict__)
        if isinstance(shown, ast.Expr):  # a notebook shows the value of a cell's last line
            value = eval(
                compile(ast.Expression(shown.value), str(path), "eval", dont_inherit=True), module.__dict__
            )
            if value is not None and not is_drawn(value):
                print(repr(value))
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


def is_drawn(value: object) -> bool:
    """Whether a value is what a drawing function returned, which its figure shows."""
    if isinstance(value, (list, tuple)) and value:
        return any(map(is_drawn, value))
    return type(value).__module__.partition(".")[0] == "matplotlib"


class Chance:
    """Refuses what the global generators draw before they get a seed: the figure would be another in each build."""

    def __init__(self) -> None:
        import numpy
        import torch

        self.start = self.states()
        self.seeded: set[str] = set()
        seeds: tuple[tuple[str, Any, str], ...] = (
            ("random", random, "seed"),
            ("numpy.random", numpy.random, "seed"),
            *(
                ("torch", module, name)
                for module in (torch, torch.random)
                for name in ("seed", "manual_seed")
            ),
        )
        for name, module, seed in seeds:
            setattr(module, seed, self.watch(name, getattr(module, seed)))
        setattr(numpy.random, "default_rng", self.asks(numpy.random.default_rng))  # noqa: B010

    def states(self) -> dict[str, Any]:
        """Where each global generator stands."""
        import numpy
        import torch

        state: Any = numpy.random.get_state()
        return {
            "torch": (torch.initial_seed(), torch.get_rng_state().numpy().tobytes()),
            "random": random.getstate(),
            "numpy.random": (state[2], state[1].tobytes()),
        }

    def watch(self, name: str, seed: Callable[..., Any]) -> Callable[..., Any]:
        """The function that sets a seed; no numbers may have been drawn before its first call."""

        @functools.wraps(seed)
        def watched(*args: Any, **options: Any) -> Any:
            self.check()
            found = seed(*args, **options)
            if any(value is not None for value in (*args, *options.values())):
                self.seeded.add(name)
            else:  # a seed of the system's choice
                self.seeded.discard(name)
                self.start[name] = self.states()[name]
            return found

        return watched

    def asks(self, make: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """The function that makes a generator, which must be given a seed."""

        @functools.wraps(make)
        def made(seed: Any = None) -> Any:
            if seed is None:
                if not is_import_of_a_package(sys._getframe(1)):
                    raise ValueError(
                        "numpy.random.default_rng has no seed, so that each build shows other numbers: give it one"
                    )
                seed = 0  # the package may draw from it later
            return make(seed)

        return made

    def check(self) -> None:
        """Raise where a script drew without a seed."""
        now = self.states()
        if now["torch"][0] != self.start["torch"][0]:
            self.seeded.add("torch")  # by a method of its generator
        for name in now.keys() - self.seeded:
            if now[name] != self.start[name]:
                raise ValueError(
                    f"draws numbers from the global generator of {name}, which has no seed, so that each build "
                    "shows others: set a seed first, or pass a generator"
                )


def is_import_of_a_package(frame: types.FrameType | None) -> bool:
    """Whether this code is a package's, which is being imported."""
    while frame is not None and f"-packages{os.sep}" in frame.f_code.co_filename:
        frame = frame.f_back
    return frame is not None and frame.f_code.co_filename.startswith("<frozen importlib")


def split(tree: ast.Module, source: str) -> list[list[ast.stmt]]:
    """The statements of each code cell, in order; line numbers stay those of the file."""
    marks = [(source.count("\n", 0, mark.start()) + 1, mark[1]) for mark in MARK.finditer(source)]
    if not marks:
        return [tree.body]
    starts = [line for line, title in marks if not re.search(r"\[(?:markdown|md)\]", title)]
    before = [statement for statement in tree.body if statement.lineno < min(starts, default=sys.maxsize)]
    cells = [before] if before else []
    for start, end in zip(starts, [*starts, sys.maxsize][1:], strict=True):
        cells.append([statement for statement in tree.body if start <= statement.lineno < end])
    return cells


def precompile(root: str, digests: dict[str, str]) -> None:
    """Compile the project's modules that a script imported, once for all scripts that follow."""
    for name, known in digests.items():
        path = os.path.join(root, name)
        if not name.endswith(".py") or known in {compiled.get(path, ("",))[0], MISSING}:
            continue
        with contextlib.suppress(Exception):  # a file of any content: the script's import tells what is wrong
            data = Path(path).read_bytes()
            compiled[path] = digest(data), compile(data, path, "exec", dont_inherit=True)


def describe(error: BaseException, path: Path) -> dict[str, Any]:
    """The reason, line and traceback of an error, from the script's own frames on; half a character is spelled out."""
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
    reason, details = f"{type(error).__name__}: {error}", "".join(summary.format())
    return {"reason": whole(reason), "line": line, "details": whole(details)}


def whole(text: str) -> str:
    """A text that can be written to a file."""
    return text.encode(errors="backslashreplace").decode()


class Dependencies:
    """Notes the state of each project file as it is imported or read, and of each folder as it is listed.

    Refuses to open a file outside `folder` for writing.
    """

    def __init__(self, root: Path, folder: Path) -> None:
        self.root = str(root) + os.sep
        self.packages = (
            os.path.abspath(sys.prefix) + os.sep
        )  # the environment may have another name than .venv
        self.folder = os.path.realpath(folder) + os.sep
        self.digests: dict[str, str] = {}
        sys.dont_write_bytecode = True
        sys.path_hooks.insert(0, self.finder)
        for path in [path for path in sys.path_importer_cache if f"{path}{os.sep}".startswith(self.root)]:
            del sys.path_importer_cache[path]  # found before there was the hook
        watched = {
            "open": self.opened,
            "os.listdir": self.listed,
            "os.scandir": self.listed,
            "socket.__new__": self.connected,
        }

        # a drawing raises thousands of other events, and for each Python asks a method far more slowly
        def audit(event: str, args: tuple[Any, ...]) -> None:
            if event in watched:
                watched[event](args)

        sys.addaudithook(audit)

    def name(self, path: str) -> str | None:
        """The path of what stands in the project, relative to its root; None for what does not."""
        path = os.path.abspath(path)
        if path + os.sep == self.root:
            return "."
        name = path.removeprefix(self.root)
        if name == path or name.split(os.sep)[0] in OUTSIDE:
            return None
        if self.packages.startswith(self.root) and path.startswith(self.packages):
            return None
        return name

    def finder(self, folder: str) -> FileFinder:
        """Path hook: project modules are compiled from their bytes, for compiled copies can be outdated."""
        if self.name(folder) is None:
            raise ImportError(f"{folder} is not the project's")

        class Loader(SourceFileLoader):
            def get_code(self, fullname: str) -> types.CodeType:
                path = self.get_filename(fullname)
                data = self.get_data(path)
                known, code = compiled.get(path, (None, None))
                if code is not None and digest(data) == known:
                    return code
                return compile(data, path, "exec", dont_inherit=True)

        class Finder(FileFinder):
            def find_spec(finder, fullname: str, target: types.ModuleType | None = None) -> ModuleSpec | None:
                spec = super().find_spec(fullname, target)
                name = os.path.join(folder, fullname.rpartition(".")[2])
                self.note(os.path.join(name, "__init__.py"))  # once there is such a file, Python takes it
                if spec is None or spec.loader is None:  # a folder, which comes after a file
                    self.note(f"{name}.py")
                return spec

        return Finder(folder, (Loader, [".py"]))

    def connected(self, args: tuple[Any, ...]) -> None:
        """Of Python's audit: a socket is made."""
        if args[1] in (socket.AF_INET, socket.AF_INET6):
            raise PermissionError("a snippet has no network, so that its figure is the same everywhere")

    def listed(self, args: tuple[Any, ...]) -> None:
        """Of Python's audit: a folder is listed."""
        importer = sys._getframe(2).f_code.co_filename.startswith("<frozen importlib")
        if not importer and (args[0] is None or isinstance(args[0], (str, bytes, os.PathLike))):
            self.note(os.fsdecode(args[0] or "."))

    def opened(self, args: tuple[Any, ...]) -> None:
        """Of Python's audit: a file is opened."""
        if not isinstance(args[0], (str, bytes, os.PathLike)):
            return
        path = os.fsdecode(args[0])
        if args[2] and args[2] & WRITING and path not in DEVICES:
            if not (os.path.realpath(path) + os.sep).startswith(self.folder):
                raise PermissionError(f"a snippet writes only into the folder that it runs in, not to {path}")
            return
        self.note(path)

    def note(self, path: str) -> None:
        """Remember the state of what stands at `path`, if it is the project's."""
        name = self.name(path)
        if name is None or name in self.digests:
            return
        if HALF.search(name):
            raise ValueError(f"a file of the project needs a name in UTF-8, got {name!r}")
        self.digests[name] = MISSING  # also keeps what reads the state from coming back here
        self.digests[name] = state(Path(path))
