"""What one build knows, and how it comes to know it."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import jinja2
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page

from hooks import labs, links, reference, terms, twin
from hooks.engine import Engine, Outcome, visible
from hooks.engine.engine import ServerError
from hooks.execute import EXPLORERS, ProblemsError, execute
from hooks.inline import standalone
from hooks.mathematics import FormulaError, find_line
from hooks.publish import Staging
from hooks.recall import Recall
from hooks.unchanged import Built


class Build:
    """What one build knows."""

    command = ""  # of MkDocs; none where Python calls it
    built: Built | None = None
    staging: Staging | None = None
    outcomes: dict[str, Outcome]  # by script
    by_source: dict[str, Outcome]
    figures: dict[str, str]  # by address on the site
    explorers: dict[str, str]  # their forms, by name
    sources: dict[str, str]  # by page, as written
    written: frozenset[str]  # names of files that nothing here made
    present: frozenset[str]  # names of all files in docs/
    settings: bytes  # of mkdocs.yml
    markdown: dict[str, str]  # by page, with the code and output in it
    notebooks: dict[str, str]  # by page, for pages with code
    terms: dict[str, terms.Term]  # of the glossary, by name
    config: MkDocsConfig
    files: Files
    nav: Navigation
    env: jinja2.Environment
    scripts: re.Pattern[str]  # of the theme
    recall: Recall
    last: Build | None = None  # that succeeded: `serve` can render single pages into its site
    differs = True  # whether the site has other pages than the one that it replaced

    def stage(self, config: MkDocsConfig) -> None:
        """Build beside the old site."""
        try:
            self.staging = Staging(Path(config.site_dir))
        except FileExistsError as error:
            raise PluginError(f"{error}: name another folder with --site-dir") from None
        except OSError as error:
            place = Path(config.site_dir).parent
            reason = f"The site can't be written in {place} ({error.strerror})"
            raise PluginError(f"{reason}: name another folder with --site-dir") from None
        config.site_dir = str(self.staging.folder)

    def read(self, files: Files, config: MkDocsConfig) -> None:
        """Read the pages, and what else shows whether a save changed more than them."""
        self.config, self.files = config, files
        self.sources, self.written = read_sources(files), frozenset(files.src_uris)
        self.present = list_files(Path(config.docs_dir))
        self.settings = Path(config.config_file_path).read_bytes()
        self.markdown, self.notebooks, self.explorers = {}, {}, {}

    def run(self, engine: Engine) -> None:
        """Run what the pages show."""
        names = [file.src_uri for file in self.files if labs.is_lab(file)]
        try:
            self.outcomes, self.figures = execute(self.sources, names, engine, self.written.__contains__)
        except (ProblemsError, ServerError) as problems:
            raise PluginError(str(problems)) from None
        self.by_source = twin.by_source(self.outcomes.values())

    def add_what_was_made(self, scratch: Path) -> None:
        """Add the figures and the executed labs, whose notebooks stand in `scratch`, to the site's files."""
        files, config = self.files, self.config
        if bundle := self.outcomes.get(EXPLORERS):
            made = json.loads(bundle.text)
            self.explorers = made["forms"]
            files.append(File.generated(config, "assets/explorers.js", content=made["script"]))
        lab_files = [file for file in files if labs.is_lab(file)]
        for file in lab_files:
            self.figures |= labs.figures(file.src_uri, self.outcome_of(file))
        for uri, figure in self.figures.items():
            files.append(File.generated(config, uri, content=standalone(figure)))
        for file in lab_files:
            path = Path(scratch, file.src_uri).with_suffix(".ipynb")
            path.parent.mkdir(parents=True, exist_ok=True)
            with blamed_on(f"docs/{file.src_uri}"):
                path.write_text(
                    labs.notebook_to_render(file.src_uri, self.outcome_of(file)), encoding="utf-8"
                )
            page = labs.LabFile.generated(config, file.src_uri, abs_src_path=str(path))
            page.edit_uri = file.src_uri
            files.remove(file)
            files.append(page)
        files.append(File.generated(config, "llms.txt", content=""))  # filled when all pages are there

    def outcome_of(self, lab: File) -> Outcome:
        """What came of running a lab."""
        return self.outcomes[f"docs/{lab.src_uri}"]

    def source_of(self, file: File) -> str:
        """A page as it is written; of a lab, the script that ran."""
        return self.outcome_of(file).source if labs.is_lab(file) else self.sources[file.src_uri]

    def twins_of(self, page: Page) -> dict[str, str]:
        """Where a page's twins are, as the page sees them; a notebook also at Colab if the site is on GitHub."""
        if page.file.src_uri not in self.notebooks:
            return {"markdown": "index.md"}
        stem = links.twin_stem(page.file)
        name = quote(f"{stem}.ipynb")
        twins = {"markdown": "index.md", "notebook": name, "script": quote(f"{stem}.py")}
        owner, _, repository = (
            (self.config.repo_url or "").rstrip("/").removesuffix(".git").partition("github.com/")
        )
        if owner == "https://":
            address = f"github/{repository}/blob/gh-pages/{page.url}{name}"
            twins["colab"] = f"https://colab.research.google.com/{address}"
        return twins

    def uses_from(self, source: File) -> dict[str, list[tuple[str, str]]]:
        """Title and address, as `source` sees it, of the pages that use each object of the library."""
        pages_of: dict[str, list[tuple[str, str]]] = {}
        for name, uris in reference.uses(self.markdown).items():
            for uri in uris:
                file = self.files.get_file_from_path(uri)
                assert file is not None and file.page is not None
                pages_of.setdefault(name, []).append((str(file.page.title), file.url_relative_to(source)))
        return pages_of


@contextlib.contextmanager
def blamed_on(place: str, source: str = "") -> Iterator[None]:
    """End the build, naming the file at fault, and a formula's line, if what is done meanwhile refuses it.

    Raises:
        PluginError: in the place of a ValueError.
    """
    try:
        yield
    except ValueError as error:
        line = find_line(error.latex, source) if isinstance(error, FormulaError) else None
        raise PluginError(f"{place}{f':{line}' if line else ''}: {error}") from None


def read_sources(files: Files) -> dict[str, str]:
    """The text of each page as it is written; labs are scripts."""
    sources = {}
    for file in files.documentation_pages():
        if not labs.is_lab(file):
            try:
                sources[file.src_uri] = file.content_string
            except UnicodeDecodeError as error:
                raise PluginError(
                    f"docs/{file.src_uri}: a page is text in UTF-8, and this is none: {error}"
                ) from None
    return sources


def list_files(folder: Path) -> frozenset[str]:
    """The names of all files in a folder."""
    return frozenset(path.relative_to(folder).as_posix() for path in visible(folder, "*") if path.is_file())


def read_glossary(files: Files) -> dict[str, terms.Term]:
    """The terms that pages explain."""
    glossary = files.get_file_from_path(terms.GLOSSARY)
    with blamed_on(f"docs/{terms.GLOSSARY}"):
        return terms.read(glossary.content_string) if glossary else {}
