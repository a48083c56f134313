"""The same snippets as an executed site, by this project and by its peers: cold, unchanged, after each kind of edit.

    make race                                                  24 snippets of half a second, medians of 3
    make race RACE="--snippets 100 --seconds 0.05 --rounds 1"
    make race RACE="--own --rounds 1"                          the handbook's own snippets
    make race RACE="--only lego markdown-exec plain"           some contestants; their rows replace the earlier ones

One page a snippet. Each peer gets a virtual environment of its own below .cache/race, the first time, with the same
PyTorch and matplotlib. Each round takes all contestants through one scenario before the next begins, every other round
in the opposite order, so that what else the machine does meets all of them. CPU seconds are those of the command and
all its children. After the edit of the library, the numbers that each page prints are compared with those that the
snippets print now: only these pages are true.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.metadata
import json
import os
import re
import runpy
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.build import make_floor
from benchmarks.measure import RESULTS, ROOT, Cost, calibrate, environment, keep, run, today
from benchmarks.peers import MKDOCS_BUILD, PEERS, Peer, Snippet, write
from hooks.engine.outcome import digest

PLACE = ROOT / ".cache" / "race"
SNIPPET = '''"""Snippet {number} draws a line."""

import matplotlib.pyplot as plt
import torch

from lego.activations import sigmoid

generator = torch.Generator().manual_seed({number})
weight = torch.randn(300, 300, generator=generator)
x = torch.ones(300, 300)
for _ in range({rounds}):
    x = sigmoid(x @ weight)
plt.plot(x[0][:50])
print("mean of snippet {number}:", round(x.mean().item(), 7))
plt.show()
'''
LIBRARY_EDIT = """

_sigmoid = sigmoid


def sigmoid(x: Tensor) -> Tensor:
    return 0.9 * _sigmoid(x)
"""
OWN = "the handbook's own"
FLOOR, PLAIN = "floor: nothing runs", "plain Python, one by one"  # rows beside those of the contestants
NOTHING: dict[str, Any] = {"rows": {}, "versions": {}, "failed": {}}  # of an earlier race
SCENARIOS = ("cold", "nothing changed", "one snippet edited", "library edited", "prose edited")
SAMPLE = 24  # snippets that plain Python runs; their mean stands for all
Row = dict[str, Any]  # what was measured of a contestant


def interpreter(name: str, peer: Peer) -> str:
    """The Python of a contestant's own environment, made the first time; this project's is the one that runs."""
    if not peer.packages:
        return sys.executable
    folder = PLACE / "venv" / re.sub(r"\W.*", "", peer.packages[0].replace("-", "_"))
    python, ready = folder / "bin" / "python", folder / "ready"
    needed = ["numpy", "torch", "tqdm", "matplotlib", "mnist1d", "scikit-learn", "joblib", *peer.packages]
    lock = (ROOT / "requirements.lock").read_bytes()
    state = "\n".join([*needed, digest(lock)])  # other versions than ours would be no fair race
    if not ready.exists() or ready.read_text() != state:
        print(f"Setting up {folder.relative_to(ROOT)} (once)", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        if (
            subprocess.run([*install, "--constraint", str(ROOT / "requirements.lock"), *needed]).returncode
            != 0
        ):
            raise SystemExit(f"{name} could not be installed: the first race needs a network.")
        ready.write_text(state)
    return str(python)


def versions(names: list[str], earlier: dict[str, str]) -> dict[str, str]:
    """The versions of the contestants; of those that did not race now, what an earlier run wrote down."""
    found = {"lego": importlib.metadata.version("lego"), "torch": importlib.metadata.version("torch")}
    for name, peer in PEERS.items():
        for package in peer.packages[:1]:
            plain = package.partition("[")[0]
            if name in names:
                code = f"import importlib.metadata; print(importlib.metadata.version({plain!r}))"
                command = [interpreter(name, peer), "-c", code]
                found[plain] = subprocess.run(command, capture_output=True, text=True).stdout.strip()
            elif plain in earlier:
                found[plain] = earlier[plain]
    return found


class Race:
    """One contestant's folder, taken through the scenarios."""

    def __init__(self, name: str, place: Path) -> None:
        self.name, self.peer = name, PEERS[name]
        self.root = place / re.sub(r"\W+", "-", name)
        self.python = interpreter(name, self.peer)

    def reset(self, snippets: list[Snippet]) -> None:
        """The state before a cold build: sources as they were, nothing kept."""
        for kept in self.peer.kept:
            shutil.rmtree(self.root / kept, ignore_errors=True)
        shutil.copytree(
            ROOT / "lego",
            self.root / "lego",
            dirs_exist_ok=True,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
        self.peer.write(self.root, snippets)

    def build(self) -> Cost:
        """One build."""
        time.sleep(1.1)  # a tool may compare times of change by the second
        return run(self.python, *self.peer.command, cwd=self.root)

    def text(self, snippet: Snippet) -> str:
        """What a snippet's page says, without its markup."""
        path = self.root / self.peer.page.format(snippet.name)
        return re.sub(r"<[^>]*>", "", path.read_text(errors="replace")) if path.exists() else ""

    def size(self, snippet: Snippet) -> int:
        """Bytes of a snippet's page with the pictures that it loads."""
        path = self.root / self.peer.page.format(snippet.name)
        page = path.read_text()
        names: list[str] = re.findall(r'<img[^>]*src="([^":]+)"', page)
        pictures = {(path.parent / name).resolve() for name in names}
        return path.stat().st_size + sum(picture.stat().st_size for picture in pictures if picture.is_file())

    def go(self, snippets: list[Snippet], truth: list[dict[str, str]]) -> Iterator[Row]:
        """Each scenario in turn: its cost, and how many pages are true afterwards."""
        self.reset(snippets)
        cost = self.build()
        size = statistics.median(map(self.size, snippets))
        yield {"cold": cost, "bytes": size, "true, cold": self.count(snippets, truth[0])}
        yield {"nothing changed": self.build()}
        edited = edit_snippet(snippets)
        self.peer.write(self.root, edited)
        cost = self.build()
        yield {"one snippet edited": cost, "true, one snippet edited": self.count(edited[:1], truth[1])}
        library = self.root / "lego" / "activations.py"
        # the handbook's own snippets are not all ready for another sigmoid, and their numbers are not compared
        library.write_text(library.read_text() + (LIBRARY_EDIT if truth[0] else "\n# edited\n"))
        cost = self.build()
        yield {"library edited": cost, "true, library edited": self.count(edited, truth[2])}
        edited = [edited[0], Snippet(edited[1].name, edited[1].code, "Another sentence."), *edited[2:]]
        self.peer.write(self.root, edited)
        cost = self.build()
        yield {"prose edited": cost, "true, prose edited": int("Another sentence." in self.text(edited[1]))}

    def count(self, snippets: list[Snippet], truth: dict[str, str]) -> int | None:
        """How many pages show what their snippet prints now."""
        return sum(truth[snippet.name] in self.text(snippet) for snippet in snippets) if truth else None


def make_snippets(count: int, rounds: int) -> list[Snippet]:
    """So many snippets, each of which computes for so many rounds."""
    return [Snippet(f"s{number}", SNIPPET.format(number=number, rounds=rounds)) for number in range(count)]


def own_snippets() -> list[Snippet]:
    """The handbook's own."""
    scripts = sorted((ROOT / "snippets").rglob("*.py"))
    names = ["_".join(path.relative_to(ROOT / "snippets").with_suffix("").parts) for path in scripts]
    names = ["home" if name == "index" else name for name in names]  # each site has an index of its own
    return [Snippet(name, path.read_text()) for name, path in zip(names, scripts, strict=True)]


def edit_snippet(snippets: list[Snippet]) -> list[Snippet]:
    """The first snippet draws another line."""
    first = snippets[0]
    code = first.code.replace("manual_seed(0)", "manual_seed(1000)") + "\n"
    return [Snippet(first.name, code, first.prose), *snippets[1:]]


def lay_out(snippets: list[Snippet], folder: Path) -> None:
    """Each snippet as a script, beside the library."""
    shutil.copytree(ROOT / "lego", folder / "lego", ignore=shutil.ignore_patterns("__pycache__"))
    for snippet in snippets:
        write(folder / f"{snippet.name}.py", snippet.code)


def find_truth(snippets: list[Snippet], folder: Path) -> list[dict[str, str]]:
    """What each of the scripts in a folder prints at first, after its edit, and after the library's."""
    edited = edit_snippet(snippets)[0]
    library = folder / "lego" / "activations.py"
    found = [run_scripts(snippets, folder)]
    write(folder / f"{edited.name}.py", edited.code)
    found.append(run_scripts(snippets, folder))
    write(library, library.read_text() + LIBRARY_EDIT)
    return [*found, run_scripts(snippets, folder)]


def run_scripts(snippets: list[Snippet], folder: Path) -> dict[str, str]:
    """What each of the scripts in a folder prints now; one process runs them all."""
    command = [sys.executable, "-m", "benchmarks.race", "--print", *(snippet.name for snippet in snippets)]
    # the folder's library before this project's
    paths = {"PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])}
    result = subprocess.run(
        command, cwd=folder, env=environment(folder) | paths, capture_output=True, text=True, check=True
    )
    printed: dict[str, str] = json.loads(result.stdout.splitlines()[-1])
    return printed


def print_truth(names: list[str]) -> None:
    """Run scripts in this process, and print what each printed."""
    import io

    import matplotlib.pyplot as plt

    printed = {}
    for name in names:
        text = io.StringIO()
        with contextlib.redirect_stdout(text):
            runpy.run_path(f"{name}.py", run_name="__main__")
        plt.close("all")
        printed[name] = text.getvalue().strip()
    print(json.dumps(printed))


def run_floor(site: Path, floor: Path) -> Cost:
    """The pages of a site with code and figures already in them, and nothing to run, when they are built again."""
    shutil.rmtree(floor, ignore_errors=True)
    make_floor(site, floor)
    run(sys.executable, *MKDOCS_BUILD, cwd=floor)
    return run(sys.executable, *MKDOCS_BUILD, cwd=floor)


def run_plainly(snippets: list[Snippet], folder: Path) -> Cost:
    """Each script as `python script.py`, one after another; a sample stands for many."""
    sample = snippets[:: max(1, len(snippets) // SAMPLE)]
    costs = [run(sys.executable, f"{snippet.name}.py", cwd=folder) for snippet in sample]
    return Cost(*(sum(column) * len(snippets) / len(sample) for column in zip(*costs, strict=True)))


def save_while_serving(race: Race, snippets: list[Snippet], truth: list[dict[str, str]]) -> float:
    """Seconds from a save of one snippet until its page shows the new number, in `mkdocs serve`."""
    race.reset(snippets)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [race.python, "-m", "mkdocs", "serve", "--quiet", "--dev-addr", f"127.0.0.1:{port}"]
    server = subprocess.Popen(command, cwd=race.root, env=environment(race.root), stderr=subprocess.DEVNULL)
    name = snippets[0].name
    address = f"http://127.0.0.1:{port}/{name}/"

    def wait_for(text: str) -> None:
        end = time.monotonic() + 300
        while time.monotonic() < end:
            with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=60) as answer:
                if text in re.sub(r"<[^>]*>", "", answer.read().decode()):
                    return
            time.sleep(0.02)
        raise SystemExit(f"serve never showed {text!r}")

    try:
        wait_for(truth[0][name])
        time.sleep(2)
        race.peer.write(race.root, edit_snippet(snippets))
        start = time.monotonic()
        wait_for(truth[1][name])
        return time.monotonic() - start
    finally:
        server.terminate()
        server.wait()


def table(results: dict[str, Any]) -> str:
    """The race as a table: CPU seconds of each scenario, and what is true afterwards."""
    rows, count = results["rows"], results["snippets"]
    lines = [
        f"| Tool | {' | '.join(SCENARIOS)} | True after the library edit | KB per page |",
        "|---" * (len(SCENARIOS) + 3) + "|",
    ]
    for name, row in rows.items():
        cells = [f"{row[s][0]:.1f} ({row[s][1]:.1f})" if s in row else "–" for s in SCENARIOS]
        true = row.get("true, library edited")
        size = f"{row['bytes'] / 1024:.0f}" if "bytes" in row else "–"
        label = f"**{name}**" if name == "lego" else name
        lines.append(
            f"| {label} | {' | '.join(cells)} | {'–' if true is None else f'{true} of {count}'} | {size} |"
        )
    return "\n".join(lines) + "\n"


def said_of(rounds: int) -> str:
    """How often a contestant was measured."""
    return "one round" if rounds == 1 else f"medians of {rounds}"


def summary(results: dict[str, Any]) -> str:
    """The table, and the ratios that count, within this run."""
    all_rows, earlier = results["rows"], results["earlier"]
    rows = {name: row for name, row in all_rows.items() if name not in earlier}
    own, floor, plain = rows.get("lego"), rows.get(FLOOR), rows.get(PLAIN)
    tools = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    rounds = said_of(results["rounds"])
    sentences = []
    if own and floor:
        low = floor["nothing changed"][0]
        beyond = own["one snippet edited"][0] - low
        sentences += [
            f"With nothing changed, this project takes {own['nothing changed'][0] / low:.2f} × the floor.",
            f"After an edit of prose, when nothing runs, it takes "
            f"{own['prose edited'][0] / low:.2f} × the floor; after an edit of one snippet, "
            f"{abs(beyond):.1f} CPU s {'more' if beyond > 0 else 'less'} than the floor.",
        ]
    if own and plain:
        sentences.append(
            f"Its cold build takes {own['cold'][0] / plain['cold'][0]:.2f} × the CPU time of plain Python."
        )
    peers = {name: row["cold"][0] for name, row in rows.items() if name in PEERS and name != "lego"}
    if own and peers:
        best = min(peers, key=lambda name: peers[name])
        sentences.append(
            f"Of the peers in this run, {best} has the cheapest cold build; this project's takes "
            f"{own['cold'][0] / peers[best]:.2f} × its CPU time."
        )
    for name, error in results["failed"].items():
        sentences.append(f"{name} did not build them: `{error}`.")
    runs: dict[tuple[str, int], list[str]] = {}
    for name in earlier:
        row = all_rows[name]
        runs.setdefault((row["date"], row["rounds"]), []).append(name)
    for (date, count), names in runs.items():
        loops = "" if results["kind"] == OWN else ", its loops adjusted to the same seconds"
        sentences.append(
            f"Measured in an earlier run, on {date} ({said_of(count)}{loops}): {'; '.join(names)}."
        )
    if own and (serving := own.get("serve")):
        sentences.append(f"In `serve`, {serving:.1f} s pass from a save to the new page, computing included.")
    return (
        f"{results['snippets']} snippets, {results['kind']}; {results['date']}, {results['cores']} cores, "
        f"{rounds}, CPU seconds (and seconds by the clock); {tools}.\n\n{table(results)}\n{' '.join(sentences)}\n"
    )


def read_earlier(path: Path, settings: dict[str, Any]) -> dict[str, Any]:
    """What an earlier race wrote down, if its settings were the same: other costs do not belong beside these."""
    if not path.exists():
        return NOTHING
    found: dict[str, Any] = json.loads(path.read_text())
    if found["versions"].get("torch") != importlib.metadata.version("torch"):
        print(f"{path.name} has a race with another PyTorch: its rows are left out.", file=sys.stderr)
        return NOTHING
    if other := [f"{name} {found[name]}" for name, value in settings.items() if found[name] != value]:
        print(f"{path.name} has another race ({', '.join(other)}): its rows are left out.", file=sys.stderr)
        return NOTHING
    return found


def main() -> None:
    """Race, print and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--snippets", type=int, default=24, help="how many (default: 24)")
    parser.add_argument("--seconds", type=float, default=0.5, help="computing time of each (default: 0.5)")
    parser.add_argument("--rounds", type=int, default=3, help="the medians count (default: 3)")
    parser.add_argument("--own", action="store_true", help="the handbook's own snippets instead")
    parser.add_argument(
        "--only", nargs="+", metavar="NAME", choices=[*PEERS, "plain"], help="some contestants"
    )
    parser.add_argument("--print", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.snippets < 2 or options.rounds < 1:
        parser.error(
            f"--snippets must be at least 2 and --rounds at least 1, got {options.snippets} and {options.rounds}"
        )
    if options.print:
        return print_truth(options.print)
    if options.own:
        snippets = own_snippets()
        kind, stem = OWN, "race_own"
    else:
        snippets = make_snippets(options.snippets, calibrate(options.seconds))
        kind, stem = f"{options.seconds:g} s of computing each", f"race_{options.snippets}"
    path = RESULTS / f"{stem}.json"
    settings = {"cores": os.cpu_count(), "snippets": len(snippets), "kind": kind}
    known = read_earlier(path, settings) if options.only else NOTHING
    names = [name for name in options.only or PEERS if name != "plain"]
    with tempfile.TemporaryDirectory() as folder:
        place, scripts = Path(folder), Path(folder, "truth")
        races = {name: Race(name, place) for name in names}
        lay_out(snippets, scripts)
        truth = [{}, {}, {}] if options.own else find_truth(snippets, scripts)
        measured: dict[str, list[Row]] = {}
        failed: dict[str, str] = {}
        for number in range(options.rounds):
            running = {name: race.go(snippets, truth) for name, race in races.items() if name not in failed}
            for name in running:
                measured.setdefault(name, []).append({})
            for scenario in SCENARIOS:
                for name in [*running][:: -1 if number % 2 else 1]:
                    print(f"round {number + 1}, {scenario}: {name}", file=sys.stderr)
                    try:
                        measured[name][-1] |= next(running[name])
                    except SystemExit as error:  # a peer's failure is a result, ours is not
                        if name == "lego":
                            raise
                        print(error, file=sys.stderr)
                        failed[name] = str(error).strip().splitlines()[-1]
                        del measured[name], running[name]
                    if name == "lego" and scenario == "nothing changed":
                        low = run_floor(races[name].root, place / "floor")
                        measured.setdefault(FLOOR, []).append({scenario: low})
            if not options.only or "plain" in options.only:
                measured.setdefault(PLAIN, []).append({"cold": run_plainly(snippets, scripts)})
        results = collect(measured, failed, names, known, settings | {"rounds": options.rounds})
        if "lego" in races and not options.own:
            results["rows"]["lego"]["serve"] = statistics.median(
                save_while_serving(races["lego"], snippets, truth) for _ in range(options.rounds)
            )
    text = summary(results)
    print(text)
    keep(path.with_suffix(".md"), text, results)


def collect(
    measured: dict[str, list[Row]],
    failed: dict[str, str],
    names: list[str],
    known: dict[str, Any],
    settings: dict[str, Any],
) -> dict[str, Any]:
    """What a race found of the contestants that it names, beside the rows that only an earlier one has."""
    earlier, now = known["rows"], {"date": today(), "rounds": settings["rounds"]}
    rows = earlier | {name: middle(found) | now for name, found in measured.items()}
    order = [*PEERS, FLOOR, PLAIN]
    return {
        "date": now["date"],
        **settings,
        "versions": versions(names, known["versions"]),
        "failed": {name: error for name, error in known["failed"].items() if name not in names} | failed,
        "earlier": [name for name in order if name in earlier.keys() - measured.keys()],
        "rows": {name: rows[name] for name in order if name in rows},
    }


def middle(rows: list[Row]) -> Row:
    """Medians of the costs; of how many pages were true, the least."""
    found: Row = {}
    for name in rows[0]:
        values = [row[name] for row in rows]
        if isinstance(values[0], Cost):
            found[name] = [statistics.median(column) for column in zip(*values, strict=True)]
        else:
            found[name] = None if values[0] is None else min(values)
    return found


if __name__ == "__main__":
    main()
