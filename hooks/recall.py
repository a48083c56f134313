"""Makes of a page anew what would come out otherwise than before, and recalls the rest.

In a build that runs nothing, three steps take most of the time: Markdown becomes HTML, search cuts that into sections,
and the theme puts it into its template. What comes of each step is kept by all that it is made of: what the page brings
along, and what is common to all pages of a build. A step that warns is done in each build, for its warning is wanted
each time.
"""

from __future__ import annotations

import contextlib
import json
import logging
import platform
import re
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
from hooks.engine.outcome import digest, visible
from hooks.kept import Kept
from hooks.unchanged import settings

CODE = digest(
    b"\0".join(path.read_bytes() for path in visible(Path(__file__).parent, "*.py"))
)  # of the hooks that run
FROM_DOCSTRINGS = re.compile(r"^::: ", re.MULTILINE)  # the text of a page does not hold all that it shows
OBJECTS = {
    "build_date_utc",
    "config",
    "nav",
    "page",
    "pages",
}  # of a template's context, the rest is plain data


class Recall:
    """What one build recalls.

    Args:
        kept: what was made before.
        config: of the build.
        files: all of the site.
        command: of MkDocs; what `serve` shows has no policy.
    """

    def __init__(self, kept: Kept, config: MkDocsConfig, files: Files, command: str) -> None:
        self.kept = kept
        theme = Path(config.theme.custom_dir or "")  # wherever it stands, its files count
        level = logging.getLogger("mkdocs").getEffectiveLevel()  # a quiet build overlooks warnings
        common = [
            CODE,
            command,
            platform.python_version(),
            sorted(installed()),
            repr(settings(config)).replace(str(theme), "") if theme.name else settings(config),
            level,
            [(file.src_uri, file.dest_uri, str(file.inclusion)) for file in files],
            [(path.name, path.read_bytes()) for path in visible(theme, "*.html")] if theme.name else [],
        ]
        self.common = digest(repr(common).encode())
        self.nav = ""
        autorefs = config.plugins.get("autorefs")
        self.scanned = bool(getattr(autorefs, "scan_toc", False))  # it notes headings while Markdown works
        self.search: Any = config.plugins.get("material/search")

    def convert(self, page: Page) -> None:
        """Let Markdown make a page's HTML only where its text, or what is common, is another."""
        render = page.render

        def render_or_recall(config: MkDocsConfig, files: Files) -> None:
            if self.scanned or FROM_DOCSTRINGS.search(page.markdown or ""):
                return render(config, files)
            made_of = "HTML", self.common, page.file.src_uri, page.markdown
            if data := self.kept.find(made_of):
                made = json.loads(data)
                page.content, page.toc, page._title_from_render = (
                    made["content"],
                    get_toc(made["toc"]),
                    made["title"],
                )
                found = {files.get_file_from_path(uri): links for uri, links in made["links"].items()}
                page.links_to_anchors = {file: links for file, links in found.items() if file is not None}
                return None
            with warnings() as told:
                render(config, files)
            if not told:
                links = {file.src_uri: found for file, found in (page.links_to_anchors or {}).items()}
                title = page._title_from_render
                made = {"content": page.content, "title": title, "toc": tokens(page.toc), "links": links}
                self.kept.keep(made_of, json.dumps(made).encode())
            return None

        page.render = render_or_recall  # type: ignore[method-assign]

    def fill(self, env: jinja2.Environment, nav: Navigation, finish: Callable[[str, Page], str]) -> None:
        """Let search and the theme take a page up only where it, or what all pages show of each other, is another.

        What the theme made of a page is kept as `finish` returns it.
        """
        self.nav = digest(repr([describe(entry) for entry in nav.items]).encode())
        if self.search is not None:
            self.index(self.search.search_index)
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

                brought = sorted((name, value) for name, value in context.items() if name not in OBJECTS)
                made_of = self.name, recall.common, *recall.parts(page), brought
                return recall.kept.get(made_of, make).decode()

        env.template_class = Template

    def index(self, index: Any) -> None:
        """Let search cut a page into sections only where it is another."""
        add = index.add_entry_from_context

        def add_or_recall(page: Page) -> None:
            def make() -> bytes:
                start = len(index.entries)
                add(page)
                made = json.dumps(index.entries[start:]).encode()
                del index.entries[start:]
                return made

            made_of = "sections", self.common, *self.parts(page)
            index.entries += json.loads(self.kept.get(made_of, make))

        index.add_entry_from_context = add_or_recall

    def parts(self, page: Page) -> list[object]:
        """What a page brings along for search and the theme; the navigation says what stands around it."""
        about = page.file.src_uri, page.url, page.canonical_url, page.edit_url
        return [*about, page.title, page.meta, tokens(page.toc), page.content, self.nav]


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
def warnings() -> Iterator[list[str]]:
    """What MkDocs and its plugins tell meanwhile."""
    told: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            told.append(record.getMessage())

    listener, logger = Listener(logging.INFO), logging.getLogger("mkdocs")
    logger.addHandler(listener)
    try:
        yield told
    finally:
        logger.removeHandler(listener)
