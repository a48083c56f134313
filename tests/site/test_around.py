"""Around the text: terms, the page for lost readers, pictures of links, the feed, paper."""

import mimetypes
import re
from datetime import date
from urllib.parse import unquote, urldefrag, urlsplit
from xml.etree import ElementTree

import pytest
from lxml import html
from PIL import Image

from tests.conftest import ROOT

HOST = "http://handbook.test/"
ATOM = {"a": "http://www.w3.org/2005/Atom"}


@pytest.fixture(scope="module")
def trees(site):
    return {path.parent: html.parse(str(path)).getroot() for path in sorted(site.rglob("index.html"))}


@pytest.fixture
def answer(site):
    """The site at the root of a host, and its 404 page everywhere else."""

    def answer(route):
        asked = unquote(urlsplit(route.request.url).path)
        path = site / asked.lstrip("/")
        path = path / "index.html" if path.is_dir() and "//" not in asked else path
        status = 200 if path.is_file() else 404
        path = path if status == 200 else site / "404.html"
        kind = mimetypes.guess_type(path.name)[0] or "text/plain"
        route.fulfill(status=status, body=path.read_bytes(), content_type=kind)

    return answer


@pytest.fixture
def lost(browser, answer):
    """A page of a browser that finds nothing but this host."""
    context = browser.new_context()
    context.route("**/*", answer)
    page = context.new_page()
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    yield page
    assert page.problems == []
    context.close()


def test_terms_are_explained_in_running_text_and_once_a_section(site, trees):
    count = 0
    for folder, tree in trees.items():
        seen = set()
        for element in tree.xpath("//article//*[self::h2 or contains(@class, 'term')]"):
            if element.tag == "h2":
                seen.clear()
                continue
            assert not element.xpath(
                "ancestor::h1 | ancestor::h3 | ancestor::code | ancestor::pre | ancestor::a | ancestor::figure"
                "| ancestor::form | ancestor::summary | ancestor::p[@class='admonition-title'] | ancestor::nav"
            )
            assert element.get("title") not in seen, f"{folder}: {element.text}"
            seen.add(element.get("title"))
            count += 1
    assert count > 500
    assert not trees[site / "glossary"].xpath("//*[@class='term']")


def test_a_meaning_shows_at_the_pointer_and_the_focus_and_goes_on_escape(page, address):
    page.goto(f"{address}activations/dying_relu/")
    term = page.locator("a.term", has_text="bias").first
    shown = page.locator(".meaning")
    for show in (term.hover, term.focus):
        show()
        shown.wait_for()
        assert shown.text_content() == "the number that a unit adds to its weighted sum"
        assert term.get_attribute("aria-describedby") == shown.get_attribute("id")
        page.keyboard.press("Escape")
        shown.wait_for(state="detached")
        assert term.get_attribute("title") == "the number that a unit adds to its weighted sum"
        page.mouse.move(0, 0)
    term.press("Enter")
    page.wait_for_url("**/glossary/#term-bias")


def test_a_tap_shows_the_meaning_and_a_second_one_follows_the_link(browser, address):
    context = browser.new_context(has_touch=True, is_mobile=True, viewport={"width": 360, "height": 700})
    page = context.new_page()
    page.goto(f"{address}activations/dying_relu/")
    term = page.locator("a.term", has_text="bias").first
    page.wait_for_load_state("networkidle")
    term.tap()
    page.locator(".meaning").wait_for()
    assert page.url.endswith("/dying_relu/")
    term.tap()
    page.wait_for_url("**/glossary/#term-bias")
    context.close()


@pytest.mark.parametrize(
    ("asked", "nearest"),
    [
        ("activations/misch/", "activations/mish/"),
        ("regularisation/dropuot", "regularization/dropout/"),
        ("relu.html", "activations/relu/"),
        ("gradient/vanishing", "gradients/vanishing/"),
        ("activations/mish//", "activations/mish/"),
    ],
)
def test_a_wrong_address_names_the_nearest_page(lost, asked, nearest):
    assert lost.goto(HOST + asked).status == 404
    link = lost.locator("article p a").first
    assert link.get_attribute("href") == HOST + nearest


def test_a_site_may_stand_below_a_path_with_other_letters(browser):
    root = "/%D1%81%D0%BF%D1%80%D0%B0%D0%B2%D0%BE%D1%87%D0%BD%D0%B8%D0%BA/"
    names = "activations/mish", "activations/tanh", "labs/gr%C3%B6%C3%9Fen"
    links = "".join(f'<a href="{root}{name}/">{name}</a>' for name in names)
    body = (
        f'<header class="md-header"><a class="md-logo" href="{root}"></a></header><nav class="md-nav--primary">{links}'
        f'</nav><article><p><a id="search-here" href="{root}?q=">search</a></p></article><script src="/a.js"></script>'
    )

    def answer(route):
        script = route.request.url.endswith("a.js")
        text = (ROOT / "docs" / "assets" / "nearest.js").read_text() if script else body
        route.fulfill(body=text, content_type="text/javascript" if script else "text/html")

    context = browser.new_context()
    context.route("**/*", answer)
    page = context.new_page()
    for asked, nearest in (("activations/misch", names[0]), ("lab/gr%C3%B6ssen", names[2])):
        page.goto(f"{HOST.rstrip('/')}{root}{asked}/")
        assert (
            page.locator("article p a").first.get_attribute("href") == f"{HOST.rstrip('/')}{root}{nearest}/"
        )
    context.close()


def test_a_strange_address_is_like_none(lost):
    lost.goto(f"{HOST}xyzzy/plugh")
    lost.wait_for_load_state("networkidle")
    assert "Did you mean" not in lost.locator("article").inner_text()


def test_a_lost_reader_can_search_and_finds_the_chapters(lost, site):
    lost.goto(f"{HOST}learning-rates/")
    chapters = lost.locator("article li a").evaluate_all("links => links.map(link => link.pathname)")
    assert len(chapters) == 10
    assert all((site / chapter.lstrip("/") / "index.html").is_file() for chapter in chapters)
    lost.locator("#search-here").click()
    lost.locator(".md-search-result__item").first.wait_for()
    assert lost.locator("input.md-search__input").input_value() == "learning rates"


def test_without_a_script_the_chapters_are_there_and_the_search_is_not_offered(site, browser, answer):
    context = browser.new_context(java_script_enabled=False)
    context.route("**/*", answer)
    page = context.new_page()
    page.goto(f"{HOST}nowhere/")
    assert page.locator("article li a").count() == 10 and not page.locator("#search-here").is_visible()
    context.close()
    (article,) = html.parse(str(site / "404.html")).xpath("//article")
    assert article.xpath("string(h1)") == "There is no page at this address"
    assert len(article.xpath(".//li/a")) == 10 and article.xpath(
        ".//a[@id='search-here'][@target='_self']/@href"
    ) == ["/?q="]


def test_every_page_has_a_picture_and_words_for_who_links_to_it(site, trees):
    for folder, tree in trees.items():
        (canonical,) = tree.xpath("//link[@rel='canonical']/@href")
        (description,) = tree.xpath("//meta[@name='description']/@content")
        assert tree.xpath("//meta[@property='og:description']/@content") == [description]
        assert tree.xpath("//meta[@property='og:image']/@content") == [f"{canonical}card.png"]
        assert tree.xpath("//meta[@name='twitter:card']/@content") == ["summary_large_image"]
        (title,) = tree.xpath("//meta[@property='og:title']/@content")
        assert title and description.endswith((".", "?", "!")) and "$" not in description, folder
        card = folder / "card.png"
        assert card.stat().st_size < 25_000
        with Image.open(card) as image:
            assert image.size == (1200, 630)
    descriptions = [tree.xpath("//meta[@name='description']/@content")[0] for tree in trees.values()]
    assert len(set(descriptions)) == len(trees)
    with Image.open(site / "assets" / "apple-touch-icon.png") as icon:
        assert icon.size == (180, 180)


def test_the_feed_leads_to_the_entries_of_the_page(site, trees):
    root = ElementTree.parse(site / "feed.xml").getroot()
    page = trees[site / "changelog"]
    headings = page.xpath("//h2/@id")
    found = []
    for entry in root.findall("a:entry", ATOM):
        address, anchor = urldefrag(entry.find("a:link", ATOM).get("href"))
        assert [address] == page.xpath("//link[@rel='canonical']/@href")
        assert anchor.startswith(entry.findtext("a:updated", None, ATOM)[:10])
        content = entry.findtext("a:content", None, ATOM)
        assert "][lego." not in content, "names of objects lead to the reference"
        for link in html.fromstring(content).xpath("//@href"):
            assert (site / urlsplit(link).path.lstrip("/") / "index.html").is_file(), link
        found.append(anchor)
    assert found == headings
    days = [
        date.fromisoformat(entry.findtext("a:updated", None, ATOM)[:10])
        for entry in root.findall("a:entry", ATOM)
    ]
    assert days == sorted(days, reverse=True)
    for folder, tree in trees.items():
        (link,) = tree.xpath("//link[@type='application/atom+xml']/@href")
        assert (folder / link).resolve() == (site / "feed.xml").resolve()


def test_the_checklist_fits_one_sheet(page, address):
    page.goto(f"{address}tips/checklist/")
    sheets = re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4", prefer_css_page_size=True))
    assert len(sheets) == 1


def test_several_sheets_would_be_counted(page, address):
    page.goto(f"{address}activations/mish/")
    assert 2 <= len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))) <= 4


@pytest.mark.parametrize("path", ["activations/explorer/", "labs/paralysis/", "tips/curves/"])
def test_paper_shows_the_page_alone_and_whole(page, address, path):
    page.set_viewport_size({"width": 680, "height": 1000})  # what the margins leave of A4
    page.goto(address + path)
    page.wait_for_load_state("networkidle")
    page.emulate_media(media="print")
    parts = "header, nav, footer, .md-search, .explorer > fieldset, .run, .plot__take, .headerlink, .md-code__button"
    for part in page.locator(parts).all():
        assert not part.is_visible(), part.evaluate("part => part.outerHTML.slice(0, 200)")
    for kind in ("article figure svg", "article pre", "article h1", "article p"):
        assert page.locator(kind).first.is_visible()
    too_wide = page.evaluate(
        "[...document.querySelectorAll('article :is(svg, pre > *, table)')]"
        ".filter(part => part.getBoundingClientRect().right > innerWidth || part.scrollWidth > part.clientWidth + 1)"
        ".map(part => part.outerHTML.slice(0, 200))"
    )
    assert too_wide == []


def test_paper_is_light_and_unfolded_and_the_screen_comes_back(browser, address):
    context = browser.new_context(color_scheme="dark")
    page = context.new_page()
    page.goto(f"{address}activations/mish/")
    page.evaluate(
        """{
          window.states = []
          const note = () => states.push([document.body.dataset.mdColorScheme, document.querySelector("details.question").open])
          note()
          addEventListener("beforeprint", note)
          addEventListener("afterprint", () => setTimeout(note))
        }"""
    )
    page.pdf()
    page.wait_for_function("() => states.length === 3")
    assert page.evaluate("states") == [["slate", False], ["default", True], ["slate", False]]
    context.close()


def test_what_appears_by_itself_is_said_and_every_part_of_the_navigation_has_a_name(trees):
    for path, tree in trees.items():
        for kind in ("md-search-result__meta", "md-dialog__inner md-typeset"):
            assert tree.xpath(f"//div[@class='{kind}']/@role") == ["status"], path
        for nav in tree.xpath("//nav[@aria-labelledby]"):
            (label,) = tree.xpath(f"//*[@id='{nav.get('aria-labelledby')}']")
            assert label.text_content().strip(), path
        assert tree.xpath("//input[@id='__drawer']/@aria-label") == ["Navigation"]


def test_russian_names_are_marked_as_russian(trees):
    (glossary,) = [tree for path, tree in trees.items() if path.name == "glossary"]
    names = glossary.xpath("//article//td[@lang='ru']")
    assert len(names) == len(glossary.xpath("//article//tbody/tr")) > 40
    assert all(re.search("[а-я]", name.text_content()) for name in names)
