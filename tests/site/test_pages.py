"""The built site: links, anchors, texts of pictures, ids, twins, and nothing from another host."""

import copy
import importlib
import inspect
import json
import re
import tomllib
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import nbformat
import pytest
from lxml import html

from tests.conftest import ROOT, mkdocs

PAGES = sorted(
    path.relative_to(ROOT / "docs").with_suffix("").as_posix().removesuffix("/index")
    for path in (ROOT / "docs").rglob("*.md")
)
PAGES += sorted(f"labs/{path.stem}" for path in (ROOT / "docs" / "labs").glob("*.py"))


@pytest.fixture(scope="module")
def trees(site):
    return {
        path.relative_to(site).as_posix(): html.parse(str(path)).getroot() for path in site.rglob("*.html")
    }


def test_every_page_is_there(trees):
    expected = {"index.html" if page == "index" else f"{page}/index.html" for page in PAGES}
    assert set(trees) == expected | {"404.html"}


def test_no_formula_stands_as_it_was_written(trees):
    for name, tree in trees.items():
        texts = tree.xpath(
            "//body//text()[not(ancestor::code or ancestor::samp or ancestor::pre or ancestor::script)]"
        )
        assert not [text for text in texts if re.search(r"\\[()\[\]]|\$[^$]*\\", text)], name


def test_links_and_anchors_lead_somewhere(site, trees):
    ids = {name: {element.get("id") for element in tree.xpath("//*[@id]")} for name, tree in trees.items()}
    count = 0
    for name, tree in trees.items():
        if name == "404.html":  # its links start at the root of the address that it will have
            continue
        for link in tree.xpath("//@href | //@src"):
            target, anchor = urldefrag(urljoin(f"http://site/{name}", link))
            parts = urlsplit(target)
            if parts.netloc != "site":
                continue
            path = unquote(parts.path).lstrip("/")
            path += "index.html" if path == "" or path.endswith("/") else ""
            assert (site / path).is_file(), f"{name}: {link}"
            assert not anchor or anchor.startswith("__") or anchor in ids[path], f"{name}: {link}"
            count += 1
    assert count > 100


def test_no_page_asks_another_host(site, trees):
    for name, tree in trees.items():
        for address in tree.xpath(
            "//script/@src | //img/@src | //link[not(@rel='canonical')]/@href | //iframe/@src | //source/@src"
        ):
            assert not urlsplit(address).netloc, f"{name}: {address}"
    for path in site.rglob("*.css"):
        assert not re.search(r"url\(\s*[\"']?(https?:)?//", path.read_text()), path
        assert "@import" not in path.read_text(), path


def test_pictures_have_texts_and_ids_are_unique(trees):
    figures = 0
    for name, tree in trees.items():
        for image in tree.xpath("//img"):
            assert image.get("alt") is not None, name
        for figure in tree.xpath("//figure"):
            (svg,) = figure.xpath(".//svg")
            assert svg.get("role") == "img" and len(svg.get("aria-label")) > 20
            assert len(figure.find("figcaption").text_content()) > 20 and figure.get("id").startswith(
                "figure-"
            )
            figures += 1
        ids = [element.get("id") for element in tree.xpath("//*[@id]")]
        assert len(ids) == len(set(ids)), f"{name}: {sorted(i for i in ids if ids.count(i) > 1)}"
    assert figures >= len(list((ROOT / "snippets").rglob("*.py")))


def test_no_formula_and_no_directive_is_left_raw(trees):
    for name, whole in trees.items():
        tree = copy.deepcopy(whole)  # other tests look at all of it
        for element in tree.xpath("//pre | //code | //script | //style"):
            element.drop_tree()
        text = tree.text_content()
        assert not re.search(r"\\\(|\\\[|\$\$|--8<--", text), name


@pytest.mark.parametrize("page", PAGES)
def test_every_page_has_a_twin_and_every_page_with_code_a_notebook(site, trees, page):
    folder = site / ("" if page == "index" else page)
    twin = (folder / "index.md").read_text()
    assert twin.startswith("# ") and "--8<--" not in twin and not re.search(r"```\w+[^\S\n]", twin)
    for link in re.findall(r"\]\(([^)\s#]+)", re.sub(r"```.*?```", "", twin, flags=re.DOTALL)):
        assert "://" in link or (folder / link).is_file(), link
    has_code = bool(
        trees[folder.joinpath("index.html").relative_to(site).as_posix()].xpath(
            "//div[@class='language-python highlight']"
        )
    )
    notebooks = list(folder.glob("*.ipynb"))
    assert len(notebooks) == has_code
    for path in notebooks:
        nbformat.validate(nbformat.read(path, as_version=4))


MODULES = sorted(path.stem for path in (ROOT / "lego").glob("[a-z]*.py"))


@pytest.mark.parametrize("name", MODULES)
def test_the_reference_holds_every_public_name_and_each_method(trees, name):
    module = importlib.import_module(f"lego.{name}")
    ids = set(trees[f"reference/{name}/index.html"].xpath("//@id"))
    public = {f"lego.{name}.{thing}" for thing in module.__all__}
    for thing in module.__all__:
        if isinstance(getattr(module, thing), type) and getattr(module, thing).__module__ == module.__name__:
            methods = [
                key
                for key, value in vars(getattr(module, thing)).items()
                if inspect.isfunction(value) and value.__module__ == module.__name__
            ]
            public |= {f"lego.{name}.{thing}.{key}" for key in methods if not key.startswith("_")}
    assert public <= ids, public - ids


def test_llms_txt_lists_every_page_in_the_order_of_the_navigation(site):
    text = (site / "llms.txt").read_text()
    links = re.findall(r"\]\(([^)]*)\): (.*)", text)
    assert len(links) == len(PAGES)
    for link, sentence in links:
        assert (site / link).is_file() and sentence.endswith((".", "?", "!"))
    navigation = (ROOT / "mkdocs.yml").read_text().partition("\nnav:")[2]
    pages = re.findall(r"(\S+)\.(?:md|py)$", navigation, re.MULTILINE)
    assert [link for link, _ in links] == [
        "index.md" if page == "index" else f"{page.removesuffix('/index')}/index.md" for page in pages
    ]
    assert re.findall("^## (.*)", text, re.MULTILINE) == re.findall("^  - (.*):$", navigation, re.MULTILINE)


def test_no_attribute_list_is_text_of_what_is_taken_along(site, trees):
    texts = {path: path.read_text() for path in [*site.rglob("*.md"), site / "llms.txt"]}
    texts |= {name: "\n".join(tree.xpath("//meta/@content")) for name, tree in trees.items()}
    for path in site.rglob("*.ipynb"):
        cells = nbformat.read(path, as_version=4).cells
        texts[path] = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    for name, text in texts.items():
        prose = re.sub(r"```.*?```|`[^`]*`", "", text, flags=re.DOTALL)
        assert not re.search(r"\{:?\s*(?:[.#][a-z]|data-|lang=)", prose), name


def test_the_twin_of_a_lab_has_its_figures_with_their_texts(site, trees):
    figures = trees["labs/paralysis/index.html"].xpath("//figure//svg/@aria-label")
    shown = re.findall(
        r'^!\[(.*)\]\((.*) ".+"\)$', (site / "labs/paralysis/index.md").read_text(), re.MULTILINE
    )
    assert figures and [alt for alt, _ in shown] == figures
    assert all((site / "labs" / "paralysis" / address).is_file() for _, address in shown)


def test_a_notebook_leads_to_how_the_library_is_installed(site, trees):
    (anchor,) = trees["index.html"].xpath("//h2[@id='how-to-read-it']")
    assert "pip install" in anchor.getnext().text_content()
    for path in site.rglob("*.ipynb"):
        first = nbformat.read(path, as_version=4).cells[0]
        assert first.cell_type == "markdown", path
        assert "](http://127.0.0.1:8000/#how-to-read-it)" in first.source, path


def test_search_finds_headings_and_skips_the_drawings(site):
    entries = json.loads((site / "search" / "search_index.json").read_text())["docs"]
    titles = {entry["title"] for entry in entries}
    assert {"Sigmoid", "Converged, or paralyzed?", "Third way: normalization"} <= titles
    assert not any("¶" in title for title in titles)


def test_every_claim_has_its_row_and_every_row_of_a_written_page_its_evidence(trees):
    rows = trees["claims/index.html"].xpath("//tbody/tr")
    claims = tomllib.loads((ROOT / "docs" / "claims.toml").read_text())["claim"]
    assert [row[0].get("id") for row in rows] == [f"claim-{number}" for number in range(1, 40)]
    for row, claim in zip(rows, claims, strict=True):
        verdict = row[2].text_content().strip()
        assert verdict in {"holds", "holds with care", "wrong in part", "announced"}
        coming = row[4].text_content().strip() == "coming"
        assert coming == (f"{claim['page']}/index.html" not in trees), claim["page"]
        assert coming or row.xpath("./td[5]//a/@href")


def test_edit_and_colab_links_need_a_configured_repository(trees, tmp_path):
    plain = html.tostring(trees["activations/sigmoid/index.html"]).decode()
    assert "colab" not in plain and "/edit/" not in plain and "github.com" not in plain
    folder = tmp_path / "site"
    environment = {
        "REPO_URL": "https://github.com/someone/handbook",
        "SITE_URL": "https://example.org/sub/path/",
    }
    result = mkdocs("build", "--strict", "--site-dir", str(folder), env=environment)
    assert result.returncode == 0, result.stderr
    text = (folder / "activations" / "sigmoid" / "index.html").read_text()
    assert "https://github.com/someone/handbook/edit/main/docs/activations/sigmoid.md" in text
    assert (
        "colab.research.google.com/github/someone/handbook/blob/gh-pages/activations/sigmoid/sigmoid.ipynb"
        in text
    )
    for path in folder.rglob("*.ipynb"):
        source = nbformat.read(path, as_version=4).cells[0].source
        assert source == '%pip install "lego[plot,data] @ git+https://github.com/someone/handbook"', path
        compile(path.with_suffix(".py").read_text(), path.name, "exec")
    assert "https://example.org/sub/path/activations/sigmoid/" in text
    assert 'content="https://example.org/sub/path/activations/sigmoid/card.png"' in text
    assert 'class="md-source"' in text and 'data-md-component="source"' not in text, (
        "it would ask GitHub for stars"
    )
    lost = html.parse(str(folder / "404.html")).getroot()
    for link in lost.xpath("//a/@href | //link/@href | //script/@src"):
        assert link.startswith(("/sub/path/", "#", "https://github.com/", "https://squidfunk.github.io/")), (
            link
        )
    assert 'href="https://example.org/sub/path/feed.xml"' in (folder / "feed.xml").read_text()
