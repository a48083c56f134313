"""Compresses a built site ahead of time: `python -m hooks.compress [site]`.

Beside each text file of at least a kilobyte come `name.gz` and, where the package brotli is installed, `name.br`. A
host that serves such files (nginx: `gzip_static on; brotli_static on;`) then compresses nothing on demand. The same
files give the same bytes.
"""

from __future__ import annotations

import gzip
import importlib
import sys
from collections.abc import Callable
from pathlib import Path

from hooks.engine.cache import write_atomically

TEXTS = {".css", ".html", ".ipynb", ".js", ".json", ".md", ".py", ".svg", ".txt", ".xml"}
LEAST = 1024  # bytes; a smaller file fits into one packet anyway


def compressors() -> dict[str, Callable[[bytes], bytes]]:
    """What can compress here, by the ending that it gives a name."""
    found: dict[str, Callable[[bytes], bytes]] = {".gz": lambda data: gzip.compress(data, 9, mtime=0)}
    try:
        found[".br"] = importlib.import_module("brotli").compress
    except ImportError:
        print("The package brotli is not installed: only .gz is written.", file=sys.stderr)
    return found


def compress(site: Path) -> dict[str, int]:
    """Compress a site; bytes of the texts in all, as they are ("") and by ending.

    Raises:
        ValueError: if `site` holds no built site.
    """
    if not (site / "index.html").is_file():
        raise ValueError(f"`site` must be a folder with a built site, got {site}: run make build first")
    ways = compressors()
    sums = dict.fromkeys(["", *ways], 0)
    for path in sorted(site.rglob("*")):
        if path.suffix not in TEXTS or not path.is_file() or path.stat().st_size < LEAST:
            continue
        data = path.read_bytes()
        sums[""] += len(data)
        for ending, way in ways.items():
            small = way(data)
            sums[ending] += len(small)
            write_atomically(path.with_name(path.name + ending), small)
    return sums


def main() -> int:
    """Compress the folder that is named, or site/."""
    try:
        sums = compress(Path(sys.argv[1] if len(sys.argv) > 1 else "site"))
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    print(", ".join(f"{name or 'texts'}: {size / 2**20:.1f} MiB" for name, size in sums.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
