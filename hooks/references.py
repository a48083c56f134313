"""The list of sources, from `docs/references.toml`, each with the pages that cite it."""

from __future__ import annotations

import re
from pathlib import Path

from hooks import tables
from hooks.engine import visible


def listing(text: str, docs: Path) -> str:
    """The sources as a Markdown list, in the order of the file.

    Raises:
        ValueError: if the file is not one of sources, or no page cites a source.
    """
    pages = {
        page.relative_to(docs).as_posix(): page.read_text(encoding="utf-8") for page in visible(docs, "*.md")
    }
    rows = []
    for source in tables.rows(text, "docs/references.toml", "source", ("authors", "title")):
        citing = [
            f"[{title_of(page, name)}]({name})" for name, page in sorted(pages.items()) if cites(page, source)
        ]
        if not citing:
            raise ValueError(f"docs/references.toml: no page cites {source['title']!r}")
        title = f"[{source['title']}]({source['url']})" if "url" in source else f"*{source['title']}*"
        year = f" ({source['year']})" if "year" in source else ""
        rows.append(f"- {source['authors']}{year}, {title}. Cited on {', '.join(citing)}.")
    return "\n".join(rows)


def title_of(page: str, name: str) -> str:
    """A page's heading, or its name if it has none."""
    heading = re.search("^# (.+)", page, re.MULTILINE)
    return heading[1] if heading else name


def cites(page: str, source: dict[str, str]) -> bool:
    """Whether a page names a source under *Sources*."""
    _, heading, sources = page.partition("\n## Sources\n")
    return bool(heading) and (f"]({source['url']}" if "url" in source else f"*{source['title']}*") in sources
