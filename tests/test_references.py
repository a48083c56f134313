"""The list of sources: complete, in order, and each of them cited."""

import re
import tomllib

import pytest

from hooks import pages, references
from tests.conftest import ROOT

DOCS = ROOT / "docs"
SOURCES = tomllib.loads((DOCS / "references.toml").read_text())["source"]
MARK = r"\[\^([a-z\d-]+)\](?!: )"
CITING = sorted(page for page in DOCS.rglob("*.md") if "\n## Sources\n" in page.read_text())


@pytest.mark.parametrize("page", CITING, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_each_dated_source_of_a_page_is_in_the_list(page):
    cited = page.read_text().partition("\n## Sources\n")[2]
    for line in re.findall(r"^(?:- |\[\^[^]]+\]: ).+? \(\d{4}\)?.+$", cited, re.MULTILINE):
        alone = "# any\n\n## Sources\n" + line
        assert any(references.cites(alone, source) for source in SOURCES), line


CITED = re.compile(
    r"^(?:- |\[\^(?P<key>[^]]+)\]: )(?P<authors>.+?)(?: \((?P<year>\d{4})\))?, "
    r"(?:\[(?P<title>[^]]+)\]\(|\*(?P<unlinked>[^*]+)\*)"
)


@pytest.mark.parametrize("page", CITING, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_a_source_is_called_the_same_on_each_page(page):
    """By all that the list says of it; the name of a footnote holds the year."""
    known = {(source["authors"], str(source.get("year")), source["title"]) for source in SOURCES}
    for line in page.read_text().partition("\n## Sources\n")[2].splitlines():
        if cited := CITED.match(line):
            title = cited["title"] or cited["unlinked"]
            assert (cited["authors"], str(cited["year"]), title) in known, line
            assert cited["key"] is None or str(cited["year"]) in cited["key"], line


ARXIV = r"(?P<year>\d{4})\), arXiv:(?P<short>\d\d)\d\d\.\d"


def test_a_paper_on_arxiv_has_the_year_of_its_first_version():
    """In the list, and so on the pages, and in the library."""
    for source in SOURCES:
        if match := re.search(r"arxiv\.org/abs/(\d\d)", source.get("url", "")):
            assert source["year"] == 2000 + int(match[1]), source["title"]
    cited = [cited for path in (ROOT / "lego").glob("*.py") for cited in re.finditer(ARXIV, path.read_text())]
    assert len(cited) > 40 and all(int(each["year"]) == 2000 + int(each["short"]) for each in cited)


@pytest.mark.parametrize("page", CITING, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_sentences_and_sources_name_each_other(page):
    prose, _, sources = page.read_text().partition("\n## Sources\n")
    rows = [row for row in sources.splitlines() if row]
    defined = [match[1] for row in rows if (match := re.match(r"\[\^([a-z\d-]+)\]: \S", row))]
    items = [row.startswith("- ") for row in rows]
    assert items == sorted(items, reverse=True), "further reading stands above the footnotes"
    assert items.count(False) == len(defined), "a source is an item of the list or a footnote, on one line"
    marks = re.findall(MARK, "\n".join(text for _, text, inside in pages.lines(prose) if not inside))
    assert list(dict.fromkeys(marks)) == defined, "the footnotes stand in the order of their marks"
    assert len(re.findall(MARK, prose)) == len(marks), "code holds no mark"


@pytest.mark.parametrize(
    "page", sorted(DOCS.rglob("*.md")), ids=lambda page: page.relative_to(DOCS).as_posix()
)
def test_marks_stand_in_prose_alone(page):
    text = page.read_text()
    if page not in CITING:
        assert not re.search(MARK, text)
    for _, line, _ in pages.lines(text):
        if line.startswith("#") or pages.FIGURE.search(line):
            assert not re.search(MARK, line), line
    assert not re.search(rf"{MARK}[.,;:]", text), "a mark stands after the punctuation"


def test_the_list_names_each_source_once_in_order():
    def key(source):
        name = source["authors"].split(",")[0].removesuffix(" and others").split()
        return name[-1].lower(), source.get("year", 0)

    assert [key(source) for source in SOURCES] == sorted(map(key, SOURCES))
    titles = [(source["authors"], source["title"]) for source in SOURCES]
    assert len(set(titles)) == len(titles)


def test_the_listing_links_the_pages_that_cite():
    listing = references.listing((DOCS / "references.toml").read_text(), DOCS)
    assert len(listing.splitlines()) == len(SOURCES)
    (bishop,) = [line for line in listing.splitlines() if "C. Bishop (1995)" in line]
    assert "(regularization/noise.md)" in bishop and "(regularization/relations.md)" in bishop


def test_a_page_is_called_by_its_heading():
    assert references.title_of("Words.\n# Noise & more\n# Other", "a.md") == "Noise & more"
    assert references.title_of("Words.", "a.md") == "a.md"


def test_a_source_that_no_page_cites_is_named():
    text = '[[source]]\nauthors = "N. Body"\nyear = 1900\ntitle = "Nothing"\n'
    with pytest.raises(ValueError, match=r"docs/references.toml: no page cites 'Nothing'"):
        references.listing(text, DOCS)
