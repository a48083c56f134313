"""The keyboard: what scrolls sideways can be reached, and Material's shortcuts work."""

import pytest

SIDEWAYS = """async () => {
    document.querySelectorAll("details").forEach((part) => (part.open = true))
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
    const boxes = [...document.querySelectorAll("article *")].filter(
        (box) => /auto|scroll/.test(getComputedStyle(box).overflowX) && box.clientWidth
    )
    return boxes.map((box) => ({
        name: box.id || box.className || box.tagName,
        scrolls: box.scrollWidth > box.clientWidth,
        stop: box.getAttribute("tabindex") === "0",
        said: [box.role, box.ariaLabel],
    }))
}"""
# The theme learns where the focus is a millisecond later: who opens the search again sooner is not heard.
SETTLED = "() => new Promise((resolve) => setTimeout(resolve, 25))"
PAGES = ["activations/", "activations/cost/", "activations/mish/", "broken/", "how/"]


@pytest.mark.parametrize("touch", [False, True], ids=["pointer", "touch"])
@pytest.mark.parametrize("path", PAGES)
def test_what_scrolls_sideways_is_a_stop_and_what_fits_is_none(browser, address, path, touch):
    """In every browser: some stop by themselves where something scrolls, and some don't."""
    context = browser.new_context(has_touch=touch, is_mobile=touch, viewport={"width": 320, "height": 640})
    page = context.new_page()
    page.goto(address + path, wait_until="networkidle")
    assert page.evaluate("matchMedia('(hover)').matches") != touch
    count = {}
    for width in (320, 1280, 320):  # as one turns a tablet, or moves a window
        page.set_viewport_size({"width": width, "height": 640})
        found = page.evaluate(SIDEWAYS)
        assert [box for box in found if box["scrolls"] != box["stop"]] == []
        for box in found:
            table = "md-typeset__scrollwrap" in box["name"]
            assert box["said"] == (["group", "Wide table"] if table and box["scrolls"] else [None, None])
        count[width] = sum(box["scrolls"] for box in found)
    assert count[320] > count[1280]
    context.close()


@pytest.mark.usefixtures("at_home")
def test_wide_tables_are_stops_after_an_instant_navigation_too(page, address):
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(f"{address}how/", wait_until="networkidle")
    page.evaluate("window.loadedOnce = true")
    page.evaluate("url => [...document.links].find(link => link.href === url).click()", f"{address}broken/")
    page.locator("h1", has_text="Broken on purpose").wait_for()
    page.wait_for_function("() => document.querySelector('.md-typeset__scrollwrap[tabindex]')")
    assert page.evaluate("window.loadedOnce"), "the page was loaded anew"
    assert [box for box in page.evaluate(SIDEWAYS) if box["scrolls"] != box["stop"]] == []


def test_keys_turn_pages_and_open_the_search(page, address):
    """The shortcuts that Material documents."""
    page.goto(f"{address}activations/mish/")
    before, after = (
        page.locator(f"link[rel={way}]").evaluate("link => link.href") for way in ("prev", "next")
    )
    home = page.url
    for key, target in (("n", after), ("p", home), (".", after), (",", home), ("p", before), ("n", home)):
        page.keyboard.press(key)
        page.wait_for_url(target)
        page.wait_for_load_state("networkidle")
    field = page.locator(".md-search__input")
    for key in ("f", "s", "/"):
        page.keyboard.press(key)
        page.locator("[data-md-toggle=search]:checked").wait_for(state="attached")
        page.keyboard.type("np")
        assert field.input_value() == "np" and page.url == home, "letters of a search are no shortcuts"
        field.fill("")
        page.keyboard.press("Escape")
        page.locator("[data-md-toggle=search]:not(:checked)").wait_for(state="attached")
        page.evaluate(SETTLED)
