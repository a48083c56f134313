"""The site without a server: opened from a folder, it reads, leads on and searches as it does elsewhere."""

import pytest


@pytest.fixture
def opened(browser, site):
    """Opens a page as a file; what it asks for must be files as well."""
    context = browser.new_context()
    page = context.new_page()
    problems, asked = [], []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))

    def open_page(name):
        page.goto(f"file://{site}/{name}index.html")
        return page

    yield open_page
    assert problems == []
    assert asked and all(url.startswith(("file:", "data:")) for url in asked)
    context.close()


def test_a_page_opened_as_a_file_has_its_style_figures_and_formulas(opened):
    page = opened("activations/sigmoid/")
    page.wait_for_function("() => document.fonts.check('16px Formula')")
    assert page.locator("math").first.bounding_box()["width"] > 100
    assert page.locator("figure svg").first.bounding_box()["width"] > 300
    assert "system-ui" in page.evaluate("getComputedStyle(document.body).fontFamily")
    page.locator(".md-code__button").first.click()
    page.locator(".md-dialog--active").wait_for()  # "copied": Material knows that the page is there


def test_links_lead_on_from_file_to_file(opened, site):
    page = opened("")
    page.locator(".md-content a[href='gradients/backpropagation/']").first.click()
    page.wait_for_url(f"file://{site}/gradients/backpropagation/index.html")
    page.locator(".md-footer__link--next").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"file://{site}/gradients/vanishing/index.html")
    assert page.locator("h1").inner_text().startswith("Vanishing")


def test_search_works_without_a_server(opened, site):
    page = opened("claims/")
    page.locator("input.md-search__input").click()
    page.keyboard.type("double descent")
    page.locator(".md-search-result__link[href*='overfitting/double_descent']").first.click()
    page.wait_for_url(f"file://{site}/overfitting/double_descent/index.html?h=double+descent*")


def test_explorers_start_without_a_server(opened):
    page = opened("activations/explorer/")
    page.locator("figure[data-explorer]").scroll_into_view_if_needed()
    page.locator("figure[data-started]").wait_for()


def test_nobody_else_loads_what_files_need(page, address):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    page.wait_for_load_state("networkidle")
    assert not any("from_file.js" in url or "search_index" in url for url in asked)
