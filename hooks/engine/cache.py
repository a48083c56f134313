"""Keeps outcomes until something that they depend on changes.

One file a script, `<folder>/<script>.json`, written beside and renamed, so that a reader sees a whole entry or
none. An entry that can't be read, was cut short or was altered is as good as absent.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.metadata
import json
import os
import platform
from collections.abc import Callable, Iterable
from pathlib import Path

from hooks.engine.outcome import Outcome, digest, state, visible


class Cache:
    """The outcomes stored in `folder` for the project at `root`."""

    def __init__(self, folder: Path, root: Path) -> None:
        self.folder = folder
        self.root = root
        self.problem: OSError | None = None

    def reader(self) -> Callable[[str], Outcome | None]:
        """A look-up for one build: reads each dependency once, and finds what still holds."""

        @functools.cache
        def current(name: str) -> str:
            return state(self.root / name)

        version = functools.cache(installed_version)

        def look_up(script: str) -> Outcome | None:
            try:
                entry = json.loads(self.path(script).read_bytes())
                body = entry["outcome"]
                if entry["checksum"] != digest(body.encode()) or entry["engine"] != ENGINE:
                    return None
                outcome = Outcome.from_data(json.loads(body), cached=True)
                fresh = script in outcome.dependencies
                fresh &= all(current(name) == known for name, known in outcome.dependencies.items())
                same = all(version(name) == known for name, known in outcome.versions.items())
            except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
                return None
            return outcome if fresh and same else None

        return look_up

    def store(self, script: str, outcome: Outcome) -> None:
        """Keep an outcome, unless a dependency changed meanwhile; note a folder that can't be written."""
        if any(state(self.root / name) != known for name, known in outcome.dependencies.items()):
            return
        body = json.dumps(outcome.to_data())
        entry = json.dumps({"checksum": digest(body.encode()), "engine": ENGINE, "outcome": body})
        path = self.path(script)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, entry.encode())
        except OSError as problem:
            self.problem = problem

    def prune(self, scripts: set[str]) -> None:
        """Forget scripts that are gone, and what builds that were killed had begun to write."""
        remove(set(self.folder.rglob("*.json")) - {self.path(script) for script in scripts})
        remove(
            path for path in self.folder.rglob(".*.json-*") if not is_running(path.name.rpartition("-")[2])
        )

    def path(self, script: str) -> Path:
        """Where the outcome of a script is kept."""
        return self.folder / f"{script}.json"


def remove(files: Iterable[Path]) -> None:
    """Delete what can be deleted: that something stays is no reason to fail."""
    for file in files:
        with contextlib.suppress(OSError):
            file.unlink()


def is_running(process: str) -> bool:
    """Whether there is a process of this number."""
    try:
        os.kill(int(process), 0)
    except PermissionError:  # somebody else's
        return True
    except (OSError, ValueError, OverflowError):
        return False
    return True


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file so that nobody ever sees a part of it."""
    temporary = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def engine_digest() -> str:
    """Fingerprint of what shapes every outcome: the engine's own files and the Python that runs it."""
    files = [path for path in visible(Path(__file__).parent, "*") if path.suffix in {".py", ".mplstyle"}]
    return digest(b"\0".join([platform.python_version().encode(), *(path.read_bytes() for path in files)]))


ENGINE = engine_digest()  # of the code that runs: read later, it might be another's


def installed_version(package: str) -> str:
    """A package's version; empty where it is not installed."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""
