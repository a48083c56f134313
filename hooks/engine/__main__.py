"""Draw figures without MkDocs: `python -m hooks.engine [--out figures] [snippets/activations/sigmoid.py ...]`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from hooks.engine import Engine, Failure
from hooks.engine.cache import write_atomically
from hooks.engine.engine import time_limit
from hooks.engine.outcome import visible
from hooks.engine.progress import Progress


def main() -> int:
    """Run the given scripts, or all, and write `name.svg` and `name.txt` below the output folder."""
    parser = argparse.ArgumentParser(prog="python -m hooks.engine", description=__doc__)
    parser.add_argument("scripts", nargs="*", type=Path, help="snippets; all of them if none is named")
    parser.add_argument(
        "--out", type=Path, default=Path("figures"), help="folder for the figures (default: figures)"
    )
    parser.add_argument("--jobs", type=int, help="scripts at a time (default: one a core)")
    arguments = parser.parse_args()
    root = Path.cwd()
    paths = arguments.scripts or visible(root / "snippets", "*.py")
    if missing := [str(path) for path in paths if not path.is_file()]:
        parser.error(f"no such snippet: {', '.join(missing)}")
    if elsewhere := [str(path) for path in paths if not path.resolve().is_relative_to(root)]:
        parser.error(f"not below {root}: {', '.join(elsewhere)}")
    scripts = [path.resolve().relative_to(root).as_posix() for path in paths]
    progress = Progress(len(scripts))
    try:
        engine = Engine(root, root / ".cache" / "outcomes", limit=time_limit(), jobs=arguments.jobs)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    try:
        results = engine.run(scripts, progress)
    finally:
        engine.close()
    for script, result in results.items():
        if isinstance(result, Failure):
            print(result.describe(), file=sys.stderr)
            continue
        target = arguments.out / Path(script.removeprefix("snippets/")).with_suffix("")
        target.parent.mkdir(parents=True, exist_ok=True)
        for number, figure in enumerate(result.figures, start=1):
            name = target.name if number == 1 else f"{target.name}-{number}"
            write_atomically(target.with_name(f"{name}.svg"), figure.encode())
        number = len(result.figures) + 1
        while (old := target.with_name(f"{target.name}-{number}.svg")).exists():  # it drew more figures once
            old.unlink()
            number += 1
        target.with_name(f"{target.name}.txt").unlink(missing_ok=True)
        if result.text:
            write_atomically(target.with_name(f"{target.name}.txt"), result.text.encode())
    for line in [progress.summary(), *engine.remarks()]:
        print(line)
    return any(isinstance(result, Failure) for result in results.values())


if __name__ == "__main__":
    sys.exit(main())
