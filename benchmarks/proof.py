"""Runs a check that takes long, and keeps what came of it for the page *What is tested*.

    make slow, make fuzz, make kills, make advisories

`python -m benchmarks.proof NAME COMMAND ...` passes on what the command prints, and its exit code. The last line that
counts something is the outcome; a failure is kept like a success, and all that was printed in .cache/proof/, by the
minute: what random arguments found, the next run may not find again.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.measure import RESULTS, ROOT, keep, today

LOGS = ROOT / ".cache" / "proof"
CHECKS = {
    "slow": "every page as a notebook and as a script, every block again, a cluster",
    "fuzz": "random arguments for every public function, {LEGO_FUZZ_EXAMPLES} draws for a cheap one",
    "kills": "{LEGO_KILLS} builds ended at random moments, the build after each compared with a clean one",
    "advisories": "the public advisory database about each locked package",
}
PACKAGES = ("torch", "matplotlib", "mkdocs", "mkdocs-material", "hypothesis")
COUNTED = re.compile(
    r"=*\s*(\d+ (?:passed|failed|skipped|deselected|warnings?|errors?)\b.*?)(?: in [\d.]+s.*)?"
    r"|((?:No|Found \d+) known vulnerabilit.*)"
)


def find_outcome(lines: Iterable[str], code: int) -> str:
    """What the last line that counts something says; without one, how the command ended."""
    counted = [match for line in lines if (match := COUNTED.fullmatch(re.sub(r"[\s=]+$", "", line)))]
    outcome = (counted[-1][1] or counted[-1][2]) if counted else f"no result, exit code {code}"
    # the target asks for some tests of a file
    return re.sub(r", \d+ deselected|^\d+ deselected, ", "", outcome)


def run(command: list[str], log: Path) -> tuple[str, int, float]:
    """The outcome of a command, its exit code and its minutes; what it prints is passed on, and written down."""
    start, told = time.monotonic(), b""
    log.parent.mkdir(parents=True, exist_ok=True)
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}  # dot by dot
    with (
        log.open("wb") as kept,
        subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as process,
    ):
        assert process.stdout is not None
        while data := os.read(process.stdout.fileno(), 4096):
            sys.stdout.buffer.write(data)
            sys.stdout.flush()
            kept.write(data)
            kept.flush()
            told += data
    lines = told.decode(errors="replace").splitlines()
    return find_outcome(lines, process.returncode), process.returncode, (time.monotonic() - start) / 60


def markdown(found: dict[str, dict[str, Any]]) -> str:
    """The results as a table, in the order of CHECKS, and what they were found with."""
    lines = ["| Target | What it runs | Result | Minutes | Date |", "|---" * 5 + "|"]
    used: dict[str, list[str]] = {}
    for name in CHECKS:
        if row := found.get(name):
            cells = row["what"], row["outcome"], f"{row['minutes']:.0f}", row["date"]
            lines.append(f"| `make {name}` | {' | '.join(cells)} |")
            used.setdefault(row["versions"], []).append(f"`{name}`")
    lines += ["", *(f"With {versions}: {', '.join(names)}." for versions, names in used.items())]
    return "\n".join(lines) + "\n"


def main() -> int:
    name, *command = sys.argv[1:]
    if name not in CHECKS:
        raise SystemExit(f"the check must be one of {', '.join(CHECKS)}, got {name!r}")
    try:
        what = CHECKS[name].format_map(os.environ)
    except KeyError as error:
        raise SystemExit(f"{error.args[0]} must be set, as make {name} does") from None
    outcome, code, minutes = run(command, LOGS / f"{name} {datetime.now():%Y-%m-%d %H.%M}.log")
    if name == "advisories" and outcome.startswith("no result"):
        return code  # the database was not reached: what it said before stands
    versions = [f"Python {platform.python_version()}"]
    versions += [f"{package} {importlib.metadata.version(package)}" for package in PACKAGES]
    path = RESULTS / "proof.json"
    found = json.loads(path.read_text()) if path.is_file() else {}
    found[name] = {
        "date": today(), "what": what, "outcome": outcome, "minutes": minutes,
        "versions": ", ".join(versions),
    }  # fmt: skip
    keep(path.with_suffix(".md"), markdown(found), found)
    return code


if __name__ == "__main__":
    sys.exit(main())
