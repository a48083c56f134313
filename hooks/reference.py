"""The API reference: mkdocstrings makes its pages; this joins them to the others.

A page of the reference holds one directive, `::: lego.activations`. Any page may name an object as
`[mish][lego.activations.mish]`, and each object of the reference lists the pages whose code imports it.
"""

from __future__ import annotations

import functools
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from hooks.kept import sources
from hooks.pages import PageError, lines, nearest

if TYPE_CHECKING:
    import griffe

DIRECTIVE = re.compile(r"^::: (?P<module>lego\.\w+)$", re.MULTILINE)
OBJECT = re.compile(r"\[(?P<text>[^\]]+)\]\[(?P<module>lego\.\w+)(?P<rest>[\w.]*)\]")
IMPORT = re.compile(
    r"^from (?P<module>lego\.\w+) import (?:\((?P<block>[^)]*)\)|(?P<line>.*))$", re.MULTILINE
)
HEADING = re.compile(
    r'<h[2-4] id="(?P<object>lego\.[\w.]+)" class="doc doc-heading">.*?</h[2-4]>'
    r'(\s*<div class="language-python doc-signature highlight">.*?</div>)?',
    re.DOTALL,
)
FACT = re.compile(r"\n(Range|Source): ")  # each on a line of its own


def is_reference(page: str) -> bool:
    """Whether a page belongs to the reference."""
    return page.startswith("reference/")


def link_objects(markdown: str, page: str) -> str:
    """The page's source with the names of objects as links to the reference."""

    def link(match: re.Match[str]) -> str:
        target = f"reference/{match['module'].removeprefix('lego.')}.md"
        path = posixpath.relpath(target, posixpath.dirname(page) or ".")
        return f"[{match['text']}]({path}#{match['module']}{match['rest']})"

    return "\n".join(text if fenced else OBJECT.sub(link, text) for _, text, fenced in lines(markdown))


def plain(markdown: str, page: str, root: Path, above: int = 0) -> str:
    """The source of a page of the reference with the docstrings in the place of the directive.

    Raises:
        PageError: if there is no such module.
    """
    if not DIRECTIVE.search(markdown):
        return markdown
    found = library(root, sources(root / "lego"))
    rows = []
    for line, text, fenced in lines(markdown, above + 1):
        match = None if fenced else DIRECTIVE.fullmatch(text)
        if match and (name := match["module"].removeprefix("lego.")) not in found.members:
            hint = nearest(name, list(found.members))
            raise PageError(f"docs/{page}:{line}: the library has no module {name} that can be read{hint}")
        rows.append("\n\n".join(entries(found[name], 2)) if match else text)
    return "\n".join(rows)


@functools.lru_cache(maxsize=1)
def library(root: Path, code: str) -> griffe.Object | griffe.Alias:
    """The library as its sources with this digest describe it."""
    import griffe  # not above: takes longer than everything else here, and most sites ask for no reference

    # what is no source would be imported here, where nothing confines it
    return griffe.load("lego", search_paths=[root], try_relative_path=False, allow_inspection=False)


def entries(thing: griffe.Object | griffe.Alias, level: int) -> Iterator[str]:
    """What a module or a class says, then each of its public members under a heading."""
    import griffe

    if thing.docstring:
        yield from map(section, thing.docstring.parse("google"))
    for member in thing.members.values():
        if member.is_alias or not member.is_public or not member.docstring:
            continue
        title = member.signature() if isinstance(member, griffe.Function) else member.name
        yield f"{'#' * level} `{title}`"
        yield from entries(member, level + 1)


def section(part: griffe.DocstringSection) -> str:
    """One section of a docstring: a text, examples, or a list of arguments, errors and the like."""
    if part.kind.value == "text":
        return str(part.value)
    if part.kind.value == "examples":
        return "\n\n".join(text for _, text in part.value)
    rows = []
    for item in part.value:
        name = getattr(item, "name", "") or str(item.annotation or "")
        rows.append(f"- `{name}`: {item.description}" if name else f"- {item.description}")
    return f"{part.kind.value.capitalize()}:\n\n" + "\n".join(rows)


def uses(pages: Mapping[str, str]) -> dict[str, list[str]]:
    """The pages, in their order, whose code imports an object, by the object's name."""
    found: dict[str, list[str]] = {}
    for page, markdown in pages.items():
        for name in () if is_reference(page) else imported(markdown):
            if page not in found.setdefault(name, []):
                found[name].append(page)
    return found


def imported(text: str) -> Iterator[str]:
    """Each object of the library that a text's code imports by its name."""
    for match in IMPORT.finditer(text):
        for name in (match["block"] or match["line"]).split(","):
            if name.strip():
                yield f"{match['module']}.{name.split()[0]}"


def join(content: str, pages_of: Mapping[str, Iterable[tuple[str, str]]]) -> str:
    """The reference's page with links from each object to the pages, given as titles and addresses, that use it."""

    def add(match: re.Match[str]) -> str:
        links = [f'<a href="{address}">{title}</a>' for title, address in pages_of.get(match["object"], ())]
        return match[0] + (f'<p class="doc-uses">Used on {", ".join(links)}</p>' if links else "")

    return HEADING.sub(add, FACT.sub(r"<br>\1: ", content))
