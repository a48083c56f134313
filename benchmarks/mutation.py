"""Breaks the library and the build engine on purpose, one small change at a time, and counts what the tests notice.

    make mutation                             every mutant; takes hours, and goes on where it was stopped
    make mutation MUTATION="--sample 300"     some, spread evenly over the files; --files lego/stack.py: of these

The changes are Cosmic Ray's. Of the many operators that could replace one, those of REPLACED are taken: most others
are noticed by anything. What stands in an annotation changes nothing that runs, and is left alone; so is a hook that
has no tests of its own: whole builds test it, which would take minutes for each change. A mutant meets the tests of
TESTS, first those that call the function it is in; one that hangs counts as caught. Why a survivor may live is written
in benchmarks/results/mutation_survivors.toml, by its file, line and operator; `same` says that the changed code
computes what the code does, so that no test could tell them apart.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import hashlib
import itertools
import json
import random
import re
import time
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.forks import Chosen, Copy, Reached, preload, read_measured, spread, verdict
from benchmarks.measure import RESULTS, ROOT, keep, today

PARTS = {"Library": "lego", "Hooks": "hooks", "Engine": "hooks/engine"}  # what is broken, by folder
STORE = ROOT / ".cache" / "mutation"
REASONS = RESULTS / "mutation_survivors.toml"
REPLACED = dict(
    Add="Sub", Sub="Add", Mul="Div", Div="Mul", FloorDiv="Div", Mod="FloorDiv", Pow="Mul",
    BitOr="BitAnd", BitAnd="BitOr", BitXor="BitOr", LShift="RShift", RShift="LShift",
    Lt="LtE", LtE="Lt", Gt="GtE", GtE="Gt", Eq="NotEq", NotEq="Eq", Is="IsNot", IsNot="Is",
    USub="UAdd", UAdd="USub", Invert="USub",
)  # fmt: skip
TESTS = {  # where it is not tests/test_<name>.py alone
    "lego/_findings.py": ("_findings", "diagnostics"),
    "hooks/engine/__main__.py": ("engine_command",),
    "hooks/engine/cache.py": ("engine",),
    "hooks/engine/child.py": ("labs", "engine"),
    "hooks/engine/confine.py": ("engine",),
    "hooks/engine/outcome.py": ("engine", "engine_command"),
    "hooks/engine/progress.py": ("engine_command", "engine"),
    "hooks/engine/result.py": ("engine",),
    "hooks/engine/server.py": ("engine",),
    "hooks/engine/shrink.py": ("svg",),
    "hooks/engine/svg.py": ("svg", "engine", "once"),
    "hooks/claims.py": ("claims", "fuzz_engine"),
    "hooks/pages.py": ("pages", "references"),
    "hooks/templates.py": ("navigation",),
}
LEAST = 30.0  # seconds until a test counts as hanging
SLOWER = 2  # times the unchanged tests as they were traced
NOT_EXPLAINED = "not explained yet"


class Mutant(NamedTuple):
    """A small change: the operator applied to its `occurrence`-th place in the file."""

    file: str
    operator: str
    occurrence: int
    line: int
    text: str  # the line, stripped


def mutants(file: str, source: str) -> list[Mutant]:
    """Every change of REPLACED, and every other of Cosmic Ray's, outside of annotations."""
    from cosmic_ray.ast import ast_nodes, get_ast

    nodes, lines, skipped = list(ast_nodes(get_ast(source))), source.split("\n"), find_annotations(source)
    found = []
    for name, operator in operators().items():
        places = [start for node in nodes for start, _ in operator.mutation_positions(node)]
        for occurrence, start in enumerate(places):
            if name == "ExceptionReplacer" and re.search(r"except\b.*\w\.\w", lines[start[0] - 1]):
                continue  # Cosmic Ray fails at a name with a dot
            if not any(first <= start < last for first, last in skipped):
                found.append(Mutant(file, name, occurrence, start[0], lines[start[0] - 1].strip()))
    return sorted(found, key=lambda mutant: (mutant.line, mutant.operator, mutant.occurrence))


@cache
def operators() -> dict[str, Any]:
    """Cosmic Ray's operators by name, one replacement for each operator of Python."""
    from cosmic_ray import plugins

    found = {}
    for full in plugins.operator_names():
        name, make = full.removeprefix("core/"), plugins.get_operator(full)
        pair = name.split("_")[1:]
        if not make.arguments() and (not pair or "Delete" in pair or REPLACED.get(pair[0]) == pair[1]):
            found[name] = make()
    return found


def find_annotations(source: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Where annotations stand: from (line, column) to (line, column)."""
    nodes: list[ast.expr | None] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            nodes.append(node.returns)
        elif isinstance(node, ast.arg | ast.AnnAssign):
            nodes.append(node.annotation)
    return [
        ((node.lineno, node.col_offset), (node.end_lineno or 0, node.end_col_offset or 0))
        for node in nodes
        if node
    ]


def change(mutant: Mutant, source: str) -> str:
    """The source with the change made."""
    from cosmic_ray.mutating import mutate_code

    changed = mutate_code(source, operators()[mutant.operator], mutant.occurrence)
    assert changed is not None, mutant
    return str(changed)


def function(source: str, line: int) -> int | None:
    """The first line, decorators included, of the innermost function around a line."""
    spans = [
        (min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)]), node.end_lineno or 0)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    return max((first for first, last in spans if first <= line <= last), default=None)


def tests(file: str) -> list[str]:
    """The files of tests that concern a file."""
    names = TESTS.get(file, (Path(file).stem,)) + (("signatures",) if file.startswith("lego/") else ())
    return [f"tests/test_{name}.py" for name in names]


def choose(mutant: Mutant, source: str, measured: dict[str, Reached]) -> tuple[list[str], float]:
    """All tests for a mutant and their seconds: those that call its function first, the quickest before the others.

    A call in another process, or in a fixture that tests share, isn't seen.
    """
    place = f"{mutant.file}:{function(source, mutant.line)}"
    chosen = sorted(measured, key=lambda name: (place not in measured[name][1], measured[name][0]))
    return chosen, sum(seconds for seconds, _ in measured.values())


def measured(file: str, copy: Copy) -> dict[str, Reached]:
    """The tests of a file as they are, kept until one of them or the file changes."""
    path = STORE / f"tests-{fingerprint(file, *tests(file), root=copy.folder)}.jsonl"
    if not path.is_file():
        names = sorted(
            f"{folder}/{path.name}" for folder in PARTS.values() for path in (ROOT / folder).glob("*.py")
        )
        copy.measure(tests(file), names, 900, path)
    return read_measured(path)


def fingerprint(*files: str, root: Path | None = None) -> str:
    """Digest of the bytes of files."""
    root = root or ROOT
    return hashlib.blake2b(
        b"\0".join((root / file).read_bytes() for file in files), digest_size=8
    ).hexdigest()


def judge(mutant: Mutant, number: int, copies: list[Copy]) -> None:
    """Test a mutant and write down what came of it."""
    copy = copies[number]
    source = (copy.folder / mutant.file).read_text()
    chosen, seconds = choose(mutant, source, measured(mutant.file, copy))
    changed = change(mutant, source)
    start = time.monotonic()
    copy.write(mutant.file, changed)
    try:
        code = copy.test(tests(mutant.file), Chosen(chosen), LEAST + SLOWER * seconds, copy.folder / ".log")
        result = verdict(code)
    finally:
        copy.write(mutant.file, source)
    record = mutant._asdict() | {
        "verdict": result,
        "diff": [line for line in difflib.ndiff(source.split("\n"), changed.split("\n")) if line[0] in "-+"],
        "seconds": round(time.monotonic() - start, 1),
        "date": today(),
        "source": fingerprint(mutant.file, root=copy.folder),
        "tests": fingerprint(*tests(mutant.file), root=copy.folder),
    }
    with (STORE / "mutants.jsonl").open("a") as file:
        file.write(json.dumps(record) + "\n")
    print(f"{result:9}{record['seconds']:6.1f} s  {mutant.file}:{mutant.line}  {mutant.operator}", flush=True)


def known(stale: bool = False) -> dict[Mutant, dict[str, Any]]:
    """Results that still hold: of the file as it is; survivors also of its tests as they are, unless `stale`."""
    path = STORE / "mutants.jsonl"
    found = {}
    for line in path.read_text().splitlines() if path.is_file() else ():
        record = json.loads(line)
        mutant = Mutant(**{name: record[name] for name in Mutant._fields})
        if not (ROOT / mutant.file).is_file() or record["source"] != fingerprint(mutant.file):
            continue
        found[mutant] = record
        if (
            record["verdict"] == "survived"
            and not stale
            and record["tests"] != fingerprint(*tests(mutant.file))
        ):
            del found[mutant]
    return found


def sample(all_mutants: dict[str, list[Mutant]], size: int | None, seed: int) -> list[Mutant]:
    """So many mutants, as evenly over the files as they have them; all if no size is given."""
    shuffled = [
        random.Random(f"{seed} {file}").sample(found, len(found)) for file, found in all_mutants.items()
    ]
    rounds = itertools.zip_longest(*shuffled)
    return list(itertools.islice((mutant for turn in rounds for mutant in turn if mutant), size))


def explain(record: dict[str, Any], reasons: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Why a survivor may live, and whether it computes the same."""
    for entry in reasons:
        files, lines, names = (
            [value] if isinstance(value, str) else value
            for value in (entry["file"], entry["line"], entry["operator"])
        )
        if (
            record["file"] in files
            and any(matches(record["text"], line) for line in lines)
            and any(matches(record["operator"], name) for name in names)
        ):
            return {"reason": entry["reason"], "same": entry.get("same", False)}
    return {"reason": NOT_EXPLAINED, "same": False}


def matches(text: str, pattern: str) -> bool:
    """Whether a text is the pattern, whose stars stand for anything."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text) is not None


def summarize(
    records: list[dict[str, Any]], total: dict[str, int], reasons: list[dict[str, Any]]
) -> dict[str, Any]:
    """The counts of each file, and the survivors."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for record in records:
        counts[record["file"]][record["verdict"]] += 1
    survivors = [
        {name: record[name] for name in ("file", "line", "operator", "diff")} | explain(record, reasons)
        for record in records
        if record["verdict"] == "survived"
    ]
    files = {
        file: {"mutants": total[file], "tested": sum(counts[file].values()), **counts[file]}
        for file in sorted(total)
    }
    ordered = sorted(survivors, key=lambda found: (found["file"], found["line"]))
    return {"date": days(records), "files": files, "survivors": ordered}


def days(records: list[dict[str, Any]]) -> str:
    """The day on which they were found, or the first and the last: what still holds is not run again."""
    found = sorted({record["date"] for record in records}) or [today()]
    return " to ".join(dict.fromkeys([found[0], found[-1]]))


def markdown(result: dict[str, Any]) -> str:
    """The result as a table of the parts, and, to unfold, a table of the files and a list of survivors."""
    names = ("mutants", "tested", "caught", "timeout", "survived")
    files = {file: [counts.get(name, 0) for name in names] for file, counts in result["files"].items()}
    parts = {
        part: [row for file, row in files.items() if file.rpartition("/")[0] == folder]
        for part, folder in PARTS.items()
    }
    rows = {
        part: [sum(column) for column in zip(*found, strict=True)] for part, found in parts.items() if found
    }
    rows["All"] = [sum(column) for column in zip(*rows.values(), strict=True)]
    explained = sum(found["reason"] != NOT_EXPLAINED for found in result["survivors"])
    same = sum(found["same"] for found in result["survivors"])
    tested, survived = rows["All"][1], rows["All"][4]
    lines = [
        f"{tested} of {rows['All'][0]} mutants were tested, and {tested - survived} of these were caught "
        f"({share(tested - survived, tested)}). Of the {survived} survivors, {explained} have a reason; {same} compute "
        f"the same as the code, so no test can catch them: without these, "
        f"{share(tested - survived, tested - same)} were caught.",
        "",
        *table("Part", rows),
        "",
        f"{result['date']}; Cosmic Ray makes the changes. A caught mutant is run again only when its file has changed.",
        "",
        *folded("By file", table("File", {f"`{file}`": row for file, row in files.items() if row[0]})),
        "",
    ]
    survivors = [
        (f"{found['file']}:{found['line']}", found["operator"], found) for found in result["survivors"]
    ]
    return "\n".join(lines + folded("Survivors", listed(survivors)))


def table(name: str, rows: dict[str, list[int]]) -> list[str]:
    """A table of counts, with the share that was caught."""
    lines = [
        f"| {name} | Mutants | Tested | Caught | By time limit | Survived | Share caught |",
        "|---|---|---|---|---|---|---|",
    ]
    for title, (mutants, tested, caught, timeout, survived) in rows.items():
        row = mutants, tested, caught + timeout, timeout, survived, share(tested - survived, tested)
        lines.append(f"| {title} | {' | '.join(map(str, row))} |")
    return lines


def listed(survivors: list[tuple[str, str, dict[str, Any]]]) -> list[str]:
    """The survivors: where each is, what was changed, why it may live, and the lines before and after."""
    lines = []
    for place, change, found in survivors:
        lines.append(f"- **`{place}`** {change}: {found['reason']}")
        for line in filter(lambda line: line[1:].strip(), found["diff"]):
            lines.append(f"  <br>{line[0].replace('-', '−')} {quoted(line[1:].strip())}")
    return lines


def quoted(code: str) -> str:
    """A line of code as Markdown has it within text, whatever marks it holds."""
    fence = "`" * (1 + max(map(len, re.findall("`+", code)), default=0))
    return f"{fence} {code} {fence}" if "`" in code else f"`{code}`"


def folded(title: str, lines: list[str]) -> list[str]:
    """A part of a report that a reader unfolds."""
    return [f'??? note "{title}"', "", *(f"    {line}" for line in lines)] if lines else []


def share(part: int, whole: int) -> str:
    """A share in percent."""
    return f"{100 * part / whole:.1f}%" if whole else "–"


def sources(asked: list[str]) -> Iterator[str]:
    """The files to break."""
    for folder in PARTS.values():
        for path in sorted((ROOT / folder).glob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            untested = folder == "hooks" and not all((ROOT / file).is_file() for file in tests(name))
            if (not asked or name in asked) and not untested:
                yield name


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sample", type=int, help="how many mutants (default: all)")
    parser.add_argument("--seed", type=int, default=0, help="which mutants a sample has (default: 0)")
    parser.add_argument("--files", nargs="*", default=[], help="files to break (default: all)")
    parser.add_argument("--jobs", type=int, default=1, help="mutants at a time (default: 1)")
    parser.add_argument("--report", action="store_true", help="only write the report of what is known")
    arguments = parser.parse_args()
    if unknown := sorted(set(arguments.files) - set(sources([]))):
        allowed = ", ".join(f"{folder}/*.py" for folder in PARTS.values())
        parser.error(
            f"--files must have tests of their own and be of {allowed}, such as lego/stack.py, got {', '.join(unknown)}"
        )
    STORE.mkdir(parents=True, exist_ok=True)
    found = {file: mutants(file, (ROOT / file).read_text()) for file in sources(arguments.files)}
    chosen = sample(found, arguments.sample, arguments.seed)
    done = known()
    open_ones = [mutant for mutant in chosen if mutant not in done]
    if open_ones and not arguments.report:
        preload()
        copies = [Copy(ROOT, STORE / f"copy-{number}") for number in range(arguments.jobs)]
        spread(partial(judge, copies=copies), open_ones, arguments.jobs)
    asked = set(itertools.chain(*found.values())) if arguments.report else set(chosen)
    records = [record for mutant, record in known(stale=True).items() if mutant in asked]
    result = summarize(
        records,
        {file: len(mutants) for file, mutants in found.items()},
        tomllib.loads(REASONS.read_text())["survivor"] if REASONS.is_file() else [],
    )
    print(markdown(result).split("\n???")[0])
    if not arguments.files:
        keep(RESULTS / "mutation.md", markdown(result), result)


if __name__ == "__main__":
    main()
