"""The events of a MkDocs build, in the order in which they happen."""

from __future__ import annotations

import atexit
import logging
import os
import posixpath
import re
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import Abort, PluginError
from mkdocs.livereload import LiveReloadServer
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from mkdocs.utils import CountHandler

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from hooks import labs, pages, twin  # noqa: E402
from hooks.engine import Engine, Failure, Outcome  # noqa: E402
from hooks.engine.engine import TIME_LIMIT  # noqa: E402
from hooks.engine.progress import Progress  # noqa: E402
from hooks.inline import inline_figures, standalone  # noqa: E402
from hooks.mathematics import to_mathml  # noqa: E402
from hooks.publish import Staging  # noqa: E402
from hooks.repair import repair  # noqa: E402

log = logging.getLogger("mkdocs.plugins.handbook")
engine = Engine(ROOT, ROOT / ".cache" / "outcomes", limit=float(os.environ.get("LEGO_TIME_LIMIT", TIME_LIMIT)))
atexit.register(engine.close)


class Build:
    """What one build knows."""

    staging: Staging | None = None
    outcomes: dict[str, Outcome]
    figures: dict[str, str]  # site address → SVG
    markdown: dict[str, str]  # page → its Markdown with the includes expanded
    files: Files


build = Build()
command = "build"


def on_startup(*, command: str, dirty: bool) -> None:
    """Remember whether this is `mkdocs build` or `mkdocs serve`."""
    globals()["command"] = command


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Build beside the old site; show edit links and Colab links only where a repository is configured."""
    if command == "serve" and build.staging is None:
        check_port(*config.dev_addr)
    build.staging = Staging(Path(config.site_dir))
    atexit.register(build.staging.discard)
    config.site_dir = str(build.staging.folder)
    if not config.repo_url:
        config.edit_uri = None
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Run what the pages use, and add the figures and executed labs to the site's files."""
    uses: list[pages.Use] = []
    problems: list[str] = []
    for file in files.documentation_pages():
        if file.src_uri.endswith(".md"):
            try:
                uses += pages.find_uses(file.content_string, file.src_uri, lambda uri: files.get_file_from_path(uri) is not None)
            except pages.PageError as error:
                problems.append(str(error))
    lab_files = [file for file in files if file.src_uri.startswith("labs/") and file.src_uri.endswith(".py")]
    scripts = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "snippets").rglob("*.py"))
    problems += pages.find_problems(uses, scripts)
    lab_scripts = [f"docs/{file.src_uri}" for file in lab_files]
    wanted = [script for script in scripts if any(use.script == script for use in uses)] + lab_scripts
    progress = Progress(len(wanted))
    results = engine.run(wanted, progress)
    log.info(progress.summary())
    if engine.cache.problem:
        log.info(f"Nothing can be kept in {engine.cache.folder} ({engine.cache.problem.strerror}): every build runs all snippets")
    build.outcomes = {script: result for script, result in results.items() if isinstance(result, Outcome)}
    for failure in results.values():
        if isinstance(failure, Failure):
            problems.append(failure.describe(pages.places(uses, failure.script)))
    problems += pages.find_gaps(uses, build.outcomes)
    if problems:
        raise PluginError(f"{len(problems)} problem(s); the site stays as it was.\n\n" + "\n\n".join(problems))
    engine.cache.prune(set(wanted))
    build.figures = {use.uri: build.outcomes[use.script].figures[use.number - 1] for use in uses if use.kind == "figure"}
    build.markdown = {}
    for uri, svg in build.figures.items():
        files.append(File.generated(config, uri, content=standalone(svg)))
    files.append(File.generated(config, "llms.txt", content=""))  # filled in when all pages are there
    for file in lab_files:
        files.remove(file)
        files.append(lab_page(file, config))
    build.files = files
    return files


def lab_page(file: File, config: MkDocsConfig) -> File:
    """A lab's page: the executed notebook in the place of its script."""
    path = Path(scratch()) / Path(file.src_uri).with_suffix(".ipynb")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(twin.write_notebook(labs.cells(build.outcomes[f"docs/{file.src_uri}"])), encoding="utf-8")
    page = LabFile.generated(config, file.src_uri, abs_src_path=str(path))
    page.edit_uri = file.src_uri
    return page


class LabFile(File):
    """A page, although its name ends in `.py`."""

    def is_documentation_page(self) -> bool:
        """Always."""
        return True


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Put in the code and the output of the snippets."""
    uri = page.file.src_uri
    if uri.endswith(".md"):
        try:
            markdown = pages.expand(markdown, uri, build.outcomes, ROOT)
        except pages.PageError as error:
            raise PluginError(str(error)) from None
    build.markdown[uri] = markdown
    return markdown


def on_page_content(content: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Put in the figures and formulas, and the links to the page's twins."""
    uri = page.file.src_uri
    try:
        if uri.startswith("labs/") and uri.endswith(".py"):
            content = labs.tidy(content, uri.removesuffix(".py"), build.outcomes[f"docs/{uri}"], site_links(page, files))
        else:
            content = inline_figures(content, page.url, build.figures)
        content = to_mathml(content)
    except (ValueError, pages.PageError) as error:
        raise PluginError(f"docs/{uri}: {error}") from None
    page.present_anchor_ids = set(re.findall(r'\bid="([^"]+)"', content))  # figures have anchors too
    return content


def on_page_context(context: dict[str, Any], *, page: Page, config: MkDocsConfig, nav: Any) -> dict[str, Any]:
    """Tell the template where the page's twins are."""
    name = notebook_name(page)
    context["twins"] = {"notebook": name, "markdown": "index.md"}
    repository = (config.repo_url or "").rstrip("/").removesuffix(".git")
    if name and repository.startswith("https://github.com/"):
        path = repository.removeprefix("https://github.com/")
        context["twins"]["colab"] = f"https://colab.research.google.com/github/{path}/blob/gh-pages/{page.url}{name}"
    return context


def on_post_page(output: str, *, page: Page, config: MkDocsConfig) -> str:
    """Mend what the theme gets wrong."""
    return repair(output)


def on_post_template(output: str, *, template_name: str, config: MkDocsConfig) -> str:
    """Mend the page for addresses that lead nowhere as well."""
    return repair(output) if template_name == "404.html" else output


def on_post_build(config: MkDocsConfig) -> None:
    """Write the twins, then put the new site in the place of the old one."""
    site = Path(config.site_dir)
    entries = []
    for file in build.files.documentation_pages():
        page = file.page
        if page is None or file.src_uri not in build.markdown:
            continue
        folder = site / posixpath.dirname(file.dest_uri)
        folder.mkdir(parents=True, exist_ok=True)
        markdown = page_markdown(page)
        (folder / "index.md").write_text(twin.plain_markdown(markdown, twin_links(page)), encoding="utf-8")
        if name := notebook_name(page):
            (folder / name).write_text(page_notebook(page) or "", encoding="utf-8")
        entries.append((str(page.title), f"{page.url}index.md", twin.first_sentence(markdown)))
    listing = twin.llms_txt(config.site_name, config.site_description or "", entries)
    (site / "llms.txt").write_text(listing, encoding="utf-8")
    warnings = sum(count for handler in logging.getLogger("mkdocs").handlers if isinstance(handler, CountHandler)
                   for _, count in handler.get_counts())
    assert build.staging is not None
    if warnings:  # MkDocs is about to abort a strict build
        build.staging.discard()
        return
    build.staging.publish()
    config.site_dir = str(build.staging.site)
    log.info(f"The new site is in place: {config.site_dir}")


on_post_build = event_priority(-100)(on_post_build)  # after everything else that writes into the site


def on_build_error(error: Exception) -> None:
    """Leave the old site as it was."""
    if build.staging is not None:
        build.staging.discard()


def on_serve(server: LiveReloadServer, *, config: MkDocsConfig, builder: Callable[..., None]) -> LiveReloadServer:
    """Keep the fork server warm, and go on showing the last good site while a rebuild fails."""

    def rebuild(config: MkDocsConfig | None = None) -> None:
        try:
            builder(config)
        except Abort:
            log.error("The last good site is still shown; save a file to try again.")
        except Exception as error:
            log.error(f"{error}\nThe last good site is still shown; save a file to try again.")

    server.builder = rebuild
    engine.start()
    return server


def page_markdown(page: Page) -> str:
    """A page's Markdown with code and output in it; a lab's from its cells."""
    uri = page.file.src_uri
    if uri.endswith(".md"):
        return build.markdown[uri]
    parts = []
    for cell in labs.cells(build.outcomes[f"docs/{uri}"]):
        source = cell["source"]
        parts.append(source if cell["cell_type"] == "markdown" else f"```python\n{source}\n```")
        parts += [f'```text\n{output["text"].rstrip()}\n```' for output in cell.get("outputs", []) if "text" in output]
        if caption := cell["metadata"].get("caption"):
            parts.append(f"*Figure: {caption}*")
    return "\n\n".join(parts)


def page_notebook(page: Page) -> str | None:
    """The page as a notebook; None where it has no code."""
    uri = page.file.src_uri
    if uri.endswith(".md"):
        return twin.notebook(build.markdown[uri], site_address(page), build.outcomes)
    return twin.write_notebook(labs.cells(build.outcomes[f"docs/{uri}"]))


def notebook_name(page: Page) -> str | None:
    """The file name of a page's notebook; None where it has no code."""
    if page.file.src_uri not in build.markdown or page_notebook(page) is None:
        return None
    return (posixpath.basename(page.url.rstrip("/")) or "index") + ".ipynb"


def find_target(page: Page, link: str) -> tuple[File | None, str]:
    """The page or file that a relative link in a page's source leads to, and its anchor."""
    path, mark, anchor = link.partition("#")
    uri = posixpath.normpath(posixpath.join(posixpath.dirname(page.file.src_uri), path))
    return (build.files.get_file_from_path(uri) if path and "://" not in link else None), mark + anchor


def twin_links(page: Page) -> Callable[[str], str]:
    """Links for the Markdown twin: from page to page, relative."""

    def resolve(link: str) -> str:
        file, anchor = find_target(page, link)
        if file is None:
            return link
        target = posixpath.join(posixpath.dirname(file.dest_uri), "index.md") if file.is_documentation_page() else file.url
        return posixpath.relpath(target, posixpath.dirname(page.file.dest_uri) or ".") + anchor

    return resolve


def site_address(page: Page) -> Callable[[str], str]:
    """Links for a notebook, which is read elsewhere: to the site."""

    def resolve(link: str) -> str:
        file, anchor = find_target(page, link)
        return link if file is None else f"{page.canonical_url[: -len(page.url)] if page.url else page.canonical_url}{file.url}{anchor}"

    return resolve


def site_links(page: Page, files: Files) -> Callable[[str], str]:
    """Links for a lab's page, checked as MkDocs checks those of other pages."""

    def resolve(link: str) -> str:
        file, anchor = find_target(page, link)
        if file is not None:
            return file.url_relative_to(page.file) + anchor
        if "://" not in link and not link.startswith("#"):
            log.warning(f"Lab '{page.file.src_uri}' contains a link '{link}', but the target is not found among the files.")
        return link

    return resolve


def check_port(host: str, port: int) -> None:
    """Say at once, and not after the build, that the address is taken."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PluginError(
                f"Can't serve on {host}:{port} ({error.strerror}): stop what runs there, or choose another port, "
                f"such as `make serve PORT={port + 1}`."
            ) from None


def scratch() -> str:
    """A folder for what only this process needs."""
    if not _scratch:
        _scratch.append(tempfile.mkdtemp(prefix="lego-"))
        atexit.register(shutil.rmtree, _scratch[0], ignore_errors=True)
    return _scratch[0]


_scratch: list[str] = []
