"""What is written once all pages are there, of a small site that no MkDocs builds."""

import base64
import hashlib
import json
from types import SimpleNamespace
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.nav import get_navigation

from hooks import complete
from hooks.build import Build
from hooks.kept import Kept
from tests.conftest import ROOT

TEXTS = {
    "about.md": "# About\n\nIt says who. And more.\n",
    "a/one.md": "# One & $x$\n\nIt *rises*, see [two](two.md).\n",
    "a/two.md": "# Two\n\nIt falls.\n",
    "changelog.md": "# What is new\n\nNews.\n\n## 2026-01-02: More\n\nSee [two](a/two.md).\n",
    "index.md": "# Bricks\n\nIt begins.\n",
    "left.md": "# Left\n\nIt stands in no chapter.\n",
    "tested.md": "# Tested\n\n%pages% pages on %date%.\n",
}
NAV = [
    {"Home": "index.md"},
    {"Part": [{"Inner": [{"Two": "a/two.md"}, "a/one.md"]}]},
    {"About": ["about.md", "changelog.md", "tested.md"]},
]
ADDRESS = "https://s.test/sub/"


def settings(root, **more):
    config = MkDocsConfig(config_file_path=str(root / "mkdocs.yml"))
    folders = {"docs_dir": str(root / "docs"), "site_dir": str(root / "site"), "site_url": ADDRESS}
    config.load_dict({"site_name": "Small", "plugins": [], "nav": NAV} | folders | more)
    errors, _ = config.validate()
    assert not errors
    return config


@pytest.fixture
def site(tmp_path):
    """The folder of a site, as MkDocs leaves it: with a folder for each page."""
    for name in TEXTS:
        (tmp_path / "docs" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "docs" / name).write_text(TEXTS[name])
        if name != "index.md":
            (tmp_path / "site" / name.removesuffix(".md")).mkdir(parents=True)
    (tmp_path / "site" / "assets").mkdir()
    return tmp_path / "site"


@pytest.fixture
def build(site):
    """A build whose pages are rendered."""
    made, config = Build(), settings(site.parent)
    made.config = config
    made.files = Files([File(name, config.docs_dir, config.site_dir, True) for name in TEXTS])
    made.nav = get_navigation(made.files, config)
    for file in made.files:
        file.page.read_source(config)
        file.page.render(config, made.files)
    made.markdown, made.notebooks = dict(TEXTS), {}
    return made


def read(site):
    """Every file of a site by its name."""
    return {path.relative_to(site).as_posix(): path.read_text() for path in site.rglob("*") if path.is_file()}


def test_each_page_has_its_twins(build, site):
    cell = {"cell_type": "code", "metadata": {}, "source": "x = 1"}
    build.notebooks["a/one.md"] = json.dumps({"cells": [cell]})
    complete.write_twins(build, site)
    found = read(site)
    assert found.keys() == {
        "llms.txt", "index.md", "about/index.md", "left/index.md", "changelog/index.md", "tested/index.md",
        "a/two/index.md", "a/one/index.md", "a/one/one.ipynb", "a/one/one.py",
    }  # fmt: skip
    assert found["a/one/index.md"] == "# One & $x$\n\nIt *rises*, see [two](../two/index.md).\n"
    assert found["a/one/one.ipynb"] == build.notebooks["a/one.md"]
    assert found["a/one/one.py"] == "# %%\nx = 1\n"
    assert found["llms.txt"] == complete.list_twins(build)


def test_the_list_of_twins_has_the_order_of_the_navigation(build, site):
    build.config.site_description = "A site."
    assert complete.list_twins(build) == (
        "# Small\n\n> A site.\n\n"
        "- [Home](index.md): It begins.\n- [Left](left/index.md): It stands in no chapter.\n\n"
        "## Part\n\n"
        "- [Two](a/two/index.md): It falls.\n- [One & $x$](a/one/index.md): It rises, see two.\n\n"
        "## About\n\n"
        "- [About](about/index.md): It says who.\n- [What is new](changelog/index.md): News.\n"
        "- [Tested](tested/index.md): %pages% pages on %date%.\n"
    )
    build.config.site_description = None
    assert complete.list_twins(build).startswith("# Small\n\n> \n\n- [Home]")
    build.files.get_file_from_path("left.md").page = None
    assert "Left" not in complete.list_twins(build), "it has not become a page"


def test_the_address_of_a_twin_is_written_as_one(build, site):
    file = build.files.get_file_from_path("left.md")
    file.dest_uri = "größer (1)/index.html"
    assert f"]({quote('größer (1)/index.md')})" in complete.list_twins(build)


def test_each_page_has_a_card(build, site, monkeypatch):
    drawn = []

    class Artist:
        def __init__(self, name, assets, kept):
            drawn.append((name, assets.relative_to(site.parent).as_posix(), kept))

        def card(self, title, line):
            drawn.append((title, line))
            return title.encode()

        def icon(self):
            return b"icon"

    monkeypatch.setattr(complete, "Artist", Artist)
    for file in build.files:
        file.page.meta["description"] = f"{file.name} &amp; co"
    complete.draw_cards(build, site, "kept")
    titles = ["About", "One & $x$", "Two", "What is new", "Bricks", "Left", "Tested"]
    lines = [f"{name} & co" for name in ("about", "one", "two", "changelog", "index", "left", "tested")]
    assert drawn == [("Small", "docs/assets", "kept"), *zip(titles, lines, strict=True)]
    found = read(site)
    assert found.pop("assets/apple-touch-icon.png") == "icon"
    assert found.pop("card.png") == "Bricks" and found.pop("a/two/card.png") == "Two"
    assert len(found) == 5 and all(name.endswith("/card.png") for name in found)


def test_a_color_that_cards_need_is_asked_for(build, site):
    assets = site.parent / "docs" / "assets"
    assets.mkdir()
    (assets / "logo.svg").write_text((ROOT / "docs" / "assets" / "logo.svg").read_text())
    (assets / "extra.css").write_text(":root {}")
    with pytest.raises(PluginError, match=r"^docs/assets: extra\.css must name a color --ink as #rrggbb$"):
        complete.draw_cards(build, site, Kept(site))


def heading(name):
    return SimpleNamespace(title=name)


@pytest.mark.parametrize(
    ("is_homepage", "items", "title"),
    [
        (True, [heading("A &lt; B"), heading("C")], "A < B"),
        (True, [], "Home & more"),
        (False, [heading("A")], "Home & more"),
    ],
)
def test_the_home_page_is_called_as_it_calls_itself(is_homepage, items, title):
    toc = SimpleNamespace(items=items)
    page = SimpleNamespace(is_homepage=is_homepage, toc=toc, title="Home &amp; more")
    assert complete.card_title(page) == title


def test_news_make_a_feed(build, site):
    complete.write_feed(build, site)
    feed = ElementTree.parse(site / "feed.xml").getroot()
    assert [element.text for element in feed.findall(".//{*}title")] == ["Small: what is new", "More"]
    assert f'href="{ADDRESS}a/two/"' in feed.find("{*}entry/{*}content").text
    assert feed.find("{*}entry/{*}id").text == f"{ADDRESS}changelog/#2026-01-02-more"
    build.markdown["changelog.md"] = "# What is new\n\n## Soon: More\n"
    with pytest.raises(
        PluginError, match=r"^docs/changelog\.md: a heading must be like .* got 'Soon: More'$"
    ):
        complete.write_feed(build, site)


@pytest.mark.parametrize("lacks", ["page", "text", "address"])
def test_without_news_or_an_address_there_is_no_feed(build, site, lacks):
    if lacks == "page":
        build.files.remove(build.files.get_file_from_path("changelog.md"))
    if lacks == "text":  # the page is excluded
        del build.markdown["changelog.md"]
    if lacks == "address":
        build.config.site_url = ""
    complete.write_feed(build, site)
    assert not (site / "feed.xml").exists()


def test_the_headers_let_the_scripts_of_all_pages_run(site):
    for name, code in {"index.html": "one()", "a/two/index.html": "two()", "a/two/x.txt": "three()"}.items():
        (site / name).write_text(f"<script>{code}</script>")
    complete.write_headers(site)
    one, two, three = (
        f"'sha256-{base64.b64encode(hashlib.sha256(code).digest()).decode()}'"
        for code in (b"one()", b"two()", b"three()")
    )
    headers = (site / "_headers").read_text()
    assert one in headers and two in headers and three not in headers


def test_the_files_of_the_theme_are_mended_and_ours_lose_their_comments(site):
    palette = site / "assets" / "stylesheets" / "palette.1.min.css"
    search = site / "assets" / "javascripts" / "workers" / "search.1.min.js"
    for path, text in {
        palette: "a{b}[data-md-color-switching] *,c{d}e{f}",
        search: "x=a+b+c.id}return x",
        site / "assets" / "extra.css": "/* why */ a { b: c }\n",
        site / "assets" / "own.js": "// why\nrun()\n",
    }.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    complete.mend_assets(site)
    assert palette.read_text() == "a{b}e{f}" and search.read_text() == 'x=a+b+c.id+","}return x'
    assert read(site / "assets")["extra.css"] == "a { b: c }\n"
    assert read(site / "assets")["own.js"] == "run()\n"
    with pytest.raises(PluginError, match=r"^assets: cannot repair the palette's cost"):
        complete.mend_assets(site)


def test_broken_links_end_a_strict_build_alone(build, site, caplog):
    texts = {"index.html": '<a href="b.svg"><a href="c.svg">'}
    broken = "index.html: the link b.svg leads to no file\nindex.html: the link c.svg leads to no file"
    complete.check_links(build, site, texts)
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [("WARNING", broken)]
    build.config.strict = True
    with pytest.raises(PluginError) as error:
        complete.check_links(build, site, texts)
    assert str(error.value) == broken
    complete.check_links(build, site, {"index.html": ""})
    assert len(caplog.records) == 1


def test_the_numbers_of_a_build_stand_in_its_page_its_twin_and_its_entries(build, site, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    texts = {"index.html": "", "a/two/index.html": ""}
    page, twin, other = (site / name for name in ("tested/index.html", "tested/index.md", "a/two/index.md"))
    for path in (page, twin, other):
        path.write_text(f"{path.suffix}: %pages% on %date%")
    entries = [{"location": name, "text": "%pages%"} for name in ("tested/", "tested/#a", "a/tested/")]
    complete.state_what_is_tested(build, site.parent, site, texts, entries)
    assert page.read_text() == ".html: 2 on 1970-01-02" and twin.read_text() == ".md: 2 on 1970-01-02"
    assert other.read_text() == ".md: %pages% on %date%"
    assert [entry["text"] for entry in entries] == ["2", "2", "%pages%"]
    twin.write_text("%page%")
    with pytest.raises(PluginError, match=r"^docs/tested\.md: %name% must be .* nearest is %pages%$"):
        complete.state_what_is_tested(build, site.parent, site, texts, [])
    build.files.remove(build.files.get_file_from_path("tested.md"))
    complete.state_what_is_tested(build, site.parent, site, texts, [])


def test_the_search_index_is_short_and_has_a_script_beside_it(site):
    complete.write_compactly({"docs": [{"a": "é"}, 1]}, site / "search.json")
    assert (site / "search.json").read_text() == '{"docs":[{"a":"\\u00e9"},1]}'
    assert (site / "search.js").read_text() == 'var __index={"docs":[{"a":"\\u00e9"},1]}'
