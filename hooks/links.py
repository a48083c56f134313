"""Where links lead: those of a page's source, from the site, its twin or a notebook; and those of the built site."""

from __future__ import annotations

import functools
import html
import logging
import posixpath
import re
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote, unquote

from mkdocs.structure.files import File, Files

from hooks.pages import lines

log = logging.getLogger("mkdocs.plugins.handbook")

LINK = re.compile(r'<(?:a|link|script|img|source)\b[^>]*?\s(?:href|src)="([^"]*)"')
SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")
TOLD = re.compile(r"Doc file '(?P<page>[^']+)' contains an? [^']*link '(?P<link>[^']+)'")  # by MkDocs
Resolve = Callable[[str], str]


def find_target(source: File, link: str, files: Files) -> tuple[File | None, str]:
    """The page or file that a link leads to, and its anchor."""
    path, mark, anchor = link.partition("#")
    if not path or "://" in link:
        return None, mark + anchor
    uri = posixpath.normpath(posixpath.join(posixpath.dirname(source.src_uri), unquote(path)))
    return files.get_file_from_path(uri), mark + anchor


def on_the_site(source: File, files: Files) -> Resolve:
    """Links for a lab's page, checked as MkDocs checks those of other pages."""

    def resolve(link: str) -> str:
        target, anchor = find_target(source, link, files)
        if target is not None:
            return target.url_relative_to(source) + anchor
        if not SCHEME.match(link) and not link.startswith("#"):
            log.warning(f"Lab '{source.src_uri}' contains a link '{link}', but the target is not found.")
        return link

    return resolve


def quoted(origin: File, source: File, files: Files) -> Resolve:
    """Links that stand in one page's source, for the place where another page shows them."""

    def resolve(link: str) -> str:
        target, anchor = find_target(origin, link, files)
        return link if target is None else target.url_relative_to(source) + anchor

    return resolve


def between_twins(source: File, files: Files) -> Resolve:
    """Links for a page's Markdown twin: to the twins of other pages."""

    def resolve(link: str) -> str:
        target, anchor = find_target(source, link, files)
        if target is None:
            return link
        address = quote(twin_address(target)) if target.is_documentation_page() else target.url
        return posixpath.relpath(address, posixpath.dirname(source.dest_uri) or ".") + anchor

    return resolve


def to_the_site(source: File, files: Files, site_url: str | None) -> Resolve:
    """Links for a notebook, which is read elsewhere."""

    def resolve(link: str) -> str:
        target, anchor = find_target(source, link, files)
        if link.startswith("#"):
            target = source
        if target is None or not site_url:
            return link
        return f"{site_url.rstrip('/')}/{target.url.removeprefix('./')}{anchor}"  # `./` is the home page

    return resolve


def twin_address(file: File) -> str:
    """Where a page's Markdown twin stands on the site."""
    return posixpath.join(posixpath.dirname(file.dest_uri), "index.md")


def twin_stem(file: File) -> str:
    """The file name of a page's notebook and script, without its ending."""
    return posixpath.basename(posixpath.dirname(file.dest_uri)) or "index"


def add_place(record: logging.LogRecord, sources: Mapping[str, str]) -> bool:
    """Put file and line before what MkDocs tells of a link; for a filter of its log, which lets all pass."""
    if match := TOLD.match(record.getMessage()):
        page, link = match["page"], match["link"]
        # whoever names an object of the library does not write the page that describes it
        written = re.compile(
            rf"[\s(<\[\"']{re.escape(link)}[\s)>\]\"']|\]\[{re.escape(link.rpartition('#')[2])}\]"
        )
        rows = lines(sources.get(page, ""))
        found = (line for line, row, fenced in rows if not fenced and written.search(f"{row} "))
        if line := next(found, None):
            record.msg, record.args = f"docs/{page}:{line}: {record.getMessage()}", None
    return True


def check_anchors(content: str) -> set[str]:
    """The anchors of a page; none may stand for two places.

    Raises:
        ValueError: if two elements have one anchor.
    """
    anchors = Counter(re.findall(r'<[^<>]*\sid="([^"]+)"', content))
    for anchor, count in anchors.items():
        if count > 1:
            raise ValueError(f"the anchor {anchor} stands there {count} times")
    return set(anchors)


def find_broken(site: Path, pages: Mapping[str, str]) -> list[str]:
    """Links on the pages of a built site that lead to no file, or to no anchor in it."""
    files = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    anchors = {name: set(re.findall(r'\sid="([^"]+)"', page)) for name, page in pages.items()}
    broken = []
    sound: dict[str, set[str]] = {}  # of the links that climb, by the folder that they climb to
    for name, page in sorted(pages.items()):
        folder = posixpath.dirname(name)
        above = sound.setdefault(posixpath.dirname(folder), set())
        for link in sorted(filter(is_ours, set(LINK.findall(page)) - above)):
            path, fragment = destination(folder, link)
            if path not in files:
                broken.append(f"{name}: the link {link} leads to no file")
            elif fragment and path in pages and not is_anchor(fragment, anchors[path]):
                broken.append(f"{name}: the link {link} leads to no anchor")
            elif folder and link.startswith("../"):  # what all pages beside it have in their navigation
                above.add(link)
    return broken


def destination(folder: str, link: str) -> tuple[str, str]:
    """The file and the anchor that a link on the page of a folder leads to."""
    path, _, fragment = html.unescape(link).partition("#")
    path = unquote(path.partition("?")[0])
    is_folder = path.rpartition("/")[2] in {"", ".", ".."}
    path = posixpath.normpath(posixpath.join("/", folder, path))[1:]
    return posixpath.join(path, "index.html") if is_folder else path, fragment


@functools.cache
def is_ours(link: str) -> bool:
    """Whether a link stays on the site."""
    return not link.startswith("//") and not SCHEME.match(link)


def is_anchor(fragment: str, anchors: set[str]) -> bool:
    """Whether an address's fragment is an anchor; those with two underscores are the theme's."""
    return fragment.startswith("__") or unquote(fragment) in anchors
