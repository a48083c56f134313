"""The policy is enforced in a browser, and what a stranger puts into an address stays text."""

import json
import urllib.parse
from fnmatch import fnmatch

import pytest

from tests.conftest import ROOT
from tests.site.conftest import WATCH, Quiet, new_page, serve

HOSTILE = [
    "<img src=x onerror=window.broken=1>",
    "<script>window.broken=1</script>",
    '"><svg onload=window.broken=1>',
    "javascript:window.broken=1",
    "${window.broken=1}{{window.broken=1}}",
    "sigmoid^ ~9 +-\\ title:relu AND *",
    "%3Cimg%20src%3Dx%20onerror%3Dwindow.broken%3D1%3E",
    "x" * 5000,
    "\u202e\u0000\ufffe😀",
]


@pytest.fixture
def guarded(page):
    page.add_init_script(WATCH)
    return page


def test_the_watch_sees_a_violation(guarded, address):
    guarded.goto(address)
    guarded.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {text: 'window.ran = 1'}))"
    )
    guarded.wait_for_function("() => window.violations.length === 1")
    assert guarded.evaluate("window.ran") is None
    guarded.problems.clear()  # the console tells it too


def harmless(page):
    """Whether nothing ran, and nothing was even tried."""
    return page.evaluate("window.broken === undefined && window.violations.length === 0")


def test_a_hostile_search_stays_text(guarded, address):
    guarded.goto(f"{address}?q={urllib.parse.quote(HOSTILE[0])}")  # as a link would bring it
    field = guarded.locator(".md-search__input")
    guarded.wait_for_function("() => document.querySelector('.md-search__input').value !== ''")
    for text in HOSTILE:
        field.fill(text.replace("\0", ""))
        field.press("Shift")
        guarded.wait_for_timeout(300)
        assert (
            guarded.locator(".md-search__output :is(img, script, svg[onload], iframe, object)").count() == 0
        )
        assert harmless(guarded), text
    field.fill("mish")  # and the search goes on
    field.press("Shift")
    guarded.locator(".md-search-result__link[href*='activations/mish']").first.wait_for(state="attached")


EXPLORERS = [
    page.relative_to(ROOT / "docs").with_suffix("").as_posix() + "/"
    for page in (ROOT / "docs").rglob("explorer.md")
]


@pytest.mark.parametrize("path", [*EXPLORERS, "activations/mish/", "claims/"])
def test_a_hostile_fragment_stays_text(guarded, address, path):
    for text in HOSTILE[:5]:
        fragment = urllib.parse.quote(text, safe="<>\"'=:/")
        guarded.goto(f"{address}{path}?h={fragment}&q={fragment}&x={fragment}#{fragment}")  # h: words to mark
        if path in EXPLORERS:
            guarded.locator("figure[data-started]").first.wait_for()
        assert harmless(guarded), text
    for text in HOSTILE:
        guarded.evaluate("text => { location.hash = text }", text)
        guarded.wait_for_timeout(50)
        assert harmless(guarded) and guarded.locator("h1").count() == 1, text


def test_the_page_for_addresses_that_lead_nowhere_shows_them_as_text(guarded, address, site):
    page_404 = (site / "404.html").read_text()

    def answer(route):
        if (site / route.request.url.removeprefix(address).partition("?")[0]).is_file():
            route.continue_()
        else:
            route.fulfill(status=404, body=page_404, content_type="text/html")

    guarded.route(lambda url: url.startswith(address), answer)
    for lost in [*(urllib.parse.quote(text, safe="") for text in HOSTILE[:5]), "%E0%A4%A", "%"]:
        guarded.goto(f"{address}{lost}/")
        guarded.wait_for_timeout(100)
        assert guarded.locator("article").count() == 1, f"no page of the site at {lost}"
        assert harmless(guarded) and guarded.locator("article :is(img[src=x], svg[onload])").count() == 0, (
            lost
        )
    guarded.problems[:] = [problem for problem in guarded.problems if "404" not in problem]


def test_the_search_index_holds_no_markup_that_runs(site):
    index = json.loads((site / "search" / "search_index.json").read_text())
    for entry in index["docs"]:
        assert "<script" not in entry["text"].lower() and " onerror=" not in entry["text"].lower(), entry[
            "location"
        ]


@pytest.fixture(scope="module")
def host(site):
    """The site as a host serves it that reads `_headers`."""
    rules = {}
    for line in (site / "_headers").read_text().splitlines():
        if line.startswith("/"):
            headers = rules[line] = []
        else:
            headers.append(line.strip().split(": ", 1))

    class Host(Quiet):
        def end_headers(self):
            for pattern, headers in rules.items():
                for name, value in headers if fnmatch(self.path, pattern) else ():
                    self.send_header(name, value)
            super().end_headers()

    with serve(Host, site) as root:
        yield root


@pytest.fixture
def hosted(browser, host):
    """A page that opens those of the host."""
    with new_page(browser, host) as page:
        page.add_init_script(WATCH)
        yield page


@pytest.mark.parametrize(
    "path", ["", *EXPLORERS, "activations/mish/", "labs/edge_of_chaos/", "reference/training/"]
)
def test_the_policy_that_a_host_sends_lets_each_page_work(hosted, host, path):
    answer = hosted.goto(f"{host}{path}")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    if path in EXPLORERS:
        hosted.locator("figure[data-started]").first.wait_for()
    hosted.locator(".md-search__input").click()
    hosted.locator(".md-search__input").fill("mish")
    hosted.locator(".md-search__input").press("Shift")
    hosted.locator(".md-search-result__link[href*='activations/mish']").first.wait_for(state="attached")
    assert harmless(hosted)


def test_no_other_site_may_frame_a_page(hosted, host):
    hosted.set_content(f'<iframe src="{host}"></iframe>')
    hosted.wait_for_function("() => window.frames.length === 1")
    (_, frame) = hosted.frames
    frame.wait_for_load_state()
    assert not frame.url.startswith(host), "the page is shown inside another one"
    assert any("frame-ancestors" in problem for problem in hosted.problems), hosted.problems
    hosted.problems.clear()
