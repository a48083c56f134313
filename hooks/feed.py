"""The Atom feed of the page *What is new*: a heading there is a date, a colon and a title."""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple
from xml.etree import ElementTree

from markdown import Markdown

from hooks import twin
from hooks.links import Resolve

CHANGELOG = "changelog.md"
HEADING = re.compile(r"^## (?P<text>.*)$", re.MULTILINE)
DATED = re.compile(r"(?P<date>\d{4}-\d{2}-\d{2}): (?P<title>\S.*)")
ATOM = "http://www.w3.org/2005/Atom"


class Entry(NamedTuple):
    """One piece of news."""

    day: date
    title: str
    text: str  # Markdown
    anchor: str


def entries(changelog: str) -> list[Entry]:
    """What is new, newest first.

    Raises:
        ValueError: if a heading does not begin with a date, a newer entry stands below an older one, or there is none.
    """
    _, *parts = HEADING.split(changelog)
    found: list[Entry] = []
    for heading, text in zip(parts[::2], parts[1::2], strict=True):
        match = DATED.fullmatch(heading)
        if match is None:
            raise ValueError(f"a heading must be like '2026-11-23: a title', got {heading!r}")
        try:
            day = date.fromisoformat(match["date"])
        except ValueError:
            raise ValueError(f"a heading must begin with a date of the calendar, got {heading!r}") from None
        if found and day > found[-1].day:
            raise ValueError(f"the newest entry must come first, got {heading!r} below {found[-1].day}")
        found.append(Entry(day, match["title"], text.strip(), slug(heading)))
    if not found:
        raise ValueError("there must be an entry, a heading like '2026-11-23: a title'")
    return found


def slug(heading: str) -> str:
    """The anchor that the page gives a heading."""
    page = Markdown(extensions=["toc"])
    page.convert(f"## {heading}")
    return str(page.toc_tokens[0]["id"])


def atom(changelog: str, name: str, site: str, page: str, resolve: Resolve) -> str:
    """The feed.

    Args:
        changelog: the page's source.
        name: of the site.
        site: its address, which ends in a slash.
        page: the page's address on the site.
        resolve: the full address of what a link of the page leads to.
    """
    news = entries(changelog)
    root = ElementTree.Element("feed", xmlns=ATOM)
    add(root, "id", site)
    add(root, "title", f"{name}: what is new")
    add(root, "updated", stamp(news[0].day))
    add(root, "link", rel="self", type="application/atom+xml", href=f"{site}feed.xml")
    add(root, "link", rel="alternate", type="text/html", href=f"{site}{page}")
    add(add(root, "author"), "name", name)
    for entry in news:
        element = add(root, "entry")
        address = f"{site}{page}#{entry.anchor}"
        add(element, "id", address)
        add(element, "title", entry.title)
        add(element, "updated", stamp(entry.day))
        add(element, "link", rel="alternate", type="text/html", href=address)
        text = "\n".join(twin.relink(entry.text, resolve))
        add(element, "content", Markdown(extensions=["extra"]).convert(text), type="html")
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def add(parent: ElementTree.Element, tag: str, text: str = "", **attributes: str) -> ElementTree.Element:
    """A new element at the end of another."""
    element = ElementTree.SubElement(parent, tag, attributes)
    element.text = text or None
    return element


def stamp(day: date) -> str:
    """A day as a feed writes it."""
    return f"{day.isoformat()}T00:00:00Z"
