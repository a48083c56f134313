"""What comes of running a script."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

OUTSIDE = (".venv", ".cache", ".git", "site")  # folders below the root that hold no project files
MISSING = "missing"  # the state of what is not there, or can't be read


@dataclass(frozen=True)
class Cell:
    """What one cell printed and drew; a script without `# %%` marks is one cell."""

    text: str = ""
    figures: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """A script that ran to its end.

    `dependencies` maps each project file that was read, and each folder that was listed, to its state, `versions` each
    package that was imported to its version: the outcome holds as long as these do.
    """

    source: str
    cells: tuple[Cell, ...]
    dependencies: dict[str, str]
    versions: dict[str, str] = field(default_factory=dict)
    cached: bool = False

    @property
    def text(self) -> str:
        """Everything that the script printed."""
        return "".join(cell.text for cell in self.cells)

    @property
    def figures(self) -> tuple[str, ...]:
        """Every figure that the script drew, as SVG."""
        return tuple(figure for cell in self.cells for figure in cell.figures)

    def to_data(self) -> dict[str, Any]:
        """Plain data, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_data(cls, data: dict[str, Any], **changes: Any) -> Outcome:
        """The outcome that `to_data` wrote."""
        cells = tuple(Cell(cell["text"], tuple(cell["figures"])) for cell in data["cells"])
        return cls(**{**data, "cells": cells, **changes})


@dataclass(frozen=True)
class Failure:
    """A script that did not run to its end, or left nothing to show."""

    script: str
    reason: str
    line: int | None = None
    details: str = ""

    def describe(self, places: Iterable[str] = ()) -> str:
        """File, line and reason, the places that show the script, then the traceback."""
        where = self.script if self.line is None else f"{self.script}:{self.line}"
        shown = [f"  shown by {place}" for place in places]
        return "\n".join([f"{where}: {self.reason}", *shown, self.details]).rstrip()


def digest(data: bytes) -> str:
    """Fingerprint of bytes."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def visible(folder: Path, pattern: str) -> list[Path]:
    """What matches below a folder, in order, but for hidden files and folders: editors leave their own there."""
    found = folder.rglob(pattern)
    return sorted(
        path for path in found if not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )


def state(path: Path) -> str:
    """Fingerprint of a file's bytes, or of the names in a folder; MISSING if there is neither."""
    try:
        if path.is_dir():
            names = (name for name in os.listdir(path) if name != "__pycache__" and not name.startswith("."))
            return "names " + digest(os.fsencode("\0".join(sorted(names))))
        # what is no file, such as a device, may have no end
        return digest(path.read_bytes()) if path.is_file() else MISSING
    except OSError:
        return MISSING
