"""Knows whether the site that stands is the one that a build would make again.

A strict build leaves two fingerprints: of all that it could read (the files of the project, the settings and what
they take from the environment, Python, the versions of the packages, the day), and of the site that it made. Where
both still hold there is nothing to do. A file counts with its bytes and the moment of its last change, a folder with
that moment: what was different while the build ran, and is the same again, is noticed, but for what came and went
right in the project's own folder, whose moment does not count, for builds leave their own things there.
"""

from __future__ import annotations

import contextlib
import logging
import os
import platform
import warnings
from collections.abc import Iterator
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.utils import get_build_date

from hooks.engine.cache import write_atomically
from hooks.engine.engine import installed
from hooks.engine.outcome import OUTSIDE, digest

TICK = 1_000_000_000  # nanoseconds; some file systems count whole seconds
MOST = 500_000_000  # bytes; more than that takes longer to read than the site to build


class UnknownError(Exception):
    """What stands in a folder can't be told for sure, or takes too long."""


class Built:
    """What a build reads, and the fingerprints that the last one left in the file `path`.

    Args:
        path: the file.
        root: of the project.
        config: of the build.
        loaded: when the code that builds was read, in nanoseconds; whether a later change is in it is unknown.
    """

    def __init__(self, path: Path, root: Path, config: MkDocsConfig, loaded: int) -> None:
        self.path = path
        self.inputs: str | None = None  # can't be told: the site is built each time
        site, docs = Path(config.site_dir), Path(config.docs_dir)
        ours = all(place.is_relative_to(root) for place in (site, docs, Path(config.config_file_path)))
        if not (ours and config.strict):
            return
        with contextlib.suppress(OSError, UnknownError):
            files, folders = look_at(root, site, docs)
            if max((changed for _, changed, _ in files), default=loaded) < loaded - TICK:
                surroundings = platform.python_version(), sorted(installed()), get_build_date()
                level = logging.getLogger("mkdocs").getEffectiveLevel()  # a quiet build overlooks warnings
                self.inputs = digest(repr([settings(config), level, surroundings, files, folders]).encode())

    def still_holds(self, site: Path) -> bool:
        """Whether a build would make this site again."""
        with contextlib.suppress(OSError, UnknownError):
            known = self.path.read_bytes()
            same = self.inputs is not None and known.startswith(self.inputs.encode())
            return same and known == self._fingerprints(site)
        return False

    def remember(self, site: Path) -> None:
        """Leave the fingerprints of a build that had nothing to warn of."""
        if self.inputs is not None:
            with contextlib.suppress(OSError, UnknownError):
                self.path.parent.mkdir(parents=True, exist_ok=True)
                write_atomically(self.path, self._fingerprints(site))

    def _fingerprints(self, site: Path) -> bytes:
        made = [(str(path.relative_to(site)), fingerprint(path)) for path in walk(site)]
        return f"{self.inputs} {digest(repr(made).encode())}\n".encode()


def settings(config: MkDocsConfig) -> list[dict[str, object]]:
    """What the configuration file and the command say, with the values that the environment gave."""
    plugins = {name: dict(getattr(plugin, "config", {})) for name, plugin in config.plugins.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MkDocs means to drop it, and has nothing else that is plain data
        # it has taken the options of extensions and plugins out of there
        return [*map(dict, config.user_configs), config.mdx_configs, plugins]


def look_at(root: Path, site: Path, docs: Path) -> tuple[list[tuple[str, int, str]], list[tuple[str, int]]]:
    """Each file of the project, with its last change and fingerprint, and each folder, with its last change."""
    files: list[tuple[Path, int]] = []
    folders, size = [], 0
    for entry in sorted(os.scandir(root), key=lambda entry: entry.name):
        top = Path(entry.path)
        if entry.name in OUTSIDE or top == site or is_made_by_a_tool(top):
            continue
        for path in [top, *walk(top)] if entry.is_dir() else [top]:
            if "__pycache__" in path.relative_to(root).parts and docs not in path.parents:
                continue
            status = path.stat()
            if path.is_dir():
                folders.append((str(path), status.st_ctime_ns))
                continue
            files.append((path, status.st_ctime_ns))
            size += status.st_size
    if size > MOST:
        raise UnknownError(f"{root} holds more than {MOST // 10**6} MB")
    return [(str(path), changed, fingerprint(path)) for path, changed in files], folders


def is_made_by_a_tool(folder: Path) -> bool:
    """Whether a folder of the project is an environment, or what a tool keeps and may empty."""
    return (folder / "pyvenv.cfg").exists() or (
        folder.name.startswith(".") and (folder / "CACHEDIR.TAG").exists()
    )


def walk(folder: Path) -> Iterator[Path]:
    """All that stands below a folder, in the same order each time.

    Raises:
        UnknownError: at a link to another folder.
    """
    if folder.is_symlink():
        raise UnknownError(f"{folder} leads elsewhere")
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        yield Path(entry.path)
        if entry.is_dir():
            yield from walk(Path(entry.path))


def fingerprint(path: Path) -> str:
    """Of a file's bytes; what is no regular file has none."""
    return digest(path.read_bytes()) if path.is_file() else ""
