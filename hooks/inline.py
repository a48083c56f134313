"""Puts figures into the page itself: no request more, and they follow the palette at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote, urljoin

from hooks.mathematics import inline_mathml

IMAGE = re.compile(r"<p>\s*<img (?P<attributes>[^>]*?)\s*/?>\s*</p>")
ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')


def inline_figures(
    content: str, url: str, figures: Mapping[str, str], forms: Mapping[str, str] | None = None
) -> str:
    """Replace each image that a snippet drew by its SVG.

    Args:
        content: the page's HTML.
        url: its address.
        figures: SVG by site address.
        forms: of the explorers, by name.

    Raises:
        ValueError: if an image asks for an explorer that is not there, stands within something else, or says not what
            it looks like.
    """

    def address(source: str) -> str:
        return unquote(urljoin(f"/{url}", source)).removeprefix("/")

    def replace(match: re.Match[str]) -> str:
        attributes = dict(ATTRIBUTE.findall(match["attributes"]))
        uri = address(attributes.get("src", ""))
        if uri not in figures:
            return match[0]
        if "alt" not in attributes:
            raise ValueError(f"the figure {attributes['src']} needs an alt text")
        made = figure(figures[uri], attributes["alt"], attributes.get("title", ""), attributes["src"])
        if explorer := attributes.get("data-explorer"):
            if explorer not in (forms or {}):
                raise ValueError(f"data-explorer must be one of {sorted(forms or {})}, got {explorer!r}")
            made = made.replace(" id=", f' data-explorer="{explorer}" id=', 1)
            made = made.replace("<figcaption>", f"{(forms or {})[explorer]}<figcaption>", 1)
        return made

    content = IMAGE.sub(replace, content)
    for source in re.findall(r'<img\b[^>]*\ssrc="([^"]+)"', content):
        if address(source) in figures:
            raise ValueError(
                f"the figure {source} must stand alone in a paragraph, or nobody sees its caption"
            )
    return content


def figure(svg: str, alt: str, caption: str, address: str) -> str:
    """A figure element with links to its file.

    Args:
        svg: the drawing.
        alt: what it looks like, HTML-escaped.
        caption: HTML-escaped too; it may hold `$...$`.
        address: where the page finds the drawing as a file.
    """
    anchor = "figure-" + address.rpartition("/")[2].removesuffix(".svg")
    svg = svg.replace("<svg ", f'<svg role="img" aria-label="{alt}" data-search-exclude ', 1)
    take = f'<a href="{address}">Enlarge</a> <a href="{address}" download>Save as SVG</a>'
    return (
        f'<figure class="plot" id="{anchor}">{svg}<figcaption>{inline_mathml(caption)}'
        f'<p class="plot__take" data-search-exclude>{take}</p></figcaption></figure>'
    )


def standalone(svg: str) -> str:
    """The same picture as a file of its own: dark ink on white, whatever shows it."""
    box = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    assert box is not None
    size = f'width="{float(box[1]) * 4 / 3:g}" height="{float(box[2]) * 4 / 3:g}"'  # points to pixels
    ink = 'color="#1b1b1b" font-family="system-ui, sans-serif"'
    svg = svg.replace("<svg ", f"<svg {size} {ink} ", 1)
    return svg.replace(">", '><path fill="#fff" d="M0 0H9999V9999H0z"/>', 1) + "\n"
