"""Keeps what takes long to make, by a digest of all that it is made of.

An entry that was cut short or altered is as good as absent; where nothing can be kept, everything is made each time.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
from collections.abc import Callable, Iterable
from pathlib import Path

from hooks.engine.cache import remove, write_atomically
from hooks.engine.outcome import digest, visible


class Kept:
    """What was made before, in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.used: set[Path] = set()

    def get(self, made_of: Iterable[object], make: Callable[[], bytes]) -> bytes:
        """What `make` returned for the same parts, which `repr` tells apart."""
        made_of = list(made_of)
        if (data := self.find(made_of)) is None:
            data = make()
            self.keep(made_of, data)
        return data

    def find(self, made_of: Iterable[object]) -> bytes | None:
        """What was kept for these parts."""
        self.used.add(path := self.path(made_of))
        with contextlib.suppress(OSError):
            checksum, _, data = path.read_bytes().partition(b"\n")
            if checksum == digest(data).encode():
                return data
        return None

    def keep(self, made_of: Iterable[object], data: bytes) -> None:
        """Keep what was made of these parts, where that is possible."""
        with contextlib.suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            write_atomically(self.path(made_of), digest(data).encode() + b"\n" + data)

    def path(self, made_of: Iterable[object]) -> Path:
        """Where it is kept."""
        return self.folder / digest(repr(list(made_of)).encode())

    def prune(self) -> None:
        """Forget what was not asked for."""
        remove(set(self.folder.glob("*")) - self.used)
        self.used.clear()


def sources(folder: Path) -> str:
    """Digest of all code below a folder."""
    return digest(b"\0".join(path.read_bytes() for path in visible(folder, "*.py")))


def maker(file: str, *packages: str) -> str:
    """What makes a thing: the digest of a module's own file, and the versions of the packages that it uses.

    Ask as the module is loaded: later, the file may be another than the code that runs.
    """
    versions = [f"{package} {importlib.metadata.version(package)}" for package in packages]
    return " ".join([digest(Path(file).read_bytes()), *versions])
