"""Where links lead: those of a source, from each place where it is read, and those of the built site."""

import html
import logging
import posixpath
import re
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from mkdocs.structure.files import File, Files

from hooks import links, tested
from tests.conftest import mkdocs

PAGE = """<h2 id="there">x</h2><a class="x" href="../">up</a> <a href="#there">here</a>
<a href="https://example.org/a#b">away</a> <a href="//example.org/a">away</a>
<script>"<a href='nowhere/'>"</script><a href="mailto:x@y">m</a>"""

LINKS = [
    "",
    "a b/",
    "../",
    "..",
    "./",
    "../..",
    "../../",
    "../../../../x",
    "a%20b/#c%20d",
    "../a/?q=1#x",
    "#x",
    "?q",
    "/",
    "/x/y.svg",
    "..//x",
    "../../x/../y/",
    "a/../../b",
    "&#46;./z/",
    "%2e%2e/z",
    "x.html",
    "...",
    ".../",
]


@pytest.fixture
def site(tmp_path):
    for name, text in {
        "index.html": "<p id='top'>home",
        "a/index.html": PAGE,
        "404.html": "<a href='/x'>",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("link", "reason"),
    [
        ("../b/", "no file"),
        ("b.svg", "no file"),
        ("../../a/#here", "no anchor"),
        ("#here", "no anchor"),
        ("../index.html#there", "no anchor"),
    ],
)
def test_a_broken_link_is_named_with_its_page(site, link, reason):
    assert links.find_broken(site, tested.read(site)) == []
    (site / "a" / "index.html").write_text(f'{PAGE}<a\n href="{link}">')
    assert links.find_broken(site, tested.read(site)) == [f"a/index.html: the link {link} leads to {reason}"]


def test_a_link_that_is_sound_on_one_page_may_be_broken_on_the_page_beside_it(site):
    for name in ("a/p", "a/q"):
        (site / name).mkdir()
        (site / name / "index.html").write_text('<a href="b.svg"><a href="../p/b.svg">')
    (site / "a" / "p" / "b.svg").touch()
    assert links.find_broken(site, tested.read(site)) == ["a/q/index.html: the link b.svg leads to no file"]


@pytest.mark.parametrize("page", ["index.html", "a/index.html", "a/b/c/index.html"])
@pytest.mark.parametrize("link", LINKS)
def test_a_link_leads_where_the_standard_library_says(page, link):
    address = urlsplit(urljoin(f"https://example.org/{page}", html.unescape(link)))
    path = unquote(address.path)
    if "%2e" in link:
        path = posixpath.normpath(path)  # a browser takes these dots for dots
    path = re.sub("/+", "/", path)
    expected = f"{path[1:]}index.html" if path.endswith("/") else path[1:], address.fragment
    assert links.destination(posixpath.dirname(page), link) == expected


def test_a_link_that_only_the_finished_page_breaks_fails_a_strict_build(project):
    (project / "docs" / "index.md").write_text('# Home\n\n<a href="../nowhere/">raw</a>\n')
    result = mkdocs("build", "--strict", cwd=project)
    assert result.returncode != 0 and "index.html: the link ../nowhere/ leads to no file" in result.stderr
    assert not (project / "site").exists()
    result = mkdocs("build", cwd=project)
    assert result.returncode == 0 and "leads to no file" in result.stderr


def told(page, link, sources):
    """What the log says of a link, in MkDocs' words."""
    text = f"Doc file '{page}' contains a link '{link}', but 'it' leads to no link 'there'."
    record = logging.LogRecord("mkdocs", logging.WARNING, "", 0, "%s", (text,), None)
    assert links.add_place(record, sources)
    assert record.getMessage().endswith(text)
    return record.getMessage().removesuffix(text)


@pytest.mark.parametrize(
    "row",
    [
        "See [this](a.md#b) one.",
        '[this](a.md#b "A title")',
        "<a href='a.md#b'>this</a>",
        '<a href="a.md#b">this</a>',
        "See <a.md#b>.",
        "[this]: a.md#b",
        "See [`this`][b].",
    ],
)
def test_what_is_wrong_with_a_link_is_told_with_its_line(row):
    others = "# b\n```md\n[x](a.md#b)\n```\n[x](aa.md#b) [x](a.md#b-c) [b](#b) [b]\n[x](a.md)\n"
    assert told("x/p.md", "a.md#b", {"x/p.md": f"{others}{row}\n{row}\n", "p.md": row}) == "docs/x/p.md:7: "


@pytest.mark.parametrize("sources", [{}, {"p.md": ""}, {"p.md": "[x](b.md)\n"}, {"q.md": "[x](a.md)"}])
def test_a_link_that_is_not_found_has_no_place(sources):
    assert told("p.md", "a.md", sources) == ""


@pytest.mark.parametrize("kind", ["a link", "an absolute link", "an unrecognized relative link"])
def test_mkdocs_warnings_of_links_are_known(kind):
    record = logging.makeLogRecord({"msg": f"Doc file 'p.md' contains {kind} '/a', it was left as is."})
    assert links.add_place(record, {"p.md": "[x](/a)"}) and record.getMessage().startswith("docs/p.md:1: Doc")


def test_other_messages_stay_as_they_are():
    record = logging.makeLogRecord({"msg": "A %s of 'p.md' contains a link 'a'", "args": ("page",)})
    assert links.add_place(record, {"p.md": "[x](a)"})
    assert record.getMessage() == "A page of 'p.md' contains a link 'a'"


def test_an_anchor_stands_on_a_page_once():
    links.check_anchors('<p id="a">id="a" <b data-id="a"></b></p><i id="b"><samp>x id="b"</samp>')
    with pytest.raises(ValueError, match=r"^the anchor b stands there 2 times$"):
        links.check_anchors('<p id="a"><i class="x" id="b">\n<p\nid="b" class="y">')


FILES = Files([File(name, "docs", "site", True) for name in ("index.md", "a/b c.md", "a/d.md", "a/e.svg")])
PLACES = {  # of a/d.md: its links on the site, in another page, in its twin, in its notebook
    "b%20c.md#x": ("../b%20c/#x", "a/b%20c/#x", "../b%20c/index.md#x", "https://s.test/a/b%20c/#x"),
    "../index.md": ("../../", "./", "../../index.md", "https://s.test/"),
    "e.svg": ("../e.svg", "a/e.svg", "../e.svg", "https://s.test/a/e.svg"),
    "#x": ("#x", "#x", "#x", "https://s.test/a/d/#x"),
    "https://a.test/b.md": ("https://a.test/b.md",) * 4,
    "none.md": ("none.md",) * 4,
}


@pytest.mark.parametrize("link", PLACES)
def test_a_link_of_a_source_leads_to_the_same_from_wherever_it_is_read(link, caplog):
    home, _, page, _ = FILES
    found = (
        links.on_the_site(page, FILES)(link),
        links.quoted(page, home, FILES)(link),
        links.between_twins(page, FILES)(link),
        links.to_the_site(page, FILES, "https://s.test/")(link),
    )
    assert found == PLACES[link]
    assert links.to_the_site(page, FILES, None)(link) == link
    assert ("'a/d.md' contains a link 'none.md'" in caplog.text) == (link == "none.md")


def test_a_notebook_is_called_as_the_folder_of_its_page():
    assert [links.twin_stem(page) for page in FILES.documentation_pages()] == ["index", "b c", "d"]
