"""Where the relative links of a page's source lead: on the site, from its twin, from a notebook."""

from __future__ import annotations

import logging
import posixpath
from collections.abc import Callable
from urllib.parse import quote, unquote

from mkdocs.structure.files import File, Files

from hooks import tested

log = logging.getLogger("mkdocs.plugins.handbook")

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
        if not tested.SCHEME.match(link) and not link.startswith("#"):
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
        return link if target is None or not site_url else f"{site_url.rstrip('/')}/{target.url}{anchor}"

    return resolve


def twin_address(file: File) -> str:
    """Where a page's Markdown twin stands on the site."""
    return posixpath.join(posixpath.dirname(file.dest_uri), "index.md")
