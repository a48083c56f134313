"""One line that shows which scripts run, which came from the cache, and the time."""

from __future__ import annotations

import sys
import time
from typing import TextIO


class Progress:
    """Hears what the engine reports; rewrites its line on a terminal, is silent elsewhere until `summary`."""

    def __init__(self, total: int, stream: TextIO = sys.stderr) -> None:
        self.total = total
        self.stream = stream
        self.start = time.monotonic()
        self.began: dict[str, float] = {}
        self.ran: dict[str, float] = {}
        self.failed: list[str] = []
        self.cached = 0

    def __call__(self, event: str, script: str) -> None:
        """Take in one event of `Engine.run`."""
        now = time.monotonic()
        if event == "cached":
            self.cached += 1
            return
        if event == "running":
            self.began[script] = now
        else:
            seconds = now - self.began.pop(script, now)
            if event == "failed":
                self.failed.append(script)
            else:
                self.ran[script] = seconds
        if self.stream.isatty():
            done = self.cached + len(self.ran) + len(self.failed)
            line = f"[{done}/{self.total}] running {', '.join(map(short, self.began))}" if self.began else ""
            self.stream.write(f"\r\033[K{line[:110]}")
            self.stream.flush()

    def summary(self) -> str:
        """What was run, what was kept, and how long it took."""
        if self.stream.isatty() and (self.ran or self.failed):
            self.stream.write("\r\033[K")
        parts = [f"{self.cached} of {self.total} from the cache"]
        if self.ran:
            parts.append(
                "ran " + ", ".join(f"{short(script)} {seconds:.2f} s" for script, seconds in self.ran.items())
            )
        if self.failed:
            parts.append("failed " + ", ".join(map(short, self.failed)))
        return f"Figures: {'; '.join(parts)}; {time.monotonic() - self.start:.2f} s in all"


def short(script: str) -> str:
    """A script's name without its folder and ending."""
    return script.removeprefix("snippets/").removeprefix("docs/").removesuffix(".py")
