"""The feed of what is new."""

from datetime import date
from xml.etree import ElementTree

import pytest

from hooks.feed import CHANGELOG, atom, entries
from tests.conftest import ROOT, mkdocs

TEXT = """# What is new

Words before it.

## 2026-11-24: Two & more

See [one](one.md#part) and `code`.

## 2026-11-23: One

It begins.
"""
NAMES = {"a": "http://www.w3.org/2005/Atom"}


def test_entries_have_a_day_a_title_a_text_and_the_anchor_of_the_page():
    first, second = entries(TEXT)
    assert first == (
        date(2026, 11, 24),
        "Two & more",
        "See [one](one.md#part) and `code`.",
        "2026-11-24-two-more",
    )
    assert second.title == "One" and second.text == "It begins."


def test_each_entry_is_compared_with_the_one_above():
    with pytest.raises(ValueError, match="got '2026-11-24: Three' below 2026-11-23"):
        entries(f"{TEXT}\n## 2026-11-24: Three\n\nText.\n")


@pytest.mark.parametrize(
    ("heading", "message"),
    [
        ("News", "a heading must be like '2026-11-23: a title', got 'News'"),
        ("2026-11-31: News", "a heading must begin with a date of the calendar, got '2026-11-31: News'"),
        ("2026-11-25: News", "the newest entry must come first, got '2026-11-25: News' below 2026-11-23"),
    ],
)
def test_a_faulty_heading_is_named(heading, message):
    with pytest.raises(ValueError) as error:
        entries(f"{TEXT}\n## {heading}\n\nText.\n")
    assert str(error.value) == message


def test_a_changelog_without_an_entry_is_named():
    with pytest.raises(ValueError, match="there must be an entry, a heading like '2026-11-23: a title'"):
        entries("# What is new\n")


def test_the_feed_holds_what_the_standard_asks_for():
    root = ElementTree.fromstring(
        atom(
            TEXT,
            "lego",
            "https://example.org/sub/",
            "changelog/",
            lambda link: f"https://example.org/sub/{link}",
        )
    )
    assert root.findtext("a:id", None, NAMES) == "https://example.org/sub/"
    assert root.findtext("a:updated", None, NAMES) == "2026-11-24T00:00:00Z"
    assert root.findtext("a:author/a:name", None, NAMES) == "lego"
    links = {link.get("rel"): link.get("href") for link in root.findall("a:link", NAMES)}
    assert links == {
        "self": "https://example.org/sub/feed.xml",
        "alternate": "https://example.org/sub/changelog/",
    }
    first, second = root.findall("a:entry", NAMES)
    assert first.findtext("a:title", None, NAMES) == "Two & more"
    assert first.findtext("a:id", None, NAMES) == "https://example.org/sub/changelog/#2026-11-24-two-more"
    assert second.findtext("a:updated", None, NAMES) == "2026-11-23T00:00:00Z"
    content = first.find("a:content", NAMES)
    assert content.get("type") == "html"
    assert (
        content.text
        == '<p>See <a href="https://example.org/sub/one.md#part">one</a> and <code>code</code>.</p>'
    )


def test_an_entry_reads_as_the_twin_of_its_page_does():
    text = "## 2026-11-24: One\n\n[b](c.md){ .d }\n"
    root = ElementTree.fromstring(atom(text, "lego", "https://example.org/", "changelog/", str.upper))
    assert root.findtext("a:entry/a:content", None, NAMES) == '<p><a href="C.MD">b</a></p>'


def test_code_and_tables_of_an_entry_are_no_paragraphs():
    text = "## 2026-11-24: One\n\n```python\nx = 1\n```\n\n| a |\n|---|\n| b |\n"
    root = ElementTree.fromstring(atom(text, "lego", "https://example.org/", "changelog/", str))
    content = root.findtext("a:entry/a:content", None, NAMES)
    assert '<pre><code class="language-python">x = 1\n</code></pre>' in content and "<td>b</td>" in content


def test_the_handbook_has_news_in_order():
    news = entries((ROOT / "docs" / CHANGELOG).read_text())
    assert len(news) >= 7 and all(entry.text for entry in news)
    assert len({entry.anchor for entry in news}) == len(news)


def test_a_site_without_an_address_has_no_feed_and_links_to_none(project):
    (project / "docs" / "changelog.md").write_text("# What is new\n\n## 2026-01-02: One\n\nText.\n")
    result = mkdocs("build", "--strict", cwd=project, env={"SITE_URL": ""})
    assert result.returncode == 0, result.stderr
    assert not (project / "site" / "feed.xml").exists()
    assert "feed.xml" not in (project / "site" / "one" / "index.html").read_text()
