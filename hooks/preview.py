"""`mkdocs serve` shows at once the pages that a save changed, and then builds the whole site as ever.

A whole build renders every page, which takes seconds. What is shown early is written into the last site, from the
state in which the last build left MkDocs; everything else (navigation, search, twins, other pages) waits for the
whole build that follows. Where anything is unusual, nothing is shown early.
"""

from __future__ import annotations

import logging
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mkdocs.commands import build as mkdocs_build
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import Abort
from mkdocs.structure.files import File

from hooks import pages
from hooks.build import Build, list_files, read_sources
from hooks.engine import Engine, Outcome
from hooks.execute import ProblemsError, execute
from hooks.labs import is_lab
from hooks.twin import by_source

if TYPE_CHECKING:
    from mkdocs.livereload import LiveReloadServer

log = logging.getLogger("mkdocs.plugins.handbook")
LOOK = 0.2  # seconds until `serve` looks at the files again; with MkDocs' half a second a save waits longer


def check_port(host: str, port: int) -> None:
    """Say at once, and not after the build, that the address is taken.

    Raises:
        ValueError: if it is taken, or no address at all.
    """
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
            raise ValueError(
                f"Can't serve on {host}:{port} ({reason}): stop what runs there, or choose another "
                f"port, such as `make serve PORT={port + 1}`."
            ) from None


def look_often(server: LiveReloadServer) -> None:
    """Let `server` see a save soon."""
    watchers: list[Any] = [server.observer, *server.observer.emitters]
    for watcher in watchers:
        watcher._timeout = LOOK


def render_changed(build: Build, engine: Engine) -> int:
    """Render the pages that a save changed into the last site; how many these were.

    Raises:
        ProblemsError: if anything that a page shows is not there, or does not run.
    """
    if (last := build.last) is None or not still_holds(last):
        return 0
    sources = read_sources(last.files)
    names = [file.src_uri for file in last.files if is_lab(file)]
    outcomes, figures = execute(sources, names, engine, last.written.__contains__)
    build.sources, build.outcomes, build.figures = sources, outcomes, build.figures | figures
    build.by_source = by_source(outcomes.values())
    # not those of a build which failed since: the templates are those of the last one
    last.recall.forget_surroundings()
    return show(last, affected(last, sources, outcomes))


def still_holds(last: Build) -> bool:
    """Whether no page, lab or picture came or went since, and the settings are the same."""
    same = list_files(Path(last.config.docs_dir)) == last.present
    return same and Path(last.config.config_file_path).read_bytes() == last.settings


def affected(last: Build, sources: dict[str, str], outcomes: dict[str, Outcome]) -> list[File]:
    """The pages whose own text, or whose snippets' code or output, is another now."""
    changed = {
        script
        for script, outcome in outcomes.items()
        if (known := last.outcomes.get(script)) is None
        or (known.source, known.cells) != (outcome.source, outcome.cells)
    }
    return [
        file
        for file in last.files.documentation_pages()
        if file.src_uri in sources
        and (
            sources[file.src_uri] != last.sources[file.src_uri]
            or any(
                use.script in changed
                for use in pages.find_uses(sources[file.src_uri], file.src_uri, last.written.__contains__)
            )
        )
    ]


def show(last: Build, files: list[File]) -> int:
    """Render pages into the site that stands, none if one of them fails; how many these were."""
    rendered = []
    for file in files:
        assert file.page is not None
        mkdocs_build._populate_page(file.page, last.config, last.files)
        if "<autoref" not in (file.page.content or ""):  # that needs all pages of the reference
            rendered.append(file.page)
    documents = last.files.documentation_pages()
    with tempfile.TemporaryDirectory() as scratch:
        for page in rendered:
            page.file.abs_dest_path = os.path.join(scratch, page.file.dest_uri)
            mkdocs_build._build_page(page, last.config, documents, last.nav, last.env)
        for page in rendered:
            made = page.file.abs_dest_path
            # MkDocs remembered a place in the build's own folder, which became the site
            page.file.abs_dest_path = os.path.join(last.config.site_dir, page.file.dest_uri)
            if os.path.exists(made):  # it writes no page that is empty
                os.makedirs(os.path.dirname(page.file.abs_dest_path), exist_ok=True)
                shutil.copyfile(made, page.file.abs_dest_path)
    return len(rendered)


class Preview:
    """Rebuilds for `server`; a failure leaves the last good site on the screen.

    Args:
        server: of MkDocs.
        builder: builds the whole site.
        early: renders what changed into the last site, and returns how many pages that were.
        differs: whether the whole build made other pages than those that stood there.
    """

    def __init__(
        self,
        server: LiveReloadServer,
        builder: Callable[..., None],
        early: Callable[[], int],
        differs: Callable[[], bool],
    ) -> None:
        self.server = server
        self.builder = builder
        self.early = early
        self.differs = differs

    def rebuild(self, config: MkDocsConfig | None = None) -> None:
        """Show early what can be, then build everything, and let browsers load again what became another."""
        try:
            shown = self.show_early()
            self.builder(config)
        except (Abort, Exception) as error:
            reason = "" if isinstance(error, Abort) else f"{error}\n"
            log.error(f"{reason}The last good site is still shown; save a file to try again.")
            return
        if shown and self.differs():
            with self.server._epoch_cond:
                self.server._wanted_epoch = round(time.monotonic() * 1000)  # as MkDocs counts

    def show_early(self) -> bool:
        """Whether browsers were told to load pages again."""
        start = time.monotonic()
        try:
            count = self.early()
        except ProblemsError:
            raise  # the whole build would find the same
        except Exception as error:  # the whole build meets it again, and says what is wrong
            log.debug(f"Nothing is shown early: {error}")
            return False
        if not count:
            return False
        log.info(f"Shown early: {count} page{'s' * (count > 1)}, {time.monotonic() - start:.2f} s")
        with self.server._epoch_cond:
            self.server._visible_epoch = self.server._wanted_epoch
            self.server._epoch_cond.notify_all()
        return True
