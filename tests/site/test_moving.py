"""Moving through the site: instant navigation, palettes, reduced motion, the keyboard alone."""

import pytest

from hooks.repair import MENDED

TOUR = ["activations/explorer/", "activations/mish/", "labs/edge_of_chaos/", "claims/", ""]
COUNT_LISTENERS = """
const names = new Map([[window, "window"], [document, "document"]]), kept = new Set()
const label = (target, type, listener, options) => {
    const name = names.get(target) ?? (target === document.body ? "body" : "")
    if (!name || !listener || options?.once) return
    listener.number ??= window.listenerNumber = (window.listenerNumber ?? 0) + 1
    return `${name} ${type} ${listener.number} ${options?.capture ?? options === true}`
}
for (const [method, change] of [["addEventListener", "add"], ["removeEventListener", "delete"]]) {
    const original = EventTarget.prototype[method]
    EventTarget.prototype[method] = function (type, listener, options) {
        const name = label(this ?? window, type, listener, options)
        if (name) kept[change](name)
        return original.call(this ?? window, type, listener, options)
    }
}
window.listeners = () => {
    const count = {}
    for (const name of kept) {
        const key = name.split(" ").slice(0, 2).join(" ")
        count[key] = (count[key] ?? 0) + 1
    }
    return count
}
"""
ALIVE = """() => ({
    formulas: [...document.querySelectorAll("article math")].filter(math => math.getBoundingClientRect().width > 2).length,
    figures: [...document.querySelectorAll("article figure .plot__box > svg")].filter(svg => svg.getBoundingClientRect().width > 200).length,
    buttons: document.querySelectorAll(".md-code__button[data-md-type=copy]").length,
})"""


@pytest.mark.usefixtures("at_home")
@pytest.mark.parametrize("rounds", [3, pytest.param(10, marks=pytest.mark.slow)])
def test_all_stays_alive_forward_and_back(page, address, rounds):
    page.add_init_script(COUNT_LISTENERS)
    alone, titles = {}, {}
    for path in TOUR:  # each page by itself
        page.goto(address + path)
        alone[path], titles[path] = page.evaluate(ALIVE), page.locator("h1").inner_text()
    assert sum(counts["formulas"] for counts in alone.values()) > 5

    def check(path):
        page.wait_for_function("title => document.querySelector('h1').innerText === title", arg=titles[path])
        assert page.evaluate("window.loadedOnce"), "the page was loaded anew"
        assert page.evaluate(ALIVE) == alone[path], path
        if figure := page.query_selector("figure[data-explorer]"):
            figure.scroll_into_view_if_needed()
            page.locator("figure[data-started]").wait_for()
            reading = page.locator(".explorer__reading")
            before = reading.inner_text()
            page.locator("[name=x]").press("ArrowRight")
            page.wait_for_function(
                "before => document.querySelector('.explorer__reading').innerText !== before", arg=before
            )
        if alone[path]["figures"]:
            page.locator(".plot__take a").first.press("Enter")
            page.keyboard.press("Escape")
            page.locator("dialog").wait_for(state="detached")
        if alone[path]["buttons"]:
            page.evaluate("navigator.clipboard.writeText('')")
            page.locator(".md-code__button[data-md-type=copy]").first.press("Enter")
            page.wait_for_function("() => navigator.clipboard.readText().then(text => text.length > 0)")
            code = page.locator("#block-0").inner_text()
            assert page.evaluate("navigator.clipboard.readText()").strip() == code.strip()

    page.goto(address + TOUR[0])
    page.evaluate("window.loadedOnce = true")
    check(TOUR[0])
    for path in TOUR[1:]:
        page.evaluate(
            "url => [...document.links].find(link => link.href === url).click()", arg=address + path
        )
        check(path)
    counts = []
    for _ in range(rounds):
        for path in TOUR[-2::-1]:
            page.evaluate("history.back()")
            check(path)
        for path in TOUR[1:]:
            page.evaluate("history.forward()")
            check(path)
        counts.append(page.evaluate("listeners()"))
    assert sum(counts[0].values()) > 10
    assert counts[-1] == counts[0]


def test_the_palette_recolors_figures_and_explorers_at_once(page, address):
    page.emulate_media(color_scheme="light")
    for path in ("activations/mish/", "labs/edge_of_chaos/", "activations/explorer/"):
        page.goto(address + path)
        if "explorer" in path:
            page.locator("figure[data-explorer]").scroll_into_view_if_needed()
            page.locator("figure[data-started]").wait_for()
        before, after = page.evaluate(
            """async () => {
                const figure = document.querySelector("figure")
                const colors = () => [
                    getComputedStyle(figure.querySelector("svg text")).fill,
                    getComputedStyle(figure.querySelector("svg [stroke*='--plot-2'], svg [stroke*='--plot-3']")).stroke,
                ]
                const before = colors()
                ;[...document.querySelectorAll("label[for^=__palette]")].find(label => label.offsetWidth).click()
                await new Promise(requestAnimationFrame)
                return [before, colors()]
            }"""
        )
        assert before[0] != after[0] and before[1] != after[1], path
        page.evaluate("localStorage.clear()")


DURATIONS = """() => {
    const seconds = text => Math.max(...text.split(",").map(part => parseFloat(part) * (part.trim().endsWith("ms") ? 0.001 : 1)))
    let longest = 0
    for (const element of document.querySelectorAll("*"))
        for (const part of [null, "::before", "::after"]) {
            const style = getComputedStyle(element, part)
            longest = Math.max(longest, seconds(style.animationDuration), seconds(style.transitionDuration))
        }
    return longest
}"""


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_reduced_motion_is_respected(browser, address, motion):
    context = browser.new_context(reduced_motion=motion)
    page = context.new_page()
    for path in ("activations/explorer/", "labs/paralysis/"):
        page.goto(address + path)
        page.locator(".plot__take a").first.click()
        longest = page.evaluate(DURATIONS)
        assert longest <= 0.001 if motion == "reduce" else longest > 0.1
    context.close()


STOPS = {
    "skip link": ".md-skip",
    "search": ".md-search__input",
    "navigation": ".md-nav--primary a",
    "menu": ".run > summary",
    "figure link": ".plot__take a",
    "copy button": ".md-code__button",
    "footer": ".md-footer__link",
}
FOCUS = """(stops) => {
    const element = document.activeElement
    const shown = element.matches(".md-option") ? element.nextElementSibling : element // the label of a hidden box
    const style = getComputedStyle(shown), box = shown.getBoundingClientRect()
    return {
        stop: Object.keys(stops).find(name => element.matches(stops[name])),
        what: element.outerHTML.slice(0, 120),
        last: element === document.body,
        outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 && !/, 0\\)/.test(style.outlineColor),
        seen: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight,
    }
}"""


def test_the_keyboard_alone_reaches_everything_and_shows_where_it_is(page, address):
    page.goto(f"{address}activations/mish/")
    met = []
    for _ in range(300):
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUS, STOPS)
        if focus["last"]:
            if "footer" in met:
                break
            continue
        if focus["stop"] not in met:
            met.append(focus["stop"])
        if focus["stop"] == "search":  # in place of an outline its dialog opens
            page.locator("[data-md-toggle=search]:checked").wait_for(state="attached")
        else:
            assert focus["outlined"], focus["what"]
        page.wait_for_timeout(20)
        assert page.evaluate(FOCUS, STOPS)["seen"], focus["what"]
    assert [stop for stop in met if stop] == list(STOPS)


SHIFTS = """
window.shifted = 0
new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value
}).observe({type: "layout-shift", buffered: true})
"""
EXPLORERS = [
    f"{chapter}/explorer/" for chapter in ("activations", "gradients", "preprocessing", "regularization")
]


@pytest.mark.parametrize("width", [412, 1280])
@pytest.mark.parametrize("path", [*EXPLORERS, "notation/", "reference/propagation/"])
def test_nothing_moves_as_explorers_start_and_the_font_of_formulas_comes(page, address, path, width):
    page.set_viewport_size({"width": width, "height": 823})
    page.add_init_script(SHIFTS)
    page.goto(address + path)
    if path in EXPLORERS:
        page.locator("figure[data-started]").wait_for()
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(200)
    assert page.evaluate("window.shifted") <= 0.02


STOP = """() => {
    const stop = document.activeElement, box = stop.getBoundingClientRect()
    if (stop === document.body) return null
    const seen = box.right > 0 && box.left < innerWidth && getComputedStyle(stop).visibility === "visible"
    return [stop.id || stop.className || stop.tagName, seen]
}"""


def test_where_a_button_opens_the_navigation_the_keyboard_finds_it_and_nothing_that_is_closed(page, address):
    page.set_viewport_size({"width": 640, "height": 800})
    page.goto(f"{address}activations/mish/")
    stops = []
    for _ in range(25):
        page.keyboard.press("Tab")
        if (stop := page.evaluate(STOP)) is not None:
            stops.append(stop)
    assert [name for name, seen in stops if not seen] == []
    names = [name for name, _ in stops]
    assert "__drawer" in names and any("md-code__button" in name or "plot" in name for name in names)
    page.locator("#__drawer").focus()
    page.keyboard.press("Space")
    page.locator(".md-sidebar--primary a[href]:visible").first.wait_for()
    page.keyboard.press("Space")
    page.wait_for_function(
        "() => getComputedStyle(document.querySelector('.md-sidebar--primary')).visibility === 'hidden'"
    )


def test_no_palette_has_the_styles_of_all_elements_found_anew(site):
    (sheet,) = (site / "assets" / "stylesheets").glob("palette.*.css")
    rules = sheet.read_text()
    assert "--md-hue" in rules and "data-md-color-switching" not in rules
    page = (site / "index.html").read_text()
    assert f'href="assets/stylesheets/{sheet.name}?{MENDED}"' in page, (
        "a browser may have the theme's own file"
    )
