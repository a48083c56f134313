"""The list of sources, from `docs/references.toml`, each with the pages that cite it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path


def listing(text: str, docs: Path) -> str:
    """The sources as a Markdown list, in the order of the file.

    Raises:
        ValueError: if no page cites a source.
    """
    pages = {
        page.relative_to(docs).as_posix(): page.read_text(encoding="utf-8") for page in docs.rglob("*.md")
    }
    rows = []
    for source in tomllib.loads(text)["source"]:
        citing = [
            f"[{re.search('^# (.+)', page, re.MULTILINE)[1]}]({name})"  # type: ignore[index]
            for name, page in sorted(pages.items())
            if cites(page, source)
        ]
        if not citing:
            raise ValueError(f"docs/references.toml: no page cites {source['title']!r}")
        title = f"[{source['title']}]({source['url']})" if "url" in source else f"*{source['title']}*"
        year = f" ({source['year']})" if "year" in source else ""
        rows.append(f"- {source['authors']}{year}, {title}. Cited on {', '.join(citing)}.")
    return "\n".join(rows)


def cites(page: str, source: dict[str, str]) -> bool:
    """Whether a page names a source under *Sources*."""
    _, heading, sources = page.partition("\n## Sources\n")
    return bool(heading) and (f"]({source['url']}" if "url" in source else f"*{source['title']}*") in sources
