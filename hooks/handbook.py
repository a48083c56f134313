"""The events of a MkDocs build, in the order in which they happen."""

from __future__ import annotations

import atexit
import copy
import html
import importlib.util
import json
import logging
import posixpath
import re
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import jinja2
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files, InclusionLevel, set_exclusions
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page
from mkdocs.utils import CountHandler

if sys.platform == "win32":  # before what can't be imported there
    raise PluginError("Snippets run in forked processes, which Windows lacks: build inside WSL")

LOADED = time.time_ns()
ROOT = Path(__file__).resolve().parents[1]
if "hooks" not in sys.modules:  # found by their place, as the engine's server finds them
    spec = importlib.util.spec_from_file_location("hooks", ROOT / "hooks" / "__init__.py")
    assert spec is not None
    sys.modules["hooks"] = importlib.util.module_from_spec(spec)

from hooks import complete, feed, labs, links, pages, reference, security, terms, tested, twin
from hooks.blocks import finish_blocks
from hooks.build import Build, blamed_on, read_glossary
from hooks.engine import Engine
from hooks.engine.engine import time_limit
from hooks.inline import inline_figures
from hooks.kept import Kept
from hooks.mathematics import to_mathml
from hooks.navigation import remember_entries
from hooks.preview import Preview, check_port, look_often, render_changed
from hooks.publish import same_pages
from hooks.recall import Recall, render_once
from hooks.repair import repair
from hooks.templates import Compiled
from hooks.unchanged import Built

if TYPE_CHECKING:
    from mkdocs.livereload import LiveReloadServer

log = logging.getLogger("mkdocs.plugins.handbook")
try:
    engine = Engine(ROOT, ROOT / ".cache" / "outcomes", limit=time_limit())
except ValueError as error:
    raise PluginError(str(error)) from None
atexit.register(engine.close)
kept = Kept(ROOT / ".cache" / "kept")
# apart from `kept`, which forgets what a build does not ask for: one that recalls each page asks for no template
compiled = Compiled(Kept(ROOT / ".cache" / "templates"))
ASIDE = {"About", "Reference"}  # chapters; in search, a page that explains a word comes before theirs
MKDOCSTRINGS_CSS = "assets/_mkdocstrings.css"
scratch = tempfile.TemporaryDirectory(prefix="lego-")  # goes with this process
build = Build()
logging.getLogger("mkdocs.structure.pages").addFilter(lambda record: links.add_place(record, build.sources))


@atexit.register
def discard_unfinished() -> None:
    """Remove what the last build left unfinished."""
    if build.staging is not None:
        build.staging.discard()


def on_startup(*, command: str, dirty: bool) -> None:
    """Remember whether this is `mkdocs build` or `mkdocs serve`; end in good order when told to end."""
    build.command = command
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Build beside the old site, if there is anything new; offer to edit pages only in a configured repository."""
    if build.command == "serve" and build.staging is None:
        try:
            check_port(*config.dev_addr)
        except ValueError as error:
            raise PluginError(str(error)) from None
    if not config.use_directory_urls:
        raise PluginError(
            "use_directory_urls must be true: a page's twins, notebook and card stand in its folder"
        )
    if config.draft_docs:
        raise PluginError("draft_docs is not known here: name such pages in exclude_docs")
    if build.command == "build":
        build.built = Built(ROOT / ".cache" / "built", ROOT, config, LOADED)
        if build.built.still_holds(Path(config.site_dir)):
            log.info(f"Nothing has changed since the site was built: {config.site_dir}")
            log.info(f"To build it all the same, remove {build.built.path}")
            sys.exit()
    build.stage(config)
    if "mkdocstrings" in config.plugins:
        config.extra_css.remove(MKDOCSTRINGS_CSS)  # the few rules that are wanted stand in extra.css
    if not config.repo_url:
        config.edit_uri = None
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Run what the pages show, and add the figures and the executed labs to the site's files."""
    build.last = None
    set_exclusions(files, config)  # MkDocs does so again later; what another plugin has replaced has none yet
    for file in files:
        ours = file.src_dir == config.docs_dir and file.inclusion != InclusionLevel.EXCLUDED
        if ours and (problem := security.find_foreign(file)):
            raise PluginError(f"docs/{file.src_uri} would come onto the site as it is: {problem}")
    build.read(files, config)
    build.run(engine)
    build.terms = read_glossary(files)
    build.add_what_was_made(Path(scratch.name))
    build.recall = Recall(kept, config, files)
    return files


def on_nav(nav: Navigation, config: MkDocsConfig, files: Files) -> Navigation:
    """Keep what a single page needs to be rendered again; make the templates of the reference fast."""
    build.nav = nav
    if "mkdocstrings" in config.plugins:
        mkdocstrings: Any = config.plugins["mkdocstrings"]
        mkdocstrings.get_handler("python").env.bytecode_cache = compiled
    return nav


@event_priority(-100)
def on_env(env: jinja2.Environment, config: MkDocsConfig, files: Files) -> jinja2.Environment:
    """Make the templates fast, and keep what a single page needs to be rendered again."""
    env.bytecode_cache = compiled
    remember_entries(env, build.nav)
    build.recall.attach(env, build.nav, finish_page)
    env.globals["has_feed"] = feed.CHANGELOG in build.markdown and bool(config.site_url)
    build.env = env
    build.scripts = security.of_theme(config.theme.dirs)
    return env


def on_pre_page(page: Page, *, config: MkDocsConfig, files: Files) -> Page:
    """Render a page only if it is another than before."""
    if labs.is_lab(page.file):
        options = dict(config.plugins["mkdocs-jupyter"].config)
        render_once(page, kept, sorted(options.items()))
    else:
        build.recall.convert(page)
    return page


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Put in the code and the output of the snippets."""
    uri = page.file.src_uri
    if page.parent and page.parent.title in ASIDE:
        page.meta.setdefault("search", {"boost": 0.5})
    resolve = links.to_the_site(page.file, files, config.site_url)
    home = posixpath.relpath("index.md", posixpath.dirname(uri) or ".")
    first = twin.installation(config.repo_url, resolve(home))
    if labs.is_lab(page.file):
        build.markdown[uri] = labs.markdown(uri, build.outcome_of(page.file))
        build.notebooks[uri] = labs.notebook(uri, build.outcome_of(page.file), resolve, first)
        return markdown
    try:
        above = build.sources[uri].count("\n") - markdown.count("\n")  # lines that MkDocs took for its own
        markdown = pages.expand(markdown, uri, build.outcomes, ROOT, above)
        markdown = reference.link_objects(markdown, uri)
        plain = reference.plain(markdown, uri, ROOT, above)
    except pages.PageError as error:
        raise PluginError(str(error)) from None
    build.markdown[uri] = reference.link_objects(plain, uri)
    if notebook := twin.notebook(build.markdown[uri], resolve, build.by_source, first):
        build.notebooks[uri] = notebook
    return markdown


def on_page_content(content: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Put in the figures and formulas."""
    uri = page.file.src_uri
    with blamed_on(f"docs/{uri}", build.source_of(page.file)):
        if labs.is_lab(page.file):
            content = labs.tidy(
                content, uri, build.outcome_of(page.file), links.on_the_site(page.file, files)
            )
        else:
            content = inline_figures(content, page.url, build.figures, build.explorers)
        content = finish_blocks(to_mathml(content))
        content = explain_terms(content, page.file, files)
        security.check_text(content)
        page.present_anchor_ids = links.check_anchors(content)  # figures have anchors too
    return content


def on_page_context(context: dict[str, Any], *, page: Page, config: MkDocsConfig, nav: Any) -> dict[str, Any]:
    """Tell the template where the page's twins are, and what others show beside a link to it."""
    if markup := re.search(r"<[a-zA-Z/!][^>]*>?", json.dumps(page.meta, default=str, ensure_ascii=False)):
        raise PluginError(
            f"docs/{page.file.src_uri}: the lines before the text must hold no HTML, got {markup[0]}"
        )
    sentence = twin.first_sentence(build.markdown[page.file.src_uri]).replace("$", "")
    page.meta["description"] = html.escape(html.unescape(str(page.meta.get("description") or sentence)))
    context["card_title"] = complete.card_title(page)
    context["card"] = page.canonical_url and f"{page.canonical_url}card.png"
    context["twins"] = build.twins_of(page)
    return context


def on_post_page(output: str, *, page: Page, config: MkDocsConfig) -> str:
    """Join the reference to the pages."""
    if reference.is_reference(page.file.src_uri):
        output = reference.join(output, build.uses_from(page.file))
    return to_the_browser(output)


def on_post_template(output: str, *, template_name: str, config: MkDocsConfig) -> str:
    """Mend the page for addresses that lead nowhere as well."""
    return to_the_browser(finish(output, template_name)) if template_name == "404.html" else output


@event_priority(-100)  # after everything else that writes into the site
def on_post_build(config: MkDocsConfig) -> None:
    """Write the twins, then put the new site in the place of the old one."""
    assert build.staging is not None
    site = build.staging.folder
    complete.write_twins(build, site)
    complete.draw_cards(build, site, kept)
    complete.write_feed(build, site)
    complete.write_headers(site)
    if "mkdocstrings" in config.plugins:
        (site / MKDOCSTRINGS_CSS).unlink()
    complete.mend_assets(site)
    if has_warned():  # MkDocs is about to abort
        build.staging.discard()
        build.recall.end()
        return
    texts = tested.read(site)
    complete.check_links(build, site, texts)
    index = site / "search" / "search_index.json"
    search = json.loads(index.read_text(encoding="utf-8"))
    complete.state_what_is_tested(build, ROOT, site, texts, search["docs"])
    complete.write_compactly(search, index)
    build.differs = build.command == "serve" and not same_pages(site, build.staging.site)
    build.staging.publish(build.built.remember if build.built is not None else None)
    build.recall.end()
    kept.prune()
    config.site_dir = str(build.staging.site)
    build.last = copy.copy(build)
    log.info(f"The new site is in place: {config.site_dir}")
    if build.command == "build" and urlsplit(config.site_url or "").hostname == "127.0.0.1":
        log.info(f"Its address is {config.site_url}: before you publish it, see 'Publish it' in README.md")


def on_build_error(error: Exception) -> None:
    """Leave the old site as it was."""
    if build.staging is not None:
        build.staging.discard()
    if (recall := getattr(build, "recall", None)) is not None:
        recall.end()
    if isinstance(error, OSError):
        reason = f"{error.strerror}: {error.filename or 'the site'}" if error.strerror else str(error)
        log.error(f"{reason}. The site stays as it was.")


def on_serve(
    server: LiveReloadServer, *, config: MkDocsConfig, builder: Callable[..., None]
) -> LiveReloadServer:
    """Keep the fork server warm, show what a save changed as soon as it is there, survive what fails."""
    server.builder = Preview(
        server, builder, lambda: render_changed(build, engine), lambda: build.differs
    ).rebuild
    look_often(server)
    engine.start(build.outcomes)
    return server


def explain_terms(content: str, source: File, files: Files) -> str:
    """A page whose terms say what they mean, or the glossary with a place to lead to for each."""
    if source.src_uri == terms.GLOSSARY:
        return terms.anchors(content)
    glossary = files.get_file_from_path(terms.GLOSSARY)
    if glossary is None:
        return content
    return terms.explain(content, source.src_uri, build.terms, links.quoted(glossary, source, files))


def has_warned() -> bool:
    """Whether a strict build has warned; MkDocs counts in no other."""
    handlers = logging.getLogger("mkdocs").handlers
    return any(handler.get_counts() for handler in handlers if isinstance(handler, CountHandler))


def finish_page(output: str, page: Page) -> str:
    """A page of the theme as it goes into the site."""
    return finish(output, f"docs/{page.file.src_uri}")


def finish(output: str, name: str) -> str:
    """The page without the theme's faults and with its policy."""
    with blamed_on(name):
        return security.secure(repair(output), build.scripts)


def to_the_browser(page: str) -> str:
    """The page without its policy in `serve`, which adds a script that the policy would stop."""
    return security.free(page) if build.command == "serve" else page
