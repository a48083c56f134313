"""What the build costs: cold, warm and after an edit, next to its floor and to plain Python.

    make bench

`make race` compares generated sites of any size with those of other tools.

The floor is MkDocs on the same pages with code, output and figures already in them, and nothing to run. Plain Python
is every snippet and lab as `python file.py`, one after another. All of it in one run; what counts are the ratios.
CPU seconds are those of the command and all its children.
"""

from __future__ import annotations

import argparse
import filecmp
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import ROOT, Cost, median, run


def build(root: Path) -> Cost:
    """One strict build."""
    return run(sys.executable, "-m", "mkdocs", "build", "--strict", cwd=root)


def cold(root: Path) -> Cost:
    """A build with nothing kept from before."""
    shutil.rmtree(root / ".cache", ignore_errors=True)
    return build(root)


def after_edit(root: Path, file: str) -> Cost:
    """A build after a change in one file."""
    path = root / file
    before = path.read_text()
    path.write_text(f"{before}\n{'Edited.' if file.endswith('.md') else '# edited'}\n")
    cost = build(root)
    path.write_text(before)
    build(root)
    return cost


def copy_handbook(root: Path) -> None:
    """The handbook's own sources."""
    for name in ("lego", "hooks", "docs", "snippets", "benchmarks/results"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "mkdocs.yml", root)


def make_floor(root: Path, floor: Path) -> None:
    """The same pages, with everything in them, and no hook."""
    shutil.copytree(root / "docs", floor / "docs")
    shutil.copytree(root / "hooks" / "theme", floor / "theme")
    shutil.copytree(root / "lego", floor / "lego", ignore=shutil.ignore_patterns("__pycache__"))
    for page in (root / "docs").rglob("*.md"):
        if "\n::: " in page.read_text():  # the reference is MkDocs' own work
            continue
        name = page.relative_to(root / "docs").with_suffix("")
        twin = root / "site" / (name.parent if name.name == "index" else name) / "index.md"
        text = re.sub(r"(?<=\]\()(?!\w+:)[^)\s]*/?([\w-]+\.svg)", r"\1", twin.read_text())
        # links of the twin lead elsewhere
        text = re.sub(r"(?<!!)\[([^\]]*)\]\((?!\w+://)[^)]*\)", r"\1", text)
        (floor / "docs" / f"{name}.md").write_text(text)
    for picture in (root / "site").rglob("*.svg"):
        target = floor / "docs" / picture.relative_to(root / "site")
        if not target.exists():
            shutil.copy(picture, target)
    for lab in (floor / "docs").glob("labs/*.py"):
        shutil.copy(root / "site" / "labs" / lab.stem / f"{lab.stem}.ipynb", lab.with_suffix(".ipynb"))
        lab.unlink()
    config = (root / "mkdocs.yml").read_text().replace("hooks/theme", "theme")
    config = re.sub(r"^(hooks|watch):.*\n", "", config, flags=re.MULTILINE)
    (floor / "mkdocs.yml").write_text(re.sub(r"labs/(\w+)\.py", r"labs/\1.ipynb", config))


def same(one: Path, two: Path) -> bool:
    """Whether two sites are equal byte for byte, but for the day in the sitemap."""
    names = [{p.relative_to(s) for p in s.rglob("*") if p.is_file()} for s in (one, two)]
    files = [str(name) for name in names[0] if not name.name.startswith("sitemap")]
    return names[0] == names[1] and filecmp.cmpfiles(one, two, files, shallow=False)[1:] == ([], [])


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--rounds", type=int, default=3, help="builds of each kind; the median counts (default: 3)"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root, floor, earlier = Path(folder, "project"), Path(folder, "floor"), Path(folder, "earlier")
        root.mkdir()
        copy_handbook(root)
        scripts = sorted([*(root / "snippets").rglob("*.py"), *(root / "docs").glob("labs/*.py")])
        rounds = range(options.rounds)
        cold(root)
        shutil.copytree(root / "site", earlier)
        costs = {"cold": median([cold(root) for _ in rounds])}
        identical = same(root / "site", earlier)
        make_floor(root, floor)
        run(sys.executable, "-m", "mkdocs", "build", "-q", cwd=floor)
        pairs = [
            (build(root), run(sys.executable, "-m", "mkdocs", "build", "-q", cwd=floor))
            for _ in range(options.rounds)
        ]
        costs["nothing changed"] = median([warm for warm, _ in pairs])
        costs["floor: nothing to run"] = median([low for _, low in pairs])
        costs["prose edited"] = median([after_edit(root, "docs/notation.md") for _ in rounds])
        costs["one snippet edited"] = median(
            [after_edit(root, str(scripts[-1].relative_to(root))) for _ in rounds]
        )
        costs["library edited"] = median([after_edit(root, "lego/activations.py") for _ in rounds])
        plain = [run(sys.executable, str(path), cwd=root) for path in scripts]
        costs["plain Python, one by one"] = Cost(*map(sum, zip(*plain, strict=True)))

    low, slow = costs["floor: nothing to run"], costs["plain Python, one by one"]
    table = ["| Build | CPU s | wall s | CPU, × floor | CPU, × plain Python |", "|---|---|---|---|---|"]
    for name, cost in costs.items():
        table.append(
            f"| {name} | {cost.cpu:.2f} | {cost.wall:.2f} | {cost.cpu / low.cpu:.2f} | {cost.cpu / slow.cpu:.2f} |"
        )
    look_up = (costs["prose edited"].cpu - low.cpu) / len(scripts) * 1000
    notes = [
        f"{len(scripts)} snippets and labs, {os.cpu_count()} cores; medians of up to {options.rounds} builds. "
        f"With all outcomes kept, a build costs {look_up:.1f} ms of CPU more a snippet than the floor. "
        f"Two cold builds are {'equal byte for byte' if identical else 'NOT equal'}."
    ]
    print("\n".join([*table, "", *notes]))


if __name__ == "__main__":
    main()
