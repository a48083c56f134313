"""The cold build and that of the peer which is cheapest there, one of each in turn: which takes less, and how surely.

    make pairs                         six pairs of each case, about half an hour
    make pairs PAIRS="--pairs 2"

The speed of a machine wanders by more than these two differ, so that a median of each says little: here each build is
compared with the one beside it, and the builds change places after each pair. On one processor a script has no other
one beside it that slows it down.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.measure import RESULTS, Cost, calibrate, keep, today
from benchmarks.race import Race, make_snippets, own_snippets, versions

PEER = "markdown-exec"


class Case(NamedTuple):
    """What both build."""

    snippets: int | None  # None: the handbook's own
    seconds: float
    processors: int


CASES = (Case(24, 0.5, 2), Case(24, 0.5, 1), Case(100, 0.05, 2), Case(None, 0, 2))


@contextlib.contextmanager
def processors(count: int) -> Iterator[None]:
    """Leave this process, and those that it starts, so many processors."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:count])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def compare(case: Case, pairs: int) -> list[list[Cost]]:
    """The costs of each pair of builds: this project's, and the peer's."""
    snippets = (
        own_snippets() if case.snippets is None else make_snippets(case.snippets, calibrate(case.seconds))
    )
    with tempfile.TemporaryDirectory() as folder, processors(case.processors):
        races = [Race(name, Path(folder)) for name in ("lego", PEER)]
        found = []
        for number in range(-1, pairs):  # before the first pair that counts, files come into memory
            costs = {}
            for race in races[:: -1 if number % 2 else 1]:
                print(f"{case}, pair {number + 1} of {pairs}: {race.name}", file=sys.stderr)
                race.reset(snippets)
                costs[race.name] = race.build()
            if number >= 0:
                found.append([costs["lego"], costs[PEER]])
    return found


def ratios(costs: list[list[Cost]], part: str) -> list[float]:
    """What ours took of the peer's, pair by pair."""
    return [getattr(ours, part) / getattr(theirs, part) for ours, theirs in costs]


def row(case: Case, costs: list[list[Cost]]) -> str:
    """Medians of the ratios, with the quartiles."""
    cells = []
    for part in ("cpu", "wall"):
        low, middle, high = statistics.quantiles(ratios(costs, part), method="inclusive")
        cells.append(f"{middle:.2f}\u00a0× ({low:.2f} to {high:.2f})")
    what = "the handbook's own" if case.snippets is None else f"{case.snippets}, {case.seconds:g} s each"
    return f"| {what} | {case.processors} | {len(costs)} | {' | '.join(cells)} |"


def main() -> None:
    """Build in turn, print and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=6, help="how many of each case, at least 2 (default: 6)")
    options = parser.parse_args()
    if options.pairs < 2:
        parser.error(f"--pairs must be at least 2, got {options.pairs}")
    if not hasattr(os, "sched_setaffinity"):
        parser.error("this system can't leave a process fewer processors: run it on Linux")
    path = RESULTS / "pairs.json"
    earlier = add_earlier(json.loads(path.read_text())) if path.exists() else {}
    cases = [case for case in CASES if case.processors <= len(os.sched_getaffinity(0))]
    costs = {case: compare(case, options.pairs) for case in cases}
    results = {
        "date": today(),
        "tools": versions([PEER], {}),
        "pairs": [{**case._asdict(), "costs": costs[case]} for case in cases],
        "earlier": earlier,
    }
    text = summary(results)
    print(text)
    keep(path.with_suffix(".md"), text, results)


def add_earlier(known: dict[str, Any]) -> dict[str, list[float]]:
    """The medians of CPU time of the runs so far, by their dates."""
    medians = [round(statistics.median(ratios(read_costs(entry), "cpu")), 4) for entry in known["pairs"]]
    return {**known.get("earlier", {}), known["date"]: medians}


def read_costs(entry: dict[str, Any]) -> list[list[Cost]]:
    """The pairs of one case, from a file of results."""
    return [[Cost(*cost) for cost in pair] for pair in entry["costs"]]


def summary(results: dict[str, Any]) -> str:
    """The table, and what earlier runs found."""
    tools = ", ".join(f"{name} {version}" for name, version in results["tools"].items())
    lines = [
        f"Cold builds of this project and of {PEER}: medians of the ratios, with quartiles; "
        f"{results['date']}; {tools}.\n",
        "| Snippets | Processors | Pairs | CPU time | Time by the clock |",
        "|---|---|---|---|---|",
    ]
    for entry in results["pairs"]:
        case = Case(*(entry[name] for name in Case._fields))
        lines.append(row(case, read_costs(entry)))
    if results["earlier"]:
        runs = "; ".join(
            f"{date}: {', '.join(f'{ratio:.2f}' for ratio in medians)}"
            for date, medians in results["earlier"].items()
        )
        lines.append(f"\nThe same column of CPU time in earlier runs: {runs}.")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
