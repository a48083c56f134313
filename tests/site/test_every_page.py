"""What holds on each page, for a browser that opens every one once: as narrow as a phone, then wide."""

import pytest
from lxml import html

from tests.site.conftest import WATCH

KEEP_COPIED = (
    "window.copied = [];"
    "addEventListener('copy', ({target}) => copied.push(target.value ?? String(getSelection())), true)"
)
SHOW_ALL = """() => {
    document.querySelectorAll("details").forEach(each => each.open = true)
    document.querySelectorAll(".late").forEach(each => each.style.contentVisibility = "visible")
}"""
COPY = "document.querySelectorAll('.md-code__button[data-md-type=copy]').forEach((b) => b.click())"


@pytest.fixture(scope="module")
def seen(browser, address, site):
    """What each page showed. All of it was in view, so that what waits for the reader's eye is loaded as well."""
    with browser.new_context() as context:
        context.add_init_script(WATCH + KEEP_COPIED)
        page, problems, hosts = context.new_page(), [], set()
        page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
        found = {}
        for path in sorted(site.rglob("index.html")):
            name = path.parent.relative_to(site).as_posix()
            page.set_viewport_size({"width": 320, "height": 640})
            page.goto(f"{address}{name}/".replace("/./", "/"))
            page.evaluate(SHOW_ALL)
            width = page.evaluate("document.documentElement.scrollWidth")
            page.set_viewport_size({"width": 1280, "height": 800})
            for explorer in page.locator("figure[data-explorer]").all():
                explorer.scroll_into_view_if_needed()
                page.locator("figure[data-started]").first.wait_for()
            page.evaluate(COPY)
            found[name] = {
                "width": width,
                "copied": page.evaluate("copied"),
                "violations": page.evaluate("violations"),
                "problems": problems.copy(),
                "hosts": hosts.copy(),
            }
            problems.clear(), hosts.clear()
    return found


def test_no_page_tells_of_a_problem_or_asks_another_host(seen, address):
    own = {address.split("/")[2]}
    assert {name: page["problems"] for name, page in seen.items() if page["problems"]} == {}
    assert {name: page["hosts"] for name, page in seen.items() if page["hosts"] != own} == {}


def test_no_page_or_widget_breaks_the_policy(seen):
    assert {name: page["violations"] for name, page in seen.items() if page["violations"]} == {}


def test_nothing_overflows_a_phone(seen):
    assert {name: page["width"] for name, page in seen.items() if page["width"] > 320} == {}


def test_every_copy_button_copies_its_block_and_nothing_else(seen, site):
    """What a button puts on the clipboard is the text that test_code.py compares with the snippets, or runs."""
    count = 0
    for name, page in seen.items():
        tree = html.parse(str(site / name / "index.html"))
        blocks = [block.text_content() for block in tree.xpath("//code[starts-with(@id, 'block-')]")]
        assert [text.rstrip("\n") for text in page["copied"]] == [text.rstrip("\n") for text in blocks], name
        count += len(blocks)
    assert count > 250
