"""The events of a MkDocs build, in the order in which they happen."""

from __future__ import annotations

import atexit
import contextlib
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
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import jinja2
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files, InclusionLevel, set_exclusions
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page
from mkdocs.utils import CountHandler, get_build_date

if sys.platform == "win32":  # before what can't be imported there
    raise PluginError("Snippets run in forked processes, which Windows lacks: build inside WSL")

LOADED = time.time_ns()
ROOT = Path(__file__).resolve().parents[1]
if "hooks" not in sys.modules:  # found by their place, as the engine's server finds them
    spec = importlib.util.spec_from_file_location("hooks", ROOT / "hooks" / "__init__.py")
    assert spec is not None
    sys.modules["hooks"] = importlib.util.module_from_spec(spec)

from hooks import feed, labs, links, navigation, pages, reference, security, templates, terms, tested, twin
from hooks.blocks import finish_blocks
from hooks.cards import Artist
from hooks.engine import Engine, Outcome
from hooks.engine.engine import ServerError, time_limit
from hooks.execute import EXPLORERS, ProblemsError, execute
from hooks.inline import inline_figures, standalone
from hooks.kept import Kept
from hooks.mathematics import to_mathml
from hooks.preview import Preview, Site, check_port, list_files, look_often
from hooks.publish import Staging, same_pages
from hooks.recall import Recall, render_once
from hooks.repair import repair, repair_files, strip_comments
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
compiled = templates.Compiled(Kept(ROOT / ".cache" / "templates"))
ASIDE = {"About", "Reference"}  # chapters; in search, a page that explains a word comes before theirs
MKDOCSTRINGS_CSS = "assets/_mkdocstrings.css"
scratch = tempfile.TemporaryDirectory(prefix="lego-")  # goes with this process


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
    files: Files
    nav: Navigation
    env: jinja2.Environment
    scripts: re.Pattern[str]  # of the theme
    recall: Recall
    last: Site | None = None  # where `serve` can render single pages into
    differs = True  # whether the site has other pages than the one that it replaced


build = Build()


@atexit.register
def discard_unfinished() -> None:
    """Remove what the last build left unfinished."""
    if build.staging is not None:
        build.staging.discard()


@contextlib.contextmanager
def blamed_on(place: str) -> Iterator[None]:
    """End the build, naming the file at fault, if what is done meanwhile refuses it.

    Raises:
        PluginError: in the place of a ValueError.
    """
    try:
        yield
    except ValueError as error:
        raise PluginError(f"{place}: {error}") from None


class LabFile(File):
    """A page, although its name ends in `.py`."""

    def is_documentation_page(self) -> bool:
        """Always."""
        return True


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
    try:
        build.staging = Staging(Path(config.site_dir))
    except FileExistsError as error:
        raise PluginError(f"{error}: name another folder with --site-dir") from None
    except OSError as error:
        place = Path(config.site_dir).parent
        reason = f"The site can't be written in {place} ({error.strerror})"
        raise PluginError(f"{reason}: name another folder with --site-dir") from None
    config.site_dir = str(build.staging.folder)
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
    build.sources, build.written = read_sources(files), frozenset(files.src_uris)
    build.present = list_files(Path(config.docs_dir))
    build.settings = Path(config.config_file_path).read_bytes()
    lab_files = [file for file in files if is_lab(file)]
    names = [file.src_uri for file in lab_files]
    try:
        build.outcomes, build.figures = execute(build.sources, names, engine, build.written.__contains__)
    except (ProblemsError, ServerError) as problems:
        raise PluginError(str(problems)) from None
    build.by_source = twin.by_source(build.outcomes.values())
    build.markdown, build.notebooks, build.explorers, build.files = {}, {}, {}, files
    build.terms = read_glossary(files)
    if bundle := build.outcomes.get(EXPLORERS):
        made = json.loads(bundle.text)
        build.explorers = made["forms"]
        files.append(File.generated(config, "assets/explorers.js", content=made["script"]))
    for file in lab_files:
        build.figures |= labs.figures(file.src_uri, outcome_of(file))
    for uri, figure in build.figures.items():
        files.append(File.generated(config, uri, content=standalone(figure)))
    for file in lab_files:
        path = Path(scratch.name, file.src_uri).with_suffix(".ipynb")
        path.parent.mkdir(parents=True, exist_ok=True)
        with blamed_on(f"docs/{file.src_uri}"):
            path.write_text(labs.notebook_to_render(file.src_uri, outcome_of(file)), encoding="utf-8")
        page = LabFile.generated(config, file.src_uri, abs_src_path=str(path))
        page.edit_uri = file.src_uri
        files.remove(file)
        files.append(page)
    files.append(File.generated(config, "llms.txt", content=""))  # filled when all pages are there
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
    navigation.remember_entries(env, build.nav)
    build.recall.attach(env, build.nav, finish_page)
    env.globals["has_feed"] = feed.CHANGELOG in build.markdown and bool(config.site_url)
    build.env = env
    build.scripts = security.of_theme(config.theme.dirs)
    return env


def on_pre_page(page: Page, *, config: MkDocsConfig, files: Files) -> Page:
    """Render a page only if it is another than before."""
    if is_lab(page.file):
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
    if is_lab(page.file):
        build.markdown[uri] = labs.markdown(uri, outcome_of(page.file))
        build.notebooks[uri] = labs.notebook(uri, outcome_of(page.file), resolve)
        return markdown
    try:
        above = build.sources[uri].count("\n") - markdown.count("\n")  # lines that MkDocs took for its own
        markdown = pages.expand(markdown, uri, build.outcomes, ROOT, above)
        markdown = reference.link_objects(markdown, uri)
    except pages.PageError as error:
        raise PluginError(str(error)) from None
    build.markdown[uri] = reference.link_objects(reference.plain(markdown, ROOT), uri)
    if notebook := twin.notebook(build.markdown[uri], resolve, build.by_source):
        build.notebooks[uri] = notebook
    return markdown


def on_page_content(content: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Put in the figures and formulas."""
    uri = page.file.src_uri
    with blamed_on(f"docs/{uri}"):
        if is_lab(page.file):
            content = labs.tidy(content, uri, outcome_of(page.file), links.on_the_site(page.file, files))
        else:
            content = inline_figures(content, page.url, build.figures, build.explorers)
        content = finish_blocks(to_mathml(content))
        content = explain_terms(content, page.file, files)
        security.check_text(content)
    page.present_anchor_ids = set(re.findall(r'\bid="([^"]+)"', content))  # figures have anchors too
    return content


def on_page_context(context: dict[str, Any], *, page: Page, config: MkDocsConfig, nav: Any) -> dict[str, Any]:
    """Tell the template where the page's twins are, and what others show beside a link to it."""
    if markup := re.search(r"<[a-zA-Z/!][^>]*>?", json.dumps(page.meta, default=str, ensure_ascii=False)):
        raise PluginError(
            f"docs/{page.file.src_uri}: the lines before the text must hold no HTML, got {markup[0]}"
        )
    sentence = twin.first_sentence(build.markdown[page.file.src_uri]).replace("$", "")
    page.meta["description"] = html.escape(html.unescape(str(page.meta.get("description") or sentence)))
    context["card_title"] = card_title(page)
    context["card"] = page.canonical_url and f"{page.canonical_url}card.png"
    context["twins"] = {"markdown": "index.md"}
    if page.file.src_uri in build.notebooks:
        stem = twin_stem(page.file)
        name = context["twins"]["notebook"] = quote(f"{stem}.ipynb")
        context["twins"]["script"] = quote(f"{stem}.py")
        owner, _, repository = (
            (config.repo_url or "").rstrip("/").removesuffix(".git").partition("github.com/")
        )
        if owner == "https://":
            address = f"github/{repository}/blob/gh-pages/{page.url}{name}"
            context["twins"]["colab"] = f"https://colab.research.google.com/{address}"
    return context


def on_post_page(output: str, *, page: Page, config: MkDocsConfig) -> str:
    """Join the reference to the pages."""
    if reference.is_reference(page.file.src_uri):
        output = reference.join(output, uses_from(page.file))
    return to_the_browser(output)


def on_post_template(output: str, *, template_name: str, config: MkDocsConfig) -> str:
    """Mend the page for addresses that lead nowhere as well."""
    return to_the_browser(finish(output, template_name)) if template_name == "404.html" else output


@event_priority(-100)  # after everything else that writes into the site
def on_post_build(config: MkDocsConfig) -> None:
    """Write the twins, then put the new site in the place of the old one."""
    assert build.staging is not None
    site = build.staging.folder
    write_twins(config, site)
    draw_cards(config, site)
    write_feed(config, site)
    whole = (path.read_text(encoding="utf-8") for path in sorted(site.rglob("*.html")))
    (site / "_headers").write_text(security.headers(whole), encoding="utf-8")

    if "mkdocstrings" in config.plugins:
        (site / MKDOCSTRINGS_CSS).unlink()
    with blamed_on("assets"):
        repair_files(site / "assets")
    strip_comments(site / "assets")
    if has_warned():  # MkDocs is about to abort
        build.staging.discard()
        build.recall.end()
        return
    texts = tested.read(site)
    if broken := links.find_broken(site, texts):
        if config.strict:
            raise PluginError("\n".join(broken))
        log.warning("\n".join(broken))
    index = site / "search" / "search_index.json"
    search = json.loads(index.read_text(encoding="utf-8"))
    state_what_is_tested(site, texts, search["docs"])
    write_compactly(search, index)
    build.differs = build.command == "serve" and not same_pages(site, build.staging.site)
    build.staging.publish(build.built.remember if build.built is not None else None)
    build.recall.end()
    kept.prune()
    config.site_dir = str(build.staging.site)
    build.last = Site(
        config=config,
        files=build.files,
        nav=build.nav,
        env=build.env,
        sources=build.sources,
        outcomes=build.outcomes,
        written=build.written,
        present=build.present,
        settings=build.settings,
        recall=build.recall,
    )
    log.info(f"The new site is in place: {config.site_dir}")


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
    server.builder = Preview(server, builder, show_early, lambda: build.differs).rebuild
    look_often(server)
    engine.start(build.outcomes)
    return server


def show_early() -> int:
    """Render the pages that a save changed into the last site; how many these were.

    Raises:
        ProblemsError: if anything that a page shows is not there, or does not run.
    """
    if (last := build.last) is None or not last.still_holds():
        return 0
    sources = read_sources(last.files)
    names = [file.src_uri for file in last.files if is_lab(file)]
    outcomes, figures = execute(sources, names, engine, last.written.__contains__)
    build.outcomes, build.figures = outcomes, build.figures | figures
    build.by_source = twin.by_source(outcomes.values())
    # not those of a build which failed since: the templates are those of the last one
    last.recall.forget_surroundings()
    return last.show(last.affected(sources, outcomes))


def read_sources(files: Files) -> dict[str, str]:
    """The text of each page as it is written; labs are scripts."""
    sources = {}
    for file in files.documentation_pages():
        if not is_lab(file):
            try:
                sources[file.src_uri] = file.content_string
            except UnicodeDecodeError as error:
                raise PluginError(
                    f"docs/{file.src_uri}: a page is text in UTF-8, and this is none: {error}"
                ) from None
    return sources


def read_glossary(files: Files) -> dict[str, terms.Term]:
    """The terms that pages explain."""
    glossary = files.get_file_from_path(terms.GLOSSARY)
    with blamed_on(f"docs/{terms.GLOSSARY}"):
        return terms.read(glossary.content_string) if glossary else {}


def explain_terms(content: str, source: File, files: Files) -> str:
    """A page whose terms say what they mean, or the glossary with a place to lead to for each."""
    if source.src_uri == terms.GLOSSARY:
        return terms.anchors(content)
    glossary = files.get_file_from_path(terms.GLOSSARY)
    if glossary is None:
        return content
    return terms.explain(content, source.src_uri, build.terms, links.quoted(glossary, source, files))


def write_twins(config: MkDocsConfig, site: Path) -> None:
    """Write each page once more as Markdown, and as a notebook and a script if it has code; and the list of them."""
    entries = []
    for file in build.files.documentation_pages():
        markdown = build.markdown[file.src_uri]
        text = twin.plain_markdown(markdown, links.between_twins(file, build.files))
        (site / links.twin_address(file)).write_text(text, encoding="utf-8")
        if notebook := build.notebooks.get(file.src_uri):
            path, stem = site / file.dest_uri, twin_stem(file)
            path.with_name(f"{stem}.ipynb").write_text(notebook, encoding="utf-8")
            path.with_name(f"{stem}.py").write_text(twin.script(notebook), "utf-8")
        assert file.page is not None
        title, address = html.unescape(str(file.page.title)), quote(links.twin_address(file))
        entries.append((title, address, twin.first_sentence(markdown)))
    listing = twin.llms_txt(config.site_name, config.site_description or "", entries)
    (site / "llms.txt").write_text(listing, encoding="utf-8")


def draw_cards(config: MkDocsConfig, site: Path) -> None:
    """Write the picture of each page, and the icon for a home screen."""
    with blamed_on("docs/assets"):
        artist = Artist(config.site_name, Path(config.docs_dir, "assets"), kept)
    for file in build.files.documentation_pages():
        assert file.page is not None
        card = artist.card(card_title(file.page), html.unescape(file.page.meta["description"]))
        (site / file.dest_uri).with_name("card.png").write_bytes(card)
    (site / "assets" / "apple-touch-icon.png").write_bytes(artist.icon())


def card_title(page: Page) -> str:
    """What a page is called where it stands alone; the first one is called Home only in the navigation."""
    return html.unescape(str(page.toc.items[0].title if page.is_homepage and page.toc.items else page.title))


def write_feed(config: MkDocsConfig, site: Path) -> None:
    """Write what is new for a reader of feeds."""
    file = build.files.get_file_from_path(feed.CHANGELOG)
    if file is None or file.src_uri not in build.markdown or not config.site_url:
        return
    resolve = links.to_the_site(file, build.files, config.site_url)
    with blamed_on(f"docs/{feed.CHANGELOG}"):
        changelog = build.markdown[file.src_uri]
        text = feed.atom(changelog, config.site_name, config.site_url, file.url, resolve)
    (site / "feed.xml").write_text(text, encoding="utf-8")


def has_warned() -> bool:
    """Whether a strict build has warned; MkDocs counts in no other."""
    handlers = logging.getLogger("mkdocs").handlers
    return any(handler.get_counts() for handler in handlers if isinstance(handler, CountHandler))


def state_what_is_tested(site: Path, texts: Mapping[str, str], entries: list[dict[str, str]]) -> None:
    """Put the numbers of this build into the page that states them, its twin and its entries of the search index."""
    file = build.files.get_file_from_path("tested.md")
    if file is None:
        return
    numbers = tested.count(site, ROOT, texts) | {"date": get_build_date()}
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


def is_lab(file: File) -> bool:
    """Whether a file of docs/ is a lab of the site."""
    named = file.src_uri.startswith("labs/") and file.src_uri.endswith(".py")
    return named and file.inclusion != InclusionLevel.EXCLUDED


def uses_from(source: File) -> dict[str, list[tuple[str, str]]]:
    """Title and address, as `source` sees it, of the pages that use each object of the library."""
    pages_of: dict[str, list[tuple[str, str]]] = {}
    for name, uris in reference.uses(build.markdown).items():
        for uri in uris:
            file = build.files.get_file_from_path(uri)
            assert file is not None and file.page is not None
            pages_of.setdefault(name, []).append((str(file.page.title), file.url_relative_to(source)))
    return pages_of


def outcome_of(lab: File) -> Outcome:
    """What came of running a lab."""
    return build.outcomes[f"docs/{lab.src_uri}"]


def twin_stem(file: File) -> str:
    """The file name of a page's notebook and script, without its ending."""
    return posixpath.basename(posixpath.dirname(file.dest_uri)) or "index"
