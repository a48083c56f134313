"""What a page may do: run its own scripts and show its own styles, fonts and pictures, and nothing else.

The Content-Security-Policy stands in each page, with the digest of each inline script, which must be one that a
template of the theme holds, and once more for all pages in `_headers`, which several static hosts send as HTTP headers.
"""

from __future__ import annotations

import base64
import hashlib
import posixpath
import re
from collections.abc import Iterable
from html.parser import HTMLParser
from pathlib import Path

from mkdocs.structure.files import File

from hooks.engine import svg

SCRIPT = re.compile(r"<script(?P<attributes>[^>]*)>(?P<code>.*?)</script>", re.DOTALL)
COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)  # of a template
FILLED = re.compile(r"\{\{.*?\}\}", re.DOTALL)  # what a template fills in
ADDRESS = r"[\w./%~@:+-]*"  # all that it fills into a script
ELEMENT = re.compile(r"<(?:style|iframe|object|embed|base)\b[^>]*>")
# An address on another host, and one that is a script; a browser passes over the signs before it.
HOST = re.compile(r"[\x00-\x20]*(?:https?:|//)")
SCHEME = re.compile(r"[\x00-\x20]*javascript:")
# Such an attribute; or words in a text, or in another attribute. By a letter that comes first, found fast. Letters and
# slashes of an address may be written as entities.
SUSPECTS = [
    re.compile(r"""s(?<=[\s/"'].)tyle\s*="""),
    re.compile(r"""o(?<=[\s/"'].)n[a-z]+\s*="""),
    re.compile(r"""s(?<=[\s/"'].)rc\s*=["'\x00-\x20htps]*[&:/\\]"""),
    re.compile(r"""s(?<=[\s/"'].)rcset\s*="""),
    re.compile(r"""p(?<=[\s/"'].)oster\s*=["'\x00-\x20htps]*[&:/\\]"""),
    re.compile(r"""b(?<=[\s/"'].)ackground\s*=["'\x00-\x20htps]*[&:/\\]"""),
    re.compile(r"""<(?:image|use|feimage)\b[^>]*href\s*=["'\x00-\x20htps]*[&:/\\]"""),
    re.compile(r"""href\s*=["'\x00-\x20javscript]*[&:]"""),
    re.compile(r"""action\s*=["'\x00-\x20javscript]*[&:]"""),
    re.compile(r"""h(?<=[\s/"'].)ttp-equiv\s*="""),  # it can send a reader elsewhere, which no policy stops
]
LOADED = {"src", "srcset", "poster", "background"}  # attributes whose address a browser loads
DRAWN = {"image", "use", "feimage"}  # parts of a drawing whose link it loads
CHARSET = '<meta charset="utf-8">'
OWN = re.compile(r"<(script|meta|link)\b", re.IGNORECASE)  # in a page's text; the rest is for `find_unsafe`
SERVED = re.compile(
    r"(?!_).+\.(?:md|py|css|js|toml|txt|csv|svg|png|jpe?g|gif|webp|ico|woff2|mp4|webm|pdf)|CNAME"
)


def inline(page: str) -> list[str]:
    """The scripts that stand in a page and that a browser would run."""
    return [
        script["code"]
        for script in SCRIPT.finditer(page)
        if "src=" not in script["attributes"] and "application/json" not in script["attributes"]
    ]


def of_theme(folders: Iterable[str | Path]) -> re.Pattern[str]:
    """The inline scripts in the templates of these folders, without white space."""
    known = set()
    for folder in map(Path, folders):
        for template in [*folder.glob("*.html"), *folder.glob("partials/**/*.html")]:
            for code in inline(COMMENT.sub("", template.read_text(encoding="utf-8"))):
                known.add(ADDRESS.join(re.escape("".join(part.split())) for part in FILLED.split(code)))
    return re.compile("|".join(sorted(known)))


def digests(page: str) -> list[str]:
    """What the policy lets run: the digest of each inline script."""
    found = {hashlib.sha256(code.encode()).digest() for code in inline(page)}
    return sorted(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in found)


def policy(scripts: Iterable[str]) -> str:
    """The Content-Security-Policy that lets these inline scripts run."""
    rules = {
        "default-src": "'none'",
        "script-src": " ".join(["'self'", *scripts]),
        "style-src": "'self'",
        "img-src": "'self' data:",  # the theme's icons are addresses that hold the picture
        "media-src": "'self'",
        "font-src": "'self'",
        "connect-src": "'self'",
        "worker-src": "'self'",  # the search
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {sources}" for name, sources in rules.items())


def secure(page: str, known: re.Pattern[str]) -> str:
    """The page with its policy, which lets the `known` scripts run.

    Raises:
        ValueError: if the page holds what the policy forbids, or a script that is not known.
    """
    for code in inline(page):
        if not known.fullmatch("".join(code.split())):
            raise ValueError(
                f"the page has a script that no template of the theme holds: {code.strip()[:200]}"
            )
    if unsafe := find_unsafe(SCRIPT.sub(r"<script\1></script>", page)):
        raise ValueError(
            "the policy forbids inline styles, handlers, frames, links that run a script, and what other hosts hold, "
            f"and the page has {unsafe[:200]}"
        )
    if CHARSET not in page:
        raise ValueError(f"the page must begin with {CHARSET}: the policy comes right after it")
    content = policy(digests(page))
    return page.replace(
        CHARSET, f'{CHARSET}<meta http-equiv="Content-Security-Policy" content="{content}">', 1
    )


def free(page: str) -> str:
    """The page without its policy."""
    return re.sub(
        f'({CHARSET})<meta http-equiv="Content-Security-Policy" content="[^"]*">', r"\1", page, count=1
    )


def check_text(content: str) -> None:
    """Refuse a page's own text, as HTML, that holds what only templates may hold.

    Raises:
        ValueError: if there is such an element.
    """
    if found := OWN.search(content):
        raise ValueError(f"its own text holds a {found[1].lower()}, and its policy would not stop that")


def find_foreign(file: File) -> str | None:
    """What a file of docs/ could do that no policy stops, for a host or a browser may act on it; None if nothing."""
    name = posixpath.basename(file.src_uri)
    if not SERVED.fullmatch(name):
        return "a browser or a host may act on it, which no policy stops; pages are Markdown, labs Python"
    try:
        return svg.find_foreign(file.content_string) if name.endswith(".svg") else None
    except UnicodeDecodeError:
        return "a drawing is text in UTF-8, and this is none"


def find_unsafe(page: str) -> str | None:
    """The first tag that the policy forbids, in small letters."""
    lower = page.lower()
    if element := ELEMENT.search(lower):
        return element[0]
    if not any(suspect.search(lower) for suspect in SUSPECTS):
        return None
    tags = Tags()  # takes its time, and few pages need it
    tags.feed(page)  # as it is: the names of entities have capitals
    return tags.unsafe


class Tags(HTMLParser):
    """Reads the tags of a page as a browser does, and finds the first that is unsafe."""

    def __init__(self) -> None:
        super().__init__()
        self.unsafe: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at a tag's attributes."""
        for name, value in attrs:
            address = re.sub(r"[\t\n\r]", "", (value or "").lower()).replace("\\", "/")
            addresses = address.split(",") if name == "srcset" else [address]
            loaded = name in LOADED or (tag in DRAWN and name.endswith("href"))
            loads = loaded and any(map(HOST.match, addresses))
            runs = name.endswith(("href", "action")) and SCHEME.match(address)
            forbidden = name in {"style", "http-equiv"} or name.startswith("on")
            if self.unsafe is None and (forbidden or loads or runs):
                self.unsafe = (self.get_starttag_text() or "").lower()


def headers(pages: Iterable[str]) -> str:
    """The file `_headers`: the policy of all pages, and which files never change under their name.

    Hosts join what several rules say of one header: how long to keep all else is left to them.
    """
    scripts = sorted({digest for page in pages for digest in digests(page)})
    return f"""/*
  Content-Security-Policy: {policy(scripts)}; frame-ancestors 'none'
  Referrer-Policy: strict-origin-when-cross-origin
  X-Content-Type-Options: nosniff
/assets/stylesheets/*
  Cache-Control: public, max-age=31536000, immutable
/assets/javascripts/*
  Cache-Control: public, max-age=31536000, immutable
"""
