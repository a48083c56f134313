"""Makes of a page anew what would come out otherwise than before, and recalls the rest.

In a build that runs nothing, three steps take most of the time: Markdown becomes HTML, search cuts that into sections,
and the theme puts it into its template. What comes of each step is kept by all that it is made of: what the page brings
along, and what is common to all pages of a build. Markdown that warns is made anew in each build, for its warning is
wanted each time.
"""

from __future__ import annotations

import contextlib
import json
import logging
import platform
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jinja2
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page
from mkdocs.structure.toc import TableOfContents, get_toc

from hooks.engine.engine import installed
from hooks.engine.outcome import digest
from hooks.kept import Kept, sources
from hooks.unchanged import settings

CODE = sources(Path(__file__).parent)  # of the hooks that run
FROM_DOCSTRINGS = ":::"  # in the text of a page, which then does not hold all that it shows
# of a template's context; the rest is plain data
OBJECTS = {"build_date_utc", "config", "nav", "page", "pages"}
NOT_SHOWN = {"dev_addr", "site_dir", "strict"}  # settings of which a page shows nothing


class Recall:
    """What one build recalls.

    Args:
        kept: what was made before.
        config: of the build.
        files: all of the site.
    """

    def __init__(self, kept: Kept, config: MkDocsConfig, files: Files) -> None:
        self.kept = kept
        self.packages = installed()
        self.theme = config.theme.custom_dir
        given = [{name: part[name] for name in part if name not in NOT_SHOWN} for part in settings(config)]
        common = [
            CODE,
            platform.python_version(),
            sorted(self.packages),
            logging.getLogger("mkdocs").getEffectiveLevel(),  # a quiet build overlooks warnings
            repr(given).replace(repr(self.theme), ""),  # wherever the theme stands, its files count
            [(file.src_uri, file.dest_uri, str(file.inclusion)) for file in files],
        ]
        self.common = digest(repr(common).encode())
        self.templates: object = None
        # what pages show of each other, and the theme's own; not known: nothing of it is recalled
        self.around = ""
        autorefs = config.plugins.get("autorefs")
        self.scanned = bool(getattr(autorefs, "scan_toc", False))  # it notes headings while Markdown works
        self.search: Any = config.plugins.get("material/search")

    def convert(self, page: Page) -> None:
        """Let Markdown make a page's HTML only where its text, or what is common, is another."""
        # not the page's own, which may recall already: `serve` renders pages again
        render = type(page).render

        def render_or_recall(config: MkDocsConfig, files: Files) -> None:
            if self.scanned or FROM_DOCSTRINGS in (page.markdown or ""):
                render(page, config, files)
                return
            made_of = "HTML", self.common, page.file.src_uri, page.markdown
            if data := self.kept.find(made_of):
                made = json.loads(data)
                page.content, page.toc = made["content"], get_toc(made["toc"])
                page._title_from_render = made["title"]
                found = {files.get_file_from_path(uri): links for uri, links in made["links"].items()}
                page.links_to_anchors = {file: links for file, links in found.items() if file is not None}
                return
            with captured_log() as records:
                render(page, config, files)
            if not records:
                links = {file.src_uri: found for file, found in (page.links_to_anchors or {}).items()}
                title = page._title_from_render
                made = {"content": page.content, "title": title, "toc": tokens(page.toc), "links": links}
                self.kept.keep(made_of, json.dumps(made).encode())

        page.render = render_or_recall  # type: ignore[method-assign]

    def attach(self, env: jinja2.Environment, nav: Navigation, finish: Callable[[str, Page], str]) -> None:
        """Let search and the theme take a page up only where it, or what all pages show of each other, is another.

        What the theme made of a page is kept as `finish` returns it.
        """
        self.templates = read(self.theme)
        self.around = digest(repr([[describe(entry) for entry in nav.items], self.templates]).encode())
        if index := getattr(self.search, "search_index", None):
            self.index(index)
        recall = self

        class Template(env.template_class):  # type: ignore[name-defined, misc]
            """One of the theme's."""

            def render(self, *args: Any, **options: Any) -> str:
                """The page, if the theme has not made the same before."""
                context = dict(*args, **options)
                if (page := context.get("page")) is None:
                    return str(super().render(context))

                def make() -> bytes:
                    output = finish(super(Template, self).render(context), page)
                    return output.encode(errors="xmlcharrefreplace")  # as MkDocs writes it

                if not recall.around:
                    return make().decode()
                brought = sorted((name, value) for name, value in context.items() if name not in OBJECTS)
                made_of = self.name, recall.common, *recall.parts(page), brought
                return recall.kept.get(made_of, make).decode()

        env.template_class = Template

    def index(self, index: Any) -> None:
        """Let search cut a page into sections only where it is another."""
        add = index.add_entry_from_context

        def add_or_recall(page: Page) -> None:
            if not self.around:
                add(page)
                return

            def make() -> bytes:
                start = len(index.entries)
                add(page)
                made = json.dumps(index.entries[start:], default=str).encode()  # as search writes it
                del index.entries[start:]
                return made

            made_of = "sections", self.common, *self.parts(page)
            index.entries += json.loads(self.kept.get(made_of, make))

        index.add_entry_from_context = add_or_recall

    def parts(self, page: Page) -> list[object]:
        """What a page brings along for search and the theme, and what stands around it."""
        about = page.file.src_uri, page.url, page.canonical_url, page.edit_url
        return [*about, page.title, page.meta, tokens(page.toc), page.content, self.around]

    def forget_surroundings(self) -> None:
        """Single pages are rendered from here on: what they show of others is no longer what it was."""
        self.around = ""

    def end(self) -> None:
        """Forget everything where hooks, templates or packages are others than when the build began to read them."""
        # where a build ends early, they were not read yet
        templates = None if self.templates is None else read(self.theme)
        if (sources(Path(__file__).parent), templates, installed()) != (CODE, self.templates, self.packages):
            self.kept.used.clear()
            self.kept.prune()


def render_once(page: Page, kept: Kept, options: object) -> None:
    """Let mkdocs-jupyter render a lab's page only if its notebook, the plugin or its options are others than before."""
    render = page.render

    def render_or_recall(config: MkDocsConfig, files: Files) -> None:
        def make() -> bytes:
            render(config, files)
            made = {"content": page.content, "title": page.title, "toc": tokens(page.toc)}
            return json.dumps(made).encode()

        common = CODE, platform.python_version(), sorted(installed())
        made_of = page.title, page.file.content_string, options, *common
        made = json.loads(kept.get(made_of, make))
        page.content, page.title, page.toc = made["content"], made["title"], get_toc(made["toc"])

    page.render = render_or_recall  # type: ignore[method-assign]


def read(folder: str | None) -> list[tuple[str, bytes]]:
    """All files of a folder; the theme's icons stand in a hidden one."""
    found = []
    if folder is not None:
        for path in sorted(Path(folder).rglob("*")):
            with contextlib.suppress(OSError):  # a folder; or what goes away meanwhile
                found.append((str(path.relative_to(folder)), path.read_bytes()))
    return found


def tokens(toc: TableOfContents) -> list[dict[str, Any]]:
    """A table of contents as plain data, which `get_toc` takes."""
    return [
        {"name": link.title, "id": link.id, "level": link.level, "children": tokens(link.children)}  # type: ignore[arg-type]
        for link in toc
    ]


def describe(entry: Any) -> tuple[object, ...]:
    """What other pages show of an entry of the navigation, and of what is below it."""
    meta = entry.meta if entry.is_page else None
    below = [describe(child) for child in entry.children or []]
    return type(entry).__name__, entry.title, getattr(entry, "url", None), meta, below


@contextlib.contextmanager
def captured_log() -> Iterator[list[logging.LogRecord]]:
    """What MkDocs and its plugins tell meanwhile."""
    records: list[logging.LogRecord] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(record)

    listener, logger = Listener(logging.INFO), logging.getLogger("mkdocs")
    logger.addHandler(listener)
    try:
        yield records
    finally:
        logger.removeHandler(listener)
