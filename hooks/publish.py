"""Replaces the old site by the new one, whole or not at all.

A build writes into a folder beside the site and takes its place only when everything has succeeded. The folder
is locked while its build lives, so that the next one can tell what a killed build left behind.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path


class Staging:
    """The folder of one build, to be published as `site`."""

    def __init__(self, site: Path) -> None:
        self.site = site
        site.parent.mkdir(parents=True, exist_ok=True)
        with locked(site.parent):
            self._recover()
            self.folder = Path(tempfile.mkdtemp(dir=site.parent, prefix=f".{site.name}-"))
            self._lock = os.open(self.folder, os.O_RDONLY)
            fcntl.flock(self._lock, fcntl.LOCK_EX)
        self.folder.chmod(0o755)  # a web server must be able to read what mkdtemp made private

    def publish(self) -> None:
        """Put the new site in the place of the old one."""
        with locked(self.site.parent):
            old = self.folder.with_name(f"{self.folder.name}-old")
            with contextlib.suppress(FileNotFoundError):
                self.site.rename(old)
            self.folder.rename(self.site)
        shutil.rmtree(old, ignore_errors=True)
        os.close(self._lock)

    def discard(self) -> None:
        """Remove what was built; the old site stays."""
        shutil.rmtree(self.folder, ignore_errors=True)
        with contextlib.suppress(OSError):
            os.close(self._lock)

    def _recover(self) -> None:
        """Clear away what killed builds left; one killed while it published gets its old site back."""
        for old in self.site.parent.glob(f".{self.site.name}-*-old"):
            if self.site.exists():
                shutil.rmtree(old, ignore_errors=True)
            else:
                old.rename(self.site)
        for folder in self.site.parent.glob(f".{self.site.name}-*"):
            if folder.is_dir() and not is_locked(folder):
                shutil.rmtree(folder, ignore_errors=True)


def same_pages(one: Path, two: Path) -> bool:
    """Whether two sites show a reader the same pages."""
    names = [{page.relative_to(site) for page in site.rglob("*.html")} for site in (one, two)]
    return names[0] == names[1] and all((one / n).read_bytes() == (two / n).read_bytes() for n in names[0])


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Let one build at a time change what stands in `folder`."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def is_locked(folder: Path) -> bool:
    """Whether a living build holds the folder."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
