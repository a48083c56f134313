"""What the benchmarks share: what a command costs, what contestants run under, and how results are kept."""

from __future__ import annotations

import datetime
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"


class Cost(NamedTuple):
    """What a command took."""

    cpu: float
    wall: float


def environment(cwd: Path) -> dict[str, str]:
    """What every contestant runs under: one thread a process, no window, the library of its own folder."""
    address = {"SITE_URL", "REPO_URL"}  # of what somebody publishes from here
    return {name: value for name, value in os.environ.items() if name not in address} | {
        "NO_MKDOCS_2_WARNING": "1",
        "MPLBACKEND": "agg",
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": str(cwd),
    }


def run(*command: str, cwd: Path) -> Cost:
    """Run a command to its end; CPU time includes its children."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    result = subprocess.run(command, cwd=cwd, env=environment(cwd), capture_output=True, text=True)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if result.returncode != 0:
        raise SystemExit(f"{' '.join(command)} failed:\n{result.stdout}{result.stderr}")
    return Cost(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall)


def median(costs: list[Cost]) -> Cost:
    """Median of each column."""
    return Cost(*map(statistics.median, zip(*costs, strict=True)))


def calibrate(seconds: float) -> int:
    """How many rounds of the generated snippet's loop take so long."""
    code = (
        "import time, torch\nx = torch.randn(300, 300)\nfor _ in range(20): x = torch.sigmoid(x @ x)\n"
        "start = time.process_time()\nfor _ in range(200): x = torch.sigmoid(x @ x)\n"
        "print((time.process_time() - start) / 200)"
    )
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    return max(1, round(seconds / float(result.stdout)))


def today() -> str:
    """The date, as reports give it."""
    return datetime.datetime.now(datetime.UTC).date().isoformat()


def keep(path: Path, text: str, data: object = None) -> None:
    """Write a report, and beside it as JSON the data that it tells; nobody ever sees a part of either."""
    # here, not above: processes that test mutants must not inherit hooks
    from hooks.engine.cache import write_atomically

    if data is not None:
        told = json.dumps(data, indent=1, ensure_ascii=False) + "\n"
        write_atomically(path.with_suffix(".json"), told.encode())
    write_atomically(path, text.encode())
