"""What the site costs to host, and what grows with its pages.

    make scale

Hosting is counted in site/, as a browser that speaks gzip loads it. Growth is measured: the handbook, and a site with
so many copies of its chapters that it has ten times the pages, are built with nothing to run, with all pages to make
and with one, for each of two ways to write the navigation; and the handbook in a second language.
"""

from __future__ import annotations

import functools
import gzip
import json
import math
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.build import copy_handbook, make_floor
from benchmarks.measure import RESULTS, ROOT, environment, keep, today
from hooks.compress import LEAST, TEXTS, compressors

LANGUAGE = "ru"  # the second one: of the theme's words and the search; the pages' own words are as many
READERS = (10, 10**4, 10**7)
PAGES_READ = 5  # by one reader, on one visit; an assumption, named on the page
TIMES = 10
CHAPTERS = (
    "activations", "gradients", "initialization", "overfitting", "preprocessing", "regularization", "tips",
)  # fmt: skip
LOADED = re.compile(
    r'<(?:script|link|img)\b[^>]*?\s(?:src|href)="([^":#?]+\.(?:js|css|svg|png|woff2))(?:\?\w+)?"'
)


@functools.cache
def travels(path: Path) -> int:
    """Bytes of a file on the wire."""
    data = path.read_bytes()
    return len(gzip.compress(data, 9)) if path.suffix in TEXTS and len(data) >= LEAST else len(data)


def host(site: Path) -> list[str]:
    """What readers load, at three numbers of readers a day."""
    pages = sorted(site.rglob("index.html"))
    assets = [path for path in (site / "assets").rglob("*") if path.is_file()]
    shared = {path.resolve() for path in assets if path.suffix in {".js", ".css"}}
    loaded = [
        {(page.parent / name).resolve() for name in LOADED.findall(page.read_text())} & shared
        for page in pages
    ]
    page = statistics.median(map(travels, pages))
    files = statistics.median(len(names) for names in loaded)
    common = statistics.median(sum(map(travels, names)) for names in loaded)
    search = travels(site / "search" / "search_index.json")
    font = travels(site / "assets" / "fonts" / "latinmodern-math.woff2")
    every = [path for path in site.rglob("*") if path.is_file()]
    audit = json.loads((RESULTS / "audit.json").read_text())["pages"].values()
    first, asked = (statistics.median(row[name] for row in audit) for name in ("kb", "requests"))
    visit, requests = 1024 * first + (PAGES_READ - 1) * page, asked + PAGES_READ - 1
    texts = [path.read_bytes() for path in every if path.suffix in TEXTS]
    texts = [data for data in texts if len(data) >= LEAST]
    ready = {ending: sum(len(press(data)) for data in texts) for ending, press in compressors().items()}
    lines = [
        f"The site has {len(every)} files, {sum(path.stat().st_size for path in every) / 2**20:.0f} MiB in all. A page "
        f"is {page / 1024:.0f} KB on the wire (the median; figures and formulas are in it), what all pages share is "
        f"{common / 1024:.0f} KB in {files:g} files, and the font for formulas is {font / 1024:.0f} KB. The first "
        f"search loads {search / 1024:.0f} KB more, once. A first visit, as `make audit` saw it in a browser, is "
        f"{first:.0f} KB in {asked:g} requests; with the next {PAGES_READ - 1} pages it is {visit / 1024:.0f} KB in "
        f"{requests:g}. From {sum(map(len, texts)) / 2**20:.1f} MiB of text files, `make compress` makes "
        + " and ".join(f"{size / 2**20:.1f} MiB of `{ending}`" for ending, size in ready.items())
        + ".",
        "",
        "| Readers per day | GB per day | Requests per second, on average | GB per month |",
        "|---|---|---|---|",
    ]
    for readers in READERS:
        daily = readers * visit / 1e9
        numbers = (daily, readers * requests / 86400, 30 * daily)
        lines.append(f"| {readers:,} | {' | '.join(map(rounded, numbers))} |")
    return lines


def rounded(number: float) -> str:
    """A number to two digits, or whole."""
    return f"{number:,.0f}" if number >= 10 else f"{number:.2g}"


def multiply(root: Path, times: int) -> None:
    """The handbook, and copies of its chapters beside it, until there are so many times its pages."""
    copy_handbook(root)
    pages, copied = (
        sum(len(list((root / "docs" / folder).rglob("*.md"))) for folder in folders)
        for folders in (("",), CHAPTERS)
    )
    copies = math.ceil((times - 1) * pages / copied)
    config = (root / "mkdocs.yml").read_text()
    (root / "mkdocs.yml").write_text(config[: config.index("\nnav:")] + "\n")
    for number in range(1, copies + 1):
        for chapter in CHAPTERS:
            for kind in ("docs", "snippets"):
                shutil.copytree(root / kind / chapter, root / kind / f"copy{number}" / chapter)
        for page in (root / "docs" / f"copy{number}").rglob("*.md"):
            text = re.sub(
                r'(?<=--8<-- ")(?=(?:' + "|".join(CHAPTERS) + r")/)", f"copy{number}/", page.read_text()
            )
            up = r"](../../\1"  # links to what has no copy
            page.write_text(re.sub(r"\]\(\.\./((?!" + "|".join(CHAPTERS) + r")[\w/]+\.(?:md|py))", up, text))


def prune_navigation(*configs: Path) -> None:
    """Let pages list only what the reader has open."""
    for config in configs:
        text, line = config.read_text(), "    - navigation.top\n"
        assert line in text, f"{config} must have the line {line.strip()!r}"
        config.write_text(text.replace(line, line + "    - navigation.prune\n"))


def translate(*configs: Path) -> None:
    """Let the theme and the search speak the second language."""
    for config in configs:
        text, count = re.subn(r"(?m)^( +lang(?:uage)?): en$", rf"\1: {LANGUAGE}", config.read_text())
        assert count == 2, f"{config} must name a language for the theme and for the search, got {count}"
        config.write_text(text)


def build(root: Path) -> tuple[float, float]:
    """CPU seconds of a build with all its children, and the peak of its largest process in MiB."""
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet"]
    # a small process starts it: the peak of a child begins with that of the process that it was forked from
    code = f"""
import resource, subprocess, sys
subprocess.run({command!r}, check=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, used.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10))
"""
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=root, env=environment(root), capture_output=True, text=True
    )
    if result.returncode != 0:
        raise SystemExit(f"{' '.join(command)} failed:\n{result.stdout}{result.stderr}")
    seconds, peak = map(float, result.stdout.split()[-2:])
    return seconds, peak


def leave(*configs: Path) -> None:
    """Leave all as it is."""


WAYS: dict[str, Callable[..., None]] = {
    "whole, on every page": leave,
    "whole, in a second language": translate,
    "only the open chapter": prune_navigation,
}


def snapshot(root: Path) -> dict[Path, int]:
    """When each outcome was kept."""
    return {path: path.stat().st_mtime_ns for path in (root / ".cache" / "outcomes").rglob("*.json")}


def grow() -> list[str]:
    """Builds of the handbook, in two languages, and of a site with ten times its pages."""
    lines = [
        "| Pages | Snippets | Navigation and language | All pages, CPU s | One page edited, CPU s | Floor, CPU s "
        "| Memory, MiB | Page, KB | Search index, KB |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for times in (1, TIMES):
        with tempfile.TemporaryDirectory() as folder:
            root, floor = Path(folder, "project"), Path(folder, "floor")
            root.mkdir()
            multiply(root, times)
            print(f"{times} times: all snippets run", file=sys.stderr)
            build(root)
            make_floor(root, floor)
            outcomes = snapshot(root)
            settings = {path: path.read_text() for path in (root / "mkdocs.yml", floor / "mkdocs.yml")}
            for way, prepare in WAYS.items():
                if times > 1 and prepare is translate:
                    continue
                for path, text in settings.items():
                    path.write_text(text)
                prepare(*settings)
                shutil.rmtree(root / ".cache" / "kept")  # or most pages would be recalled
                cost, peak = build(root)
                with (root / "docs" / "index.md").open("a") as page:
                    page.write("\nAnother sentence.\n")
                (edited, _), (low, _) = build(root), build(floor)
                pages = list((root / "site").rglob("index.html"))
                cells = [
                    len(pages),
                    len(list((root / "snippets").rglob("*.py"))),
                    way,
                    f"{cost:.1f}",
                    f"{edited:.1f}",
                    f"{low:.1f}",
                    round(peak),
                    round(statistics.median(map(travels, pages)) / 1024),
                    travels(root / "site" / "search" / "search_index.json") // 1024,
                ]
                lines.append(f"| {' | '.join(map(str, cells))} |")
                if ran := [str(path) for path, when in snapshot(root).items() if outcomes.get(path) != when]:
                    lines += ["", f"Ran again: {', '.join(ran)}.", ""]
                travels.cache_clear()
    return lines


def main() -> None:
    """Count, measure, keep the tables."""
    site = ROOT / "site"
    if not (site / "index.html").is_file():
        raise SystemExit("make scale counts site/, which was not found: run make build first.")
    date = today()
    hosting = "\n".join([*host(site), "", f"Counted on {date}.", ""])
    keep(RESULTS / "hosting.md", hosting)
    print(hosting)
    growth = "\n".join([*grow(), "", f"Measured on {date}, {os.cpu_count()} cores, with nothing to run.", ""])
    keep(RESULTS / "scale.md", growth)
    print(growth)


if __name__ == "__main__":
    main()
