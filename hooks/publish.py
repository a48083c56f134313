"""Replaces the old site by the new one, whole or not at all.

A build writes into a folder beside the site and takes its place only when everything has succeeded. The folder
is locked while its build lives, so that the next one can tell what a killed build left behind.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import glob
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

RANDOM = "?" * 8  # what mkdtemp adds
AT_FDCWD, SWAP = -100, 2  # of renameat2: a path as it is; RENAME_EXCHANGE, and RENAME_SWAP of macOS
log = logging.getLogger("mkdocs.plugins.handbook")


class Staging:
    """The folder of one build, to be published as `site`."""

    def __init__(self, site: Path) -> None:
        self.site = site = site.resolve()  # through a link, its target is replaced
        if (site / ".git").exists():
            raise FileExistsError(f"{site} is a repository, and a build would replace it")
        if os.path.ismount(site):
            raise FileExistsError(f"{site} is a mount point, whose place no new site can take")
        site.parent.mkdir(parents=True, exist_ok=True)
        with locked(site.parent):
            self._recover()
            self.folder = Path(tempfile.mkdtemp(dir=site.parent, prefix=f".{site.name}-build-"))
            self._lock: int | None = os.open(self.folder, os.O_RDONLY)
            fcntl.flock(self._lock, fcntl.LOCK_EX)
        self.folder.chmod(0o755)  # a web server must be able to read what mkdtemp made private

    def publish(self, remember: Callable[[Path], object] | None = None) -> None:
        """Put the new site in the place of the old one; `remember` looks at it before another build can replace it."""
        with locked(self.site.parent):
            self._recover()  # after another that was killed meanwhile
            for path in self.site.glob(".*"):  # MkDocs, too, leaves alone what is hidden
                if not (kept := self.folder / path.name).exists():
                    if path.is_dir() and not path.is_symlink():
                        shutil.copytree(path, kept, symlinks=True)
                    else:
                        shutil.copy2(path, kept, follow_symlinks=False)
            old = self.folder
            if not exchange(self.folder, self.site):
                old = self._aside()
                self._replace(old)
            if remember is not None:
                remember(self.site)
        shutil.rmtree(old, ignore_errors=True)
        self._unlock()

    def _replace(self, old: Path) -> None:
        """Put the new site in the place of the old one in steps, between which there is none, or a part of one."""
        try:
            with contextlib.suppress(FileNotFoundError):
                self._move_away(old)
            self.folder.rename(self.site)
        except BaseException:  # told to end between the two, for one
            self._put_back(old)
            raise

    def _move_away(self, old: Path) -> None:
        """Give the old site another name; what came with a container's image can only be copied and removed."""
        try:
            self.site.rename(old)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            copy = Path(tempfile.mkdtemp(dir=self.site.parent, prefix=f".{self.site.name}-build-"))
            try:
                shutil.copytree(self.site, copy, symlinks=True, dirs_exist_ok=True)
                copy.rename(old)  # only now that it is whole
            finally:
                shutil.rmtree(copy, ignore_errors=True)
            shutil.rmtree(self.site)

    def _put_back(self, old: Path) -> None:
        """Let the old site stand again where the new one does not yet."""
        if old.exists() and self.folder.exists():
            shutil.rmtree(self.site, ignore_errors=True)  # what is left of one that was copied
            old.rename(self.site)

    def discard(self) -> None:
        """Remove what was built; the old site stays."""
        if self._lock is not None:  # else it has been published, or discarded
            if not self._aside().exists():  # else it tells that the old site is to return
                shutil.rmtree(self.folder, ignore_errors=True)
            self._unlock()

    def _aside(self) -> Path:
        """Where the old site waits while the new one takes its place."""
        return self.folder.with_name(f"{self.folder.name}-old")

    def _unlock(self) -> None:
        lock, self._lock = self._lock, None
        if lock is not None:
            os.close(lock)

    def _recover(self) -> None:
        """Clear away what killed builds left; one killed while it published gets its old site back."""
        pattern = f".{glob.escape(self.site.name)}-build-{RANDOM}"
        for old in self.site.parent.glob(f"{pattern}-old"):
            if old.with_name(old.name.removesuffix("-old")).exists():  # the new site, which took no place yet
                shutil.rmtree(self.site, ignore_errors=True)
                old.rename(self.site)  # which fails where something is left: better than to lose it
            elif self.site.exists():
                shutil.rmtree(old, ignore_errors=True)
            else:
                old.rename(self.site)
        for folder in self.site.parent.glob(pattern):
            if folder.is_dir() and not is_locked(folder):
                shutil.rmtree(folder, ignore_errors=True)


def exchange(one: Path, two: Path) -> bool:
    """Let two folders change places in one step, so that there is no moment without either; whether it could be done.

    Linux and macOS can, on most of their file systems.
    """
    libc = ctypes.CDLL(None)
    paths = os.fsencode(one), os.fsencode(two)
    if swap := getattr(libc, "renameat2", None):
        return bool(swap(AT_FDCWD, paths[0], AT_FDCWD, paths[1], SWAP) == 0)
    if swap := getattr(libc, "renamex_np", None):
        return bool(swap(*paths, SWAP) == 0)
    return False


def same_pages(one: Path, two: Path) -> bool:
    """Whether two sites show a reader the same pages, with the same styles, scripts and pictures."""
    shown = {".html", ".css", ".js", ".png", ".jpg", ".jpeg", ".gif", ".webp"}
    names = [
        {
            path.relative_to(site)
            for path in site.rglob("*")
            if path.suffix in shown and path.parent != site / "search"
        }
        for site in (one, two)
    ]
    return names[0] == names[1] and all((one / n).read_bytes() == (two / n).read_bytes() for n in names[0])


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Let one build at a time change what stands in `folder`."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            log.info(f"Waiting for the program that holds the lock of {folder}")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def is_locked(folder: Path) -> bool:
    """Whether a living build holds the folder, or has removed it meanwhile."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
