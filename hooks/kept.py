"""Keeps what takes long to make, by a digest of all that it is made of.

An entry that was cut short or altered is as good as absent; where nothing can be kept, everything is made each time.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
from collections.abc import Callable, Iterable
from pathlib import Path

from hooks.engine.cache import remove, write_atomically
from hooks.engine.outcome import digest


class Kept:
    """What was made before, in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.used: set[Path] = set()

    def get(self, made_of: Iterable[object], make: Callable[[], bytes]) -> bytes:
        """What `make` returned for the same parts, which `repr` tells apart."""
        path = self.folder / digest(repr(list(made_of)).encode())
        self.used.add(path)
        with contextlib.suppress(OSError):
            checksum, _, data = path.read_bytes().partition(b"\n")
            if checksum == digest(data).encode():
                return data
        data = make()
        with contextlib.suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            write_atomically(path, digest(data).encode() + b"\n" + data)
        return data

    def prune(self) -> None:
        """Forget what was not asked for."""
        remove(set(self.folder.glob("*")) - self.used)
        self.used.clear()


def maker(file: str, *packages: str) -> str:
    """What makes a thing: the digest of a module's own file, and the versions of the packages that it uses.

    Ask as the module is loaded: later, the file may be another than the code that runs.
    """
    versions = [f"{package} {importlib.metadata.version(package)}" for package in packages]
    return " ".join([digest(Path(file).read_bytes()), *versions])
