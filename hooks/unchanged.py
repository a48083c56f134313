"""Knows whether the site that stands is the one that a build would make again.

A build leaves two fingerprints: of all that it could read (the files of the project, the configuration and what it
takes from the environment, Python, the packages, the day), and of the site that it made. Where both still hold there
is nothing to do. A project file counts with its bytes and with the moment of its last change, which copying and
renaming set too: a file that was another one while the build ran, and is the old one again, is noticed.
"""

from __future__ import annotations

import contextlib
import logging
import os
import platform
from collections.abc import Collection, Iterator
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.utils import CountHandler, get_build_date

from hooks.engine.cache import write_atomically
from hooks.engine.engine import installed
from hooks.engine.outcome import OUTSIDE, digest

log = logging.getLogger("mkdocs")
TICK = 20_000_000  # nanoseconds by which the clock of a file system may lag
MADE_BY_TOOLS = ("CACHEDIR.TAG", "pyvenv.cfg")  # a folder with one of these holds nothing of the project


class Built:
    """What a build reads, and the fingerprints that the last one left in the file `path`.

    Args:
        path: the file.
        root: of the project.
        config: as MkDocs loaded it, before anything changes it.
        loaded: when the code that builds was read, in nanoseconds; a file that changed since may be in it or not.
    """

    def __init__(self, path: Path, root: Path, config: MkDocsConfig, loaded: int) -> None:
        self.path = path
        self.warnings = CountHandler()
        self.warnings.setLevel(logging.WARNING)
        log.addHandler(self.warnings)
        self.inputs: str | None = None  # can't be told: the site is built each time
        if not all(Path(place).is_relative_to(root) for place in (config.docs_dir, config.config_file_path)):
            return
        outside = {root / name for name in OUTSIDE} | {Path(config.site_dir)}
        with contextlib.suppress(OSError, UnknownError):
            files = [(str(file), file.stat().st_ctime_ns, fingerprint(file)) for file in find(root, outside)]
            if max(changed for _, changed, _ in files) < loaded - TICK:
                surroundings = platform.python_version(), sorted(installed()), get_build_date()
                # a quiet build may not have seen that there is something to warn of
                parts = [config.user_configs, log.getEffectiveLevel(), surroundings, files]
                self.inputs = digest(repr(parts).encode())

    def still_holds(self, site: Path) -> bool:
        """Whether a build would make this site again."""
        with contextlib.suppress(OSError, UnknownError):
            return self.inputs is not None and self.path.read_bytes() == self._fingerprints(site)
        return False

    def remember(self, site: Path) -> None:
        """Leave the fingerprints of a build that had nothing to warn of."""
        if self.inputs is not None and not self.warnings.get_counts():
            with contextlib.suppress(OSError, UnknownError):
                self.path.parent.mkdir(parents=True, exist_ok=True)
                write_atomically(self.path, self._fingerprints(site))

    def _fingerprints(self, site: Path) -> bytes:
        made = [(str(file.relative_to(site)), fingerprint(file)) for file in find(site)]
        return f"{self.inputs} {digest(repr(made).encode())}\n".encode()


class UnknownError(Exception):
    """What stands in a folder can't be told for sure."""


def find(folder: Path, outside: Collection[Path] = ()) -> Iterator[Path]:
    """All files below a folder, in the same order each time, without what tools keep.

    Raises:
        UnknownError: at a link to another folder.
    """
    entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    if any(entry.name in MADE_BY_TOOLS for entry in entries):
        return
    for entry in entries:
        path = Path(entry.path)
        if path in outside or entry.name == "__pycache__":
            continue
        if not entry.is_dir():
            yield path
        elif entry.is_symlink():
            raise UnknownError(f"{path} leads elsewhere")
        else:
            yield from find(path, outside)


def fingerprint(file: Path) -> str:
    """Of a file's bytes; what is no regular file has none."""
    return digest(file.read_bytes()) if file.is_file() else ""
