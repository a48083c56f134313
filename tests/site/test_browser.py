"""A reader in a real browser: opens a page, copies a block, runs it elsewhere."""

import os
import re
import subprocess
import sys

import pytest

from tests.site.test_figures import contrast, linear


def test_what_the_copy_button_gives_runs_in_a_fresh_interpreter(page, address, tmp_path):
    page.goto(f"{address}activations/sigmoid/")
    page.locator(".language-python .md-code__button[data-md-type=copy]").first.click()
    page.wait_for_function("() => navigator.clipboard.readText().then(text => text.length > 0)")
    (tmp_path / "copied.py").write_text(page.evaluate("navigator.clipboard.readText()"))
    environment = os.environ | {"MPLBACKEND": "agg"}
    result = subprocess.run(
        [sys.executable, "-W", "error", "copied.py"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    assert "largest slope 0.2500" in result.stdout


def test_figures_follow_the_palette(browser, address):
    ink = {}
    for scheme in ("light", "dark"):
        context = browser.new_context(color_scheme=scheme)
        page = context.new_page()
        page.goto(f"{address}gradients/vanishing/")
        fill = page.evaluate("getComputedStyle(document.querySelector('figure svg text')).fill")
        ink[scheme] = sum(map(int, fill.removeprefix("rgb(").removesuffix(")").split(",")))
        context.close()
    assert ink["light"] < 250 < 500 < ink["dark"]


def test_search_finds_a_page(page, address):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    page.wait_for_load_state("networkidle")
    assert not any("search_index" in url for url in asked), "the index is fetched with the first use"
    page.locator("input.md-search__input").click()
    page.keyboard.type("paralyzed")
    page.locator(".md-search-result__item").first.wait_for()
    links = page.locator(".md-search-result__link").evaluate_all("links => links.map(link => link.href)")
    assert any("labs/paralysis/" in link for link in links)


def test_formulas_are_drawn_as_mathml_without_a_script(browser, address):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}activations/sigmoid/")
    box = page.locator("math").first.bounding_box()
    assert box["width"] > 100 and box["height"] > 20
    buttons = page.locator(".md-code__button")
    assert buttons.count() and not any(button.is_visible() for button in buttons.all()), (
        "they would do nothing"
    )
    context.close()


FORCED = """([selector, part]) => [...document.querySelectorAll(selector)].map((element) => {
    const probe = document.body.appendChild(document.createElement("i"))
    probe.style.setProperty("background-color", "CanvasText")
    const wanted = getComputedStyle(probe).backgroundColor
    probe.remove()
    return getComputedStyle(element, part).backgroundColor === wanted
})"""


@pytest.mark.parametrize("width", [640, 1280])
def test_icons_are_seen_in_colors_that_the_system_forces(browser, address, width):
    context = browser.new_context(forced_colors="active", viewport={"width": width, "height": 800})
    page = context.new_page()
    page.goto(f"{address}activations/mish/")
    for selector, part in (
        (".md-nav__icon", "::after"),
        (".md-typeset summary", "::before"),
        (".md-code__button", "::after"),
    ):
        seen = page.evaluate(FORCED, [selector, part])
        assert seen and all(seen), selector
    page.goto(f"{address}activations/dying_relu/")
    page.locator("a.term").first.hover()
    edge = page.locator(".meaning").evaluate("note => getComputedStyle(note).borderTopWidth")
    assert float(edge.removesuffix("px")) > 0
    context.close()


def test_the_search_answers_who_types_before_its_script_has_come(page, address):
    held = []
    page.route("**/bundle.*.js", lambda route: held.append(route))
    page.goto(address, wait_until="commit")
    field = page.locator("input.md-search__input")
    field.wait_for(state="attached")
    field.focus()
    while not held:
        page.wait_for_timeout(20)
    held[0].continue_()
    page.wait_for_load_state("networkidle")
    page.keyboard.type("mish")
    page.locator(".md-search-result__link[href*='activations/mish']").first.wait_for(state="attached")


def test_what_completes_a_search_can_be_read(page, address):
    page.goto(address)
    page.locator("input.md-search__input").click()
    colors = page.locator(".md-search__suggest").evaluate(
        "part => [getComputedStyle(part).color, getComputedStyle(document.querySelector('.md-search__form')).backgroundColor]"
    )
    text, field = (linear("#" + bytes(map(int, re.findall(r"\d+", color)[:3])).hex()) for color in colors)
    assert contrast(text, field) >= 4.5, colors


def test_a_table_is_sorted_by_the_column_whose_heading_is_pressed(page, address):
    page.goto(f"{address}activations/")
    column = page.locator(".sortable td:nth-child(7)")
    heading = page.locator(".sortable th:nth-child(7) button")
    taught = column.all_text_contents()
    heading.focus()
    page.keyboard.press("Enter")
    cheap_first = [float(text) for text in column.all_text_contents()]
    assert cheap_first == sorted(map(float, taught)) and cheap_first != list(map(float, taught))
    assert page.locator(".sortable th[aria-sort=ascending]").count() == 1
    heading.click()
    assert [float(text) for text in column.all_text_contents()] == sorted(map(float, taught), reverse=True)
    page.locator(".sortable th:nth-child(1) button").click()
    names = page.locator(".sortable td:nth-child(1)").all_text_contents()
    assert names == sorted(names) and page.locator(".sortable th[aria-sort]").count() == 1


@pytest.mark.usefixtures("at_home")
def test_the_table_sorts_after_an_instant_navigation_too(page, address):
    page.goto(f"{address}activations/sigmoid/")
    page.wait_for_load_state("networkidle")  # the sitemap has come
    page.evaluate("window.loadedOnce = true")
    page.locator(".md-nav--primary a[href$='activations/'], .md-nav--primary a[href='../']").first.click()
    heading = page.locator(".sortable th:nth-child(1) button")
    heading.wait_for()
    assert page.evaluate("window.loadedOnce"), "the page was loaded anew"
    assert page.locator(".sortable th button").count() == page.locator(".sortable th").count()
    column = page.locator(".sortable td:nth-child(1)")
    taught = column.all_text_contents()
    heading.click()
    assert column.all_text_contents() == sorted(taught) != taught
