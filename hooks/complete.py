"""Writes what belongs to a site once all its pages are there: twins, cards, the feed, the numbers, the search index."""

from __future__ import annotations

import html
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from mkdocs.exceptions import PluginError
from mkdocs.structure.pages import Page
from mkdocs.utils import get_build_date

from hooks import feed, links, security, tested, twin
from hooks.build import Build, blamed_on
from hooks.cards import Artist
from hooks.kept import Kept
from hooks.repair import repair_files, strip_comments

log = logging.getLogger("mkdocs.plugins.handbook")


def write_twins(build: Build, site: Path) -> None:
    """Write each page once more as Markdown, and as a notebook and a script if it has code; and the list of them."""
    for file in build.files.documentation_pages():
        markdown = build.markdown[file.src_uri]
        text = twin.plain_markdown(markdown, links.between_twins(file, build.files))
        (site / links.twin_address(file)).write_text(text, encoding="utf-8")
        if notebook := build.notebooks.get(file.src_uri):
            path, stem = site / file.dest_uri, links.twin_stem(file)
            path.with_name(f"{stem}.ipynb").write_text(notebook, encoding="utf-8")
            path.with_name(f"{stem}.py").write_text(twin.script(notebook), "utf-8")
    (site / "llms.txt").write_text(list_twins(build), encoding="utf-8")


def list_twins(build: Build) -> str:
    """The list of all twins in the order of the navigation, but pages that stand in no chapter first."""
    places = {page.file.src_uri: place for place, page in enumerate(build.nav.pages)}
    pages = [file.page for file in build.files.documentation_pages() if file.page is not None]
    pages.sort(key=lambda page: (page.parent is not None, places.get(page.file.src_uri, len(places))))
    chapters: dict[str, list[tuple[str, str, str]]] = {}
    for page in pages:
        chapter = ["", *(str(above.title) for above in page.ancestors)][-1]
        title, address = html.unescape(str(page.title)), quote(links.twin_address(page.file))
        entry = title, address, twin.first_sentence(build.markdown[page.file.src_uri])
        chapters.setdefault(chapter, []).append(entry)
    return twin.llms_txt(build.config.site_name, build.config.site_description or "", chapters)


def draw_cards(build: Build, site: Path, kept: Kept) -> None:
    """Write the picture of each page, and the icon for a home screen."""
    with blamed_on("docs/assets"):
        artist = Artist(build.config.site_name, Path(build.config.docs_dir, "assets"), kept)
    for file in build.files.documentation_pages():
        assert file.page is not None
        card = artist.card(card_title(file.page), html.unescape(file.page.meta["description"]))
        (site / file.dest_uri).with_name("card.png").write_bytes(card)
    (site / "assets" / "apple-touch-icon.png").write_bytes(artist.icon())


def card_title(page: Page) -> str:
    """What a page is called where it stands alone; the first one is called Home only in the navigation."""
    return html.unescape(str(page.toc.items[0].title if page.is_homepage and page.toc.items else page.title))


def write_feed(build: Build, site: Path) -> None:
    """Write what is new for a reader of feeds."""
    file = build.files.get_file_from_path(feed.CHANGELOG)
    if file is None or file.src_uri not in build.markdown or not build.config.site_url:
        return
    resolve = links.to_the_site(file, build.files, build.config.site_url)
    with blamed_on(f"docs/{feed.CHANGELOG}"):
        changelog = build.markdown[file.src_uri]
        text = feed.atom(changelog, build.config.site_name, build.config.site_url, file.url, resolve)
    (site / "feed.xml").write_text(text, encoding="utf-8")


def write_headers(site: Path) -> None:
    """Write what a host is to send with the pages."""
    whole = (path.read_text(encoding="utf-8") for path in sorted(site.rglob("*.html")))
    (site / "_headers").write_text(security.headers(whole), encoding="utf-8")


def mend_assets(site: Path) -> None:
    """Free the theme's files from their faults and their comments."""
    with blamed_on("assets"):
        repair_files(site / "assets")
    strip_comments(site / "assets")


def check_links(build: Build, site: Path, texts: Mapping[str, str]) -> None:
    """Tell of links that lead nowhere; a strict build ends."""
    if broken := links.find_broken(site, texts):
        if build.config.strict:
            raise PluginError("\n".join(broken))
        log.warning("\n".join(broken))


def state_what_is_tested(
    build: Build, root: Path, site: Path, texts: Mapping[str, str], entries: list[dict[str, str]]
) -> None:
    """Put the numbers of this build into the page that states them, its twin and its entries of the search index."""
    file = build.files.get_file_from_path("tested.md")
    if file is None:
        return
    numbers = tested.count(site, root, texts) | {"date": get_build_date()}
    with blamed_on(f"docs/{file.src_uri}"):
        for path in (site / file.dest_uri, site / links.twin_address(file)):
            path.write_text(tested.fill(path.read_text(encoding="utf-8"), numbers), encoding="utf-8")
        for entry in entries:
            if entry["location"].startswith(file.url):
                entry["text"] = tested.fill(entry["text"], numbers)


def write_compactly(search: object, index: Path) -> None:
    """Write the search index, and a script beside it for who opens the files."""
    text = json.dumps(search, separators=(",", ":"))
    index.write_text(text, encoding="utf-8")
    index.with_suffix(".js").write_text(f"var __index={text}", encoding="utf-8")
