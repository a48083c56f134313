"""Explains the glossary's terms where pages use them: each is a link whose title is the meaning."""

from __future__ import annotations

import html
import re
from typing import NamedTuple

from hooks.links import Resolve

GLOSSARY = "glossary.md"
EVERYDAY = {"gain", "noise", "patience", "spread"}  # pages also use these words as everybody does
LINK = re.compile(r"[;,] \[(?P<label>[^\]]+)\]\((?P<page>[^)#]+\.md)\)")
TAG = r"""<(?:[^"'>]|"[^"]*"|'[^']*')*>"""
LEFT_ALONE = [
    r"<(?P<tag>a|autoref|button|code|figure|form|h[1-6]|math|pre|samp|script|style|summary|svg|th)\b.*?</(?P=tag)>",
    r'<p class="admonition-title">.*?</p>',
    r'<div class="footnote">.*?</div>',
    r"<!--.*?-->",
    TAG,
]
PIECE = re.compile(rf"(?P<left>{'|'.join(LEFT_ALONE)})|(?P<text>[^<]+)", re.DOTALL)
ROW = re.compile(r"<tr>\s*<td>(?P<names>[^<]*)</td>\s*<td(?=>)")


class Term(NamedTuple):
    """What a term means, and where to read on."""

    meaning: str
    address: str  # a page, or the term's row in the glossary


def read(glossary: str) -> dict[str, Term]:
    """The terms of the glossary's table by their names, whose first letter is small.

    Raises:
        ValueError: if a row does not hold a term, its Russian name and its meaning, or a name comes twice.
    """
    terms: dict[str, Term] = {}
    rows = [line for line in glossary.splitlines() if line.startswith("|")]
    for row in rows[2:]:
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        if len(cells) != 3:
            raise ValueError(f"a row must hold a term, its Russian name and its meaning, got {row!r}")
        meaning = LINK.sub("", cells[2])
        pages = dict(LINK.findall(cells[2]))
        for name in cells[0].split(", "):
            if not name.strip():
                raise ValueError(f"a term must have a name, got {row!r}")
            if key(name) in terms:
                raise ValueError(f"a term must have one row, got a second one for {name!r}")
            page = pages.get(name) or next(iter(pages.values()), f"{GLOSSARY}#{anchor(cells[0])}")
            terms[key(name)] = Term(meaning, page)
    return terms


def explain(content: str, page: str, terms: dict[str, Term], resolve: Resolve) -> str:
    """Mark the first use of each term in each section of a page.

    Args:
        content: the page's HTML.
        page: its source; the terms that it is about are left alone.
        terms: by name.
        resolve: where the page finds another page's source.
    """
    if not terms.keys() - EVERYDAY:
        return content
    names = "|".join(
        f"[{name[0].upper()}{name[0]}]" + re.escape(name[1:]).replace(r"\ ", r"\s+")
        for name in sorted(terms.keys() - EVERYDAY, key=lambda name: (-len(name), name))
    )
    known = re.compile(rf"(?<![\w/-])(?P<name>{names})(?:s|es)?(?![\w/-]|\s+(?:norm|variance))")
    seen = {term.meaning for term in terms.values() if term.address == page}
    of_the_page = frozenset(seen)

    def mark(match: re.Match[str]) -> str:
        term = terms[key(match["name"])]
        if term.meaning in seen:
            return match[0]
        seen.add(term.meaning)
        address = html.escape(resolve(term.address))
        return f'<a class="term" href="{address}" title="{html.escape(term.meaning)}">{match[0]}</a>'

    def piece(match: re.Match[str]) -> str:
        if match["tag"] == "h2":
            seen.intersection_update(of_the_page)
        return match["left"] or known.sub(mark, match["text"])

    return PIECE.sub(piece, content)


def anchors(content: str) -> str:
    """The glossary's page with an anchor at each row, and its Russian names marked as such."""
    return ROW.sub(
        lambda row: row[0].replace("<tr>", f'<tr id="{anchor(row["names"])}">', 1) + ' lang="ru"', content
    )


def anchor(names: str) -> str:
    """Where a row stands in the glossary."""
    return "term-" + re.sub(r"\W+", "-", names.lower())


def key(name: str) -> str:
    """A name as it stands within a sentence, on one line."""
    name = " ".join(name.split())
    return name[0].lower() + name[1:]
