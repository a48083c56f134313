"""Reads what the process of a script left behind, and believes nothing of it."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import shutil
import signal
import stat
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

NO_ROOM = 2**14  # bytes; a file system keeps some for itself
HALF = re.compile("[\ud800-\udfff]")  # of a character: it can't be written to a file
RESULT = {"source", "cells", "dependencies", "modules", "unconfined"}


def result(folder: Path, process: BaseProcess, overdue: bool) -> dict[str, Any]:
    """What a child left behind, or why it left nothing."""
    left = read_left(folder / "result.json")
    with contextlib.suppress(ValueError, RecursionError):
        if is_result(data := json.loads(left)):
            return dict(data)
    faults = read_left(folder / "faults")
    faults = re.split(r'  File "[^"]*hooks.engine.child\.py"', faults)[0]  # below stands the engine itself
    code = process.exitcode
    late = overdue or "Timeout (" in faults
    if late:
        reason = "did not end within its time limit"
    elif code is not None and code < 0:
        known = {number.value: number.name for number in signal.Signals}  # of some there is only a number
        reason = f"its process was killed by {known.get(-code, f'signal {-code}')}"
    elif left and code == 0:
        reason = "left what is no result"
    else:
        reason = f"its process ended early with exit code {code}"
    with contextlib.suppress(OSError):  # a script that nothing confines may have removed its folder
        room = shutil.disk_usage(folder)
        if not late and room.total and room.free < NO_ROOM:  # some file systems count nothing
            reason += f" ({os.strerror(errno.ENOSPC)}: {folder.parents[1]})"
    stderr = read_left(folder / "stderr")
    details = "\n".join(filter(None, [faults.strip(), stderr.strip()]))[-4000:]
    return {"reason": reason, "details": details, "late": late}


def is_result(data: Any) -> bool:
    """Whether it has the form of what `main` leaves; a script can forge it, and leave anything there."""
    if not isinstance(data, dict):
        return False
    if "reason" in data:
        line = data.get("line")
        return are_texts([data["reason"], data.get("details", "")]) and (line is None or type(line) is int)
    if data.keys() != RESULT or not isinstance(data["dependencies"], dict):
        return False
    cells, known = data["cells"], data["dependencies"]
    return (
        isinstance(cells, list)
        and all(isinstance(cell, dict) and cell.keys() >= {"text", "figures"} for cell in cells)
        and all(are_texts([cell["text"]], cell["figures"]) for cell in cells)
        and are_texts([data["source"], *known, *known.values()], data["modules"], data["unconfined"])
        and not any(name.startswith("/") or ".." in name.split("/") for name in known)
    )


def are_texts(*groups: Any) -> bool:
    """Whether these are lists of texts that can be written to a file: not with half a character."""
    return all(
        isinstance(group, list) and all(isinstance(text, str) and not HALF.search(text) for text in group)
        for group in groups
    )


def read_left(path: Path) -> str:
    """A file that a child wrote; empty if there is none. Where the child was not confined, it may be anything."""
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            regular = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
            return file.read().decode(errors="replace") if regular else ""
    except OSError:
        return ""
