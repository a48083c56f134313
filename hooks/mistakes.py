"""Finds what is wrong with a page as it is written, where MkDocs and Markdown would show something else in silence."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml
from mkdocs.utils.meta import YAML_RE

from hooks.pages import INCLUDE, lines, nearest

NAMED = re.compile(r"#{1,6}[ \t]*(?P<heading>[^\s#].*?)\s*$|[ \t]*(?P<footnote>\[\^[^\]\s]+\]):")
MARK = re.compile(r"(?<!\\)\[\^[^\]\s]+\]")
VERBATIM = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)|\$[^$]+\$")  # code and formulas within a line


def find_mistakes(markdown: str, page: str) -> Iterator[str]:
    """What is wrong with a page, each with its place."""
    head = YAML_RE.match(markdown)
    above = head[0] if head else ""
    # the line that is added tells whether a block is still open
    *rows, (_, _, is_open) = lines(f"{markdown.removeprefix(above)}\n.", above.count("\n") + 1)
    prose = [(line, row) for line, row, fenced in rows if not fenced]
    found = [*in_head(markdown), *in_includes(rows), *in_names(prose), *in_footnotes(prose)]
    if is_open:
        line, row = prose[-1]
        found.append((line, f"the block {row.strip()} has no end"))
    for line, reason in sorted(found):
        yield f"docs/{page}:{line}: {reason}"


def in_head(markdown: str) -> Iterator[tuple[int, str]]:
    """Lines before the text that MkDocs would take for text."""
    if not re.match(r"---[ \t]*\n", markdown):
        return
    head = YAML_RE.match(markdown)
    if head is None:
        yield 1, "the lines before the text must end with a line ---"
        return
    try:
        found = yaml.safe_load(head[1])
    except Exception as error:  # whatever it is, MkDocs overlooks it
        mark = getattr(error, "problem_mark", None)
        line = 1 if mark is None else mark.line + 2
        row = markdown.split("\n")[line - 1]
        yield line, f"the lines before the text must be YAML, got {row!r}: {getattr(error, 'problem', error)}"
        return
    if not isinstance(found, dict):
        yield 1, f"the lines before the text must hold names and values, got {found!r}"


def in_includes(rows: list[tuple[int, str, bool]]) -> Iterator[tuple[int, str]]:
    """Directives that would stand on the page."""
    for line, row, _ in rows:
        if row.lstrip().startswith("--8<--") and not INCLUDE.match(row):
            yield line, f'an include must be like --8<-- "path", got {row.strip()}'


def in_names(prose: list[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Headings that share their anchor, and footnotes of which only the last would be shown."""
    first: dict[str, int] = {}
    for line, row in prose:
        if (match := NAMED.match(row)) and match.lastgroup:
            name = f"the {match.lastgroup} {match[match.lastgroup]}"
            if name in first:
                yield line, f"{name} stands on line {first[name]} already"
            first.setdefault(name, line)


def in_footnotes(prose: list[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Marks of footnotes that the page lacks, which would be text."""
    known = [match["footnote"] for _, row in prose if (match := NAMED.match(row)) and match["footnote"]]
    for line, row in prose:
        for mark in MARK.findall(VERBATIM.sub("", row)):
            if mark not in known:
                yield line, f"there is no footnote {mark} on this page{nearest(mark, known)}"
