"""Breaks what the pages show, and counts what the tests notice: every snippet and every block of code, in five ways.

    make mutation-pages                          all of it; takes an hour or two, and goes on where it was stopped
    make mutation-pages MUTATION="--sample 200"  some; --only regularization/: what has that in its name

A constant, an operator, a name, a shape is another, or a line is gone. A snippet meets the tests of its finding, and like
a block that is written in a page, the record of what it showed. A survivor that prints and draws the very same changes
nothing that a reader sees; of another one the finding still holds, as far as a test asserts it.
"""

from __future__ import annotations

import argparse
import ast
import copy
import difflib
import hashlib
import itertools
import json
import os
import random
import shutil
import tempfile
import textwrap
import time
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.forks import Chosen, Copy, fork, preload, spread, verdict
from benchmarks.measure import RESULTS, ROOT, keep, today
from benchmarks.mutation import NOT_EXPLAINED, REASONS, STORE, days, explain, folded, listed, share
from tests.record import BLOCK, RECORD, find_all

LIMIT = 120.0  # seconds; a snippet takes about two
SIZED = (
    "Linear mlp randn rand zeros ones empty full randint randperm eye arange linspace logspace reshape view "
    "expand repeat Conv1d Conv2d unflatten SwiGLU moons spirals blobs chunk split tensor_split LayerNorm "
    "BatchNorm1d"
)
SWAPPED: dict[type, type] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult,
    ast.FloorDiv: ast.Mod, ast.Mod: ast.FloorDiv, ast.MatMult: ast.Mult, ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd, ast.And: ast.Or, ast.Or: ast.And, ast.USub: ast.UAdd, ast.Invert: ast.UAdd,
    ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
Change = Callable[[], None]


class Broken(NamedTuple):
    """A source broken in one way."""

    place: str  # "snippets/a.py", or "docs/b.md#0" for the first block that is written there
    way: str
    source: str

    @property
    def key(self) -> str:
        """What identifies it."""
        return hashlib.blake2b("\0".join(self).encode(), digest_size=8).hexdigest()


def places(root: Path = ROOT) -> dict[str, str]:
    """The source of every snippet, and of every block that is written in a page."""
    paths = sorted((root / "snippets").rglob("*.py"))
    return {path.relative_to(root).as_posix(): path.read_text() for path in paths} | find_all(root)


def constants(tree: ast.Module, sizes: set[int]) -> Iterator[Change]:
    """A number is half as much again, zero is one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and type(node.value) in (int, float) and id(node) not in sizes:
            value: Any = node.value
            other = value + max(1, value // 2) if isinstance(value, int) else 1.5 * value or 1.0
            yield partial(setattr, node, "value", other)


def operators(tree: ast.Module) -> Iterator[Change]:
    """An operator is its opposite."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.BinOp | ast.BoolOp | ast.UnaryOp | ast.AugAssign)
            and type(node.op) in SWAPPED
        ):
            yield partial(setattr, node, "op", SWAPPED[type(node.op)]())
        elif isinstance(node, ast.Compare):
            yield partial(setattr, node, "ops", [SWAPPED[type(node.ops[0])](), *node.ops[1:]])


def names(tree: ast.Module, rng: random.Random) -> Iterator[Change]:
    """A name is another one of the source: a value for a value, an import for an import."""
    imported = {
        alias.asname or alias.name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    stored = {
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            kind = imported if node.id in imported else stored
            if others := sorted(kind - {node.id}):
                yield partial(setattr, node, "id", rng.choice(others))


def shapes(tree: ast.Module) -> Iterator[ast.Constant]:
    """Whole numbers that are a size: arguments of what takes sizes, alone or in a list."""
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        values = [
            word.value for word in call.keywords if word.arg in {"count", "size", "steps_per", "out_features"}
        ]
        for argument in [*call.args, *values] if name in SIZED.split() else []:
            for node in ast.walk(argument):
                if isinstance(node, ast.Constant) and type(node.value) is int and abs(node.value) > 0:
                    yield node


def lines(tree: ast.Module) -> Iterator[Change]:
    """A statement is gone, except for imports, the docstring and what only shows the figure."""
    for node in ast.walk(tree):
        for field in ("body", "orelse"):
            body = getattr(node, field, None)
            for index, statement in enumerate(body if isinstance(body, list) else ()):
                told = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
                shown = ast.unparse(statement) in {"plt.show()", "pass"}
                if not (told or shown or isinstance(statement, ast.Import | ast.ImportFrom)):
                    yield partial(body.__setitem__, index, ast.copy_location(ast.Pass(), statement))


def break_in(way: str, source: str, seed: str) -> str | None:
    """The source broken in one way, at a place that the seed decides; None where there is no such place."""
    tree, rng = ast.parse(source), random.Random(f"{seed} {way}")
    sizes = {id(node): node for node in shapes(tree)}
    changes: dict[str, Callable[[], list[Change]]] = {
        "constant": lambda: list(constants(tree, set(sizes))),
        "operator": lambda: list(operators(tree)),
        "name": lambda: list(names(tree, rng)),
        "shape": lambda: [partial(setattr, node, "value", node.value + 1) for node in sizes.values()],
        "line": lambda: list(lines(tree)),
    }
    found = changes[way]()
    if not found:
        return None
    before = ast.dump(copy.deepcopy(tree))
    rng.choice(found)()
    return None if ast.dump(tree) == before else ast.unparse(tree) + "\n"


WAYS = ("constant", "operator", "name", "shape", "line")
SHOWN = {"text": "prints something else", "figure": "draws something else"}  # what a survivor does


def judge(broken: Broken, number: int, copies: list[Copy]) -> None:
    """Test a broken source, compare what it shows if it survives, and write down what came of it."""
    project = copies[number]
    source = places(project.folder)[broken.place]
    file, _, block = broken.place.partition("#")
    before = (project.folder / file).read_text()
    start = time.monotonic()
    chosen = (
        Chosen([f"tests/test_printed.py::test_a_block_prints_what_it_printed[{broken.place}]"])
        if block
        else None
    )
    run = partial(project.test, tests(broken.place), chosen, LIMIT, project.folder / ".log")
    passed = STORE / f"passed-{fingerprint(broken.place, source, project.folder)}"
    if not passed.exists():
        if (code := run()) != 0:
            raise RuntimeError(f"the unchanged tests of {broken.place} must pass, pytest ended with {code}")
        passed.touch()
    project.write(file, replace_block(before, int(block), broken.source) if block else broken.source)
    try:
        result = verdict(run())
    finally:
        project.write(file, before)
    if result == "survived":
        shown, other = (show(project, text) for text in (source, broken.source))
        if "raised" in shown:
            raise RuntimeError(f"the unchanged {broken.place} must run, got {shown['text']}")
        if shown == other:
            result = "same"
        elif shown["text"] == other["text"]:
            result = "figure"
        else:
            result = "text"
    plain = ast.unparse(ast.parse(source)) + "\n"
    record = {
        **{"place": broken.place, "way": broken.way, "key": broken.key, "verdict": result},
        "tests": fingerprint(broken.place, source, project.folder),
        "diff": [
            line for line in difflib.ndiff(plain.split("\n"), broken.source.split("\n")) if line[0] in "-+"
        ],
        "seconds": round(time.monotonic() - start, 1),
        "date": today(),
    }
    with (STORE / "pages.jsonl").open("a") as out:
        out.write(json.dumps(record) + "\n")
    print(f"{result:9}{record['seconds']:6.1f} s  {broken.place}  {broken.way}", flush=True)


def replace_block(page: str, number: int, source: str) -> str:
    """The page with another source in the block of that number."""
    match = [match for match in BLOCK.finditer(page) if "--8<--" not in match[2]][number]
    block = textwrap.indent(source.rstrip("\n") + "\n", match[1])
    return page[: match.start(2)] + block + page[match.end(2) :]


def show(project: Copy, source: str) -> dict[str, Any]:
    """What a source prints and draws, in a folder of its own and from a seed; the error if it raises."""
    folder = Path(tempfile.mkdtemp(prefix=".shown-", dir=project.folder))
    result = folder / "result.json"

    def work() -> int:
        project.enter(folder / "stdout")
        os.chdir(folder)
        from hooks.engine.child import run_cells

        seeded = f"import torch; torch.manual_seed(0)\n{source}"  # as the test of a block does
        try:
            cells = list(run_cells(seeded, folder / "source.py", folder / "stdout", "salt"))
            found = {
                "text": "".join(cell["text"] for cell in cells),
                "figures": [cell["figures"] for cell in cells],
            }
        except Exception as error:
            found = {"text": repr(error), "figures": [], "raised": True}
        result.write_text(json.dumps(found))
        return 0

    nothing = {"text": "nothing", "figures": [], "raised": True}
    fork(work, LIMIT)
    found = dict(json.loads(result.read_text())) if result.is_file() else nothing
    shutil.rmtree(folder)
    return found


def tests(place: str) -> list[str]:
    """The file of tests that concerns a snippet or a block."""
    path = Path(place.partition("#")[0])
    return ["tests/test_printed.py"] if "#" in place else [f"tests/{path.parent}/test_{path.name}"]


def fingerprint(place: str, source: str, root: Path = ROOT) -> str:
    """Digest of a source, of its tests and what they rest on, of its record and of the library."""
    checked = [(root / name).read_bytes() for name in (*tests(place), "tests/record.py", "tests/conftest.py")]
    record = json.loads((root / RECORD).read_text()).get(place)
    library = [path.read_bytes() for path in sorted((root / "lego").glob("*.py"))]
    made_of = place, source, checked, record, library
    return hashlib.blake2b(repr(made_of).encode(), digest_size=8).hexdigest()


def known(asked: set[str]) -> dict[str, dict[str, Any]]:
    """Results that still hold, by key; what was not caught, only for tests and library as they are."""
    path, shown = STORE / "pages.jsonl", places()
    found = {}
    for record in map(json.loads, path.read_text().splitlines() if path.is_file() else ()):
        if record["key"] in asked:
            found.pop(record["key"], None)
            caught = record["verdict"] not in {"same", "text", "figure"}
            if caught or record["tests"] == fingerprint(record["place"], shown[record["place"]]):
                found[record["key"]] = record
    return found


def summarize(
    records: list[dict[str, Any]], total: int, without: dict[str, int], reasons: list[dict[str, Any]]
) -> dict[str, Any]:
    """The counts of each way for snippets and for blocks, and the survivors that show something else."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for record in records:
        kind = "blocks" if "#" in record["place"] else "snippets"
        counts[f"{kind}, {record['way']}"][record["verdict"]] += 1
    survivors = [
        {name: record[name] for name in ("place", "way", "verdict", "diff")}
        | {"reason": why(record, reasons)}
        for record in sorted(records, key=lambda record: (record["place"], record["way"]))
        if record["verdict"] in {"text", "figure"}
    ]
    rows = {
        f"{kind}, {way}": {"does not apply": without.get(f"{kind}, {way}", 0), **counts[f"{kind}, {way}"]}
        for kind, way in itertools.product(("snippets", "blocks"), WAYS)
    }
    return {"date": days(records), "total": total, "ways": rows, "survivors": survivors}


def why(record: dict[str, Any], reasons: list[dict[str, Any]]) -> str:
    """Why a survivor may live: the first line that it changes decides, as `ast.unparse` writes it."""
    text = next(line for line in record["diff"] if line.startswith("-")).removeprefix("-").strip()
    return str(explain({"file": record["place"], "text": text, "operator": record["way"]}, reasons)["reason"])


def markdown(result: dict[str, Any]) -> str:
    """The result as a table of ways and a list of survivors."""
    names = ("caught", "timeout", "same", "text", "figure", "does not apply")
    rows = {way: [counts.get(name, 0) for name in names] for way, counts in result["ways"].items()}
    rows["All"] = [sum(column) for column in zip(*rows.values(), strict=True)]
    caught, timeout, same, text, figure, _ = rows["All"]
    explained = sum(found["reason"] != NOT_EXPLAINED for found in result["survivors"])
    seen = caught + timeout + text + figure
    lines = [
        f"{seen + same} of {result['total']} broken sources were tested: {same} of them print and draw the same as "
        f"before. Of the other {seen}, "
        f"the tests catch {caught + timeout} ({share(caught + timeout, seen)}); {text} print something else "
        f"unnoticed, and {figure} draw something else. {explained} of these have a reason.",
        "",
        "| Change | Caught | By time limit | Shows the same | Prints something else | Draws something else | Does not apply | Share caught |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for way, (caught, timeout, same, text, figure, without) in rows.items():
        row = caught + timeout, timeout, same, text, figure, without
        part = share(caught + timeout, caught + timeout + text + figure)
        lines.append(f"| {way} | {' | '.join(map(str, row))} | {part} |")
    lines += ["", f"{result['date']}.", ""]
    survivors = [
        (found["place"], f"{found['way']}, {SHOWN[found['verdict']]}", found) for found in result["survivors"]
    ]
    return "\n".join(lines + folded("Survivors that show something else", listed(survivors)))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sample", type=int, help="how many broken sources (default: all)")
    parser.add_argument("--seed", type=int, default=0, help="where a source is broken (default: 0)")
    parser.add_argument("--only", default="", help="what has this in its name")
    parser.add_argument("--jobs", type=int, default=1, help="sources at a time (default: 1)")
    parser.add_argument("--report", action="store_true", help="only write the report of what is known")
    arguments = parser.parse_args()
    STORE.mkdir(parents=True, exist_ok=True)
    broken, without = [], Counter()
    for (place, source), way in itertools.product(places().items(), WAYS):
        if arguments.only in place:
            changed = break_in(way, source, f"{arguments.seed} {place}")
            if changed is None:
                without[f"{'blocks' if '#' in place else 'snippets'}, {way}"] += 1
            else:
                broken.append(Broken(place, way, changed))
    random.Random(arguments.seed).shuffle(broken)
    total = len(broken)
    broken = broken[: arguments.sample]
    keys = {found.key for found in broken}
    done = known(keys)
    open_ones = [found for found in broken if found.key not in done]
    if open_ones and not arguments.report:
        preload()
        copies = [Copy(ROOT, STORE / f"pages-{number}") for number in range(arguments.jobs)]
        spread(partial(judge, copies=copies), open_ones, arguments.jobs)
    reasons = tomllib.loads(REASONS.read_text())["survivor"]
    result = summarize(list(known(keys).values()), total, without, reasons)
    print(markdown(result).split("\n???")[0])
    if not arguments.only:
        keep(RESULTS / "mutation_pages.md", markdown(result), result)


if __name__ == "__main__":
    main()
