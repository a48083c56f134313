"""The list of sources: complete, in order, and each of them cited."""

import re
import tomllib

import pytest

from hooks import references
from tests.conftest import ROOT

DOCS = ROOT / "docs"
SOURCES = tomllib.loads((DOCS / "references.toml").read_text())["source"]
CITING = sorted(page for page in DOCS.rglob("*.md") if "\n## Sources\n" in page.read_text())


@pytest.mark.parametrize("page", CITING, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_each_dated_source_of_a_page_is_in_the_list(page):
    cited = page.read_text().partition("\n## Sources\n")[2]
    for line in re.findall(r"^- .+? \(\d{4}\)?.+$", cited, re.MULTILINE):
        alone = "# any\n\n## Sources\n" + line
        assert any(references.cites(alone, source) for source in SOURCES), line


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


def test_a_source_that_no_page_cites_is_named():
    text = '[[source]]\nauthors = "N. Body"\nyear = 1900\ntitle = "Nothing"\n'
    with pytest.raises(ValueError, match=r"docs/references.toml: no page cites 'Nothing'"):
        references.listing(text, DOCS)
