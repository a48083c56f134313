"""What a reader takes along: a page as notebook or script that runs, a figure enlarged or saved."""

import os
import re
import subprocess
import sys
from urllib.parse import urljoin

import nbformat
import pytest
from lxml import html

from tests.conftest import ROOT

SOURCES = sorted(path for path in (ROOT / "docs").rglob("*.md") if "```python" in path.read_text())
SOURCES += sorted((ROOT / "docs" / "labs").glob("*.py"))
PAGES = [path.relative_to(ROOT / "docs").with_suffix("").as_posix() for path in SOURCES]
PAGES = [page.removesuffix("index").rstrip("/") for page in PAGES]


def few(*names):
    """All pages, of which each time only a few are taken that run quickly."""
    assert set(names) <= set(PAGES)
    return [page if page in names else pytest.param(page, marks=pytest.mark.slow) for page in PAGES]


def notebook_of(site, page):
    return site / page / f"{page.rpartition('/')[2] or 'index'}.ipynb"


@pytest.mark.parametrize("page", few("activations/sigmoid", "labs/edge_of_chaos"))
def test_a_notebook_runs_from_top_to_bottom_and_draws_what_it_shows(site, tmp_path, monkeypatch, page):
    nbclient = pytest.importorskip("nbclient")
    monkeypatch.delenv("MPLBACKEND")  # as a reader has it, figures go into the notebook
    notebook = nbformat.read(notebook_of(site, page), as_version=4)
    nbformat.validate(notebook)
    shown = [number_of_figures(cell) for cell in notebook.cells]
    assert sum(shown) > 0 or 'class="plot"' not in (site / page / "index.html").read_text()
    client = nbclient.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    drawn = [number_of_figures(cell) for cell in notebook.cells]
    if page == "tips/curves":  # shows a pattern to copy, whose figure the page leaves out
        drawn = [number if expected else 0 for number, expected in zip(drawn, shown, strict=True)]
    assert drawn == shown


def number_of_figures(cell):
    return sum(output.output_type == "display_data" for output in cell.get("outputs", []))


@pytest.mark.parametrize("page", few("activations/leaky_relu"))
def test_a_script_runs_from_top_to_bottom_in_a_folder_of_its_own(site, tmp_path, page):
    (tmp_path / "page.py").write_text(notebook_of(site, page).with_suffix(".py").read_text())
    result = subprocess.run(
        [sys.executable, "page.py"],
        cwd=tmp_path,
        env=os.environ | {"MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr


def test_every_script_has_the_cells_of_its_notebook(site):
    notebooks = sorted(site.rglob("*.ipynb"))
    assert len(notebooks) >= len(SOURCES)
    for path in notebooks:
        cells = nbformat.read(path, as_version=4).cells
        text = path.with_suffix(".py").read_text()
        compile(text, path.name, "exec")
        parts = re.split(r"^# %%(.*)\n", text, flags=re.MULTILINE)
        assert not parts[0].strip()
        found = [
            ("markdown", re.sub(r"(?m)^# ?", "", source).strip())
            if mark.strip() == "[markdown]"
            else ("code", source.strip())
            for mark, source in zip(parts[1::2], parts[2::2], strict=True)
        ]
        assert found == [(cell.cell_type, cell.source.strip()) for cell in cells], path


def test_every_page_can_be_taken_along(site):
    for path in site.rglob("index.html"):
        (article,) = html.parse(str(path)).xpath("//article")
        page = path.parent.relative_to(site).as_posix()
        if notebooks := list(path.parent.glob("*.ipynb")):
            stem = path.parent.name if page != "." else "index"
            assert [notebook.stem for notebook in notebooks] == [stem]
            links = article.xpath("./details[@class='run']//a")
            assert [link.get("href") for link in links] == [f"{stem}.ipynb", f"{stem}.py", "index.md"], page
            assert [link.get("download") for link in links] == ["", "", None]
        else:
            assert article.xpath("./*[@class='run']/@href") == ["index.md"], page


def test_the_menu_works_by_keyboard(page, address, site):
    page.goto(f"{address}activations/mish/")
    menu, summary = page.locator("details.run"), page.locator(".run > summary")
    focused = "document.activeElement.textContent"
    summary.focus()
    page.keyboard.press("Enter")
    assert menu.get_attribute("open") is not None
    page.keyboard.press("Tab")
    assert page.evaluate(focused) == "Notebook (.ipynb)"
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename == "mish.ipynb"
    published = site / "activations" / "mish" / "mish.ipynb"
    assert download.value.path().read_bytes() == published.read_bytes()
    page.keyboard.press("Escape")
    assert menu.get_attribute("open") is None and page.evaluate(focused) == "Run it yourself"
    page.keyboard.press("Space")
    assert menu.get_attribute("open") is not None
    for _ in range(4):
        page.keyboard.press("Tab")
    assert menu.get_attribute("open") is None, "the focus is elsewhere"
    summary.click()
    assert menu.get_attribute("open") is not None
    page.locator("h1").click()
    assert menu.get_attribute("open") is None


def test_menu_and_figures_do_their_work_without_a_script(browser, address, site):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}activations/mish/")
    page.locator(".run > summary").click()
    assert page.get_by_role("link", name="Script (.py)").is_visible()
    page.get_by_role("link", name="Enlarge").first.click()
    assert page.url == f"{address}activations/mish.svg"
    page.goto(f"{address}gradients/explorer/")
    with page.expect_download() as download:
        page.get_by_role("link", name="Save as SVG").click()
    assert download.value.path().read_bytes() == (site / "gradients" / "explorer.svg").read_bytes()
    context.close()


@pytest.mark.parametrize("path", ["activations/mish/", "labs/edge_of_chaos/", "activations/explorer/"])
def test_a_figure_is_enlarged_and_closed_by_keyboard(page, address, path):
    page.goto(address + path)
    figure = page.locator("figure").first
    link = figure.get_by_role("link", name="Enlarge")
    small = figure.locator("svg").first
    link.focus()
    if "explorer" in path:
        page.locator("figure[data-started]").wait_for()
        page.locator("[name=bricks][value=mish]").press("Space")
        page.get_by_role("row", name="Mish").wait_for()
    drawn = len(small.locator("path").all())
    width = small.bounding_box()["width"]
    link.press("Enter")
    dialog = page.get_by_role("dialog", name="Enlarged figure")
    assert dialog.locator("svg").bounding_box()["width"] > 1.3 * width
    assert len(dialog.locator("path").all()) == drawn, "what is drawn now"
    ids = page.locator("[id]").evaluate_all("elements => elements.map(element => element.id)")
    assert len(ids) == len(set(ids))
    assert page.evaluate("document.activeElement.textContent") == "Close"
    page.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    assert page.evaluate("document.activeElement.textContent") == "Enlarge"
    link.click()
    dialog.locator("svg").click()
    dialog.wait_for(state="detached")
    link.press("Enter")
    page.keyboard.press("Enter")
    dialog.wait_for(state="detached")


def test_the_large_figure_follows_the_palette_and_fits_a_phone(browser, address):
    for scheme, dark in (("light", False), ("dark", True)):
        context = browser.new_context(color_scheme=scheme, viewport={"width": 320, "height": 640})
        page = context.new_page()
        page.goto(f"{address}activations/mish/")
        page.locator(".plot__take a").first.click()
        box, ink = page.locator("dialog").evaluate(
            "d => [d.getBoundingClientRect().width, getComputedStyle(d.querySelector('svg text')).fill]"
        )
        assert box <= 320 and (sum(map(int, re.findall(r"\d+", ink))) > 400) == dark
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        context.close()


@pytest.mark.parametrize("path", ["regularization/l2/", "labs/paralysis/"])
def test_a_saved_figure_is_the_published_file(page, address, site, path):
    page.goto(address + path)
    for link in page.get_by_role("link", name="Save as SVG").all():
        with page.expect_download() as download:
            link.click()
        published = site / urljoin(address + path, link.get_attribute("href")).removeprefix(address)
        assert download.value.suggested_filename == published.name
        saved = download.value.path().read_bytes()
        assert saved == published.read_bytes() and b"<svg " in saved


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_explorer_s_saved_figure_is_what_it_shows_with_dark_ink_on_white(page, address, site, scheme):
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{address}activations/explorer/")
    page.locator("figure[data-explorer]").scroll_into_view_if_needed()
    page.locator("figure[data-started]").wait_for()
    link, saved = page.get_by_role("link", name="Save as SVG").first, []
    for brick in ("tanh", "mish"):
        page.locator(f"[name=bricks][value={brick}]").check()
        page.get_by_role("row", name=brick).wait_for()
        with page.expect_download() as download:
            link.click()
        assert download.value.suggested_filename == "explorer.svg"
        svg = html.etree.fromstring(download.value.path().read_bytes())
        outlines = [path.get("d") for path in svg.iter("{*}path")]
        assert outlines[1:] == page.locator("figure[data-started] .plot__box path").evaluate_all(
            "paths => paths.map(path => path.getAttribute('d'))"
        )
        assert svg.get("width") == "672" and svg.get("color") == "#1b1b1b" and svg[0].get("fill") == "#fff"
        used = {line.get(kind) for line in svg.iter() for kind in ("fill", "stroke")} - {None}
        assert {"#fff", "none", "currentColor", "#d9dee3", "#d55e00"} <= used, "those of the light palette"
        assert all(
            color in {"none", "currentColor"} or re.fullmatch("#[0-9a-f]{3,6}", color) for color in used
        )
        saved.append(outlines)
    assert len(saved[0]) < len(saved[1])


def test_what_is_taken_along_is_no_text_of_the_page(site):
    index = (site / "search" / "search_index.json").read_text()
    assert "Save as SVG" not in index and "Enlarge" not in index
