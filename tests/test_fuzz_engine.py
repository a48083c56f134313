"""The build's readers under text that nobody thought of: a page is read, or refused by an error that is documented."""

import ast
import json
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hooks import (
    blocks,
    claims,
    feed,
    inline,
    labs,
    links,
    mathematics,
    pages,
    reference,
    references,
    terms,
    tested,
    twin,
)
from hooks.engine import Cell, Outcome
from hooks.engine.cache import Cache
from hooks.engine.child import MARK, split
from hooks.mistakes import find_mistakes
from tests.fuzz.tools import examples

# Text is drawn from the grammar's own tokens, so that it comes close to what means something, and from any characters.

TOKENS = (
    "--8<--", ";--8<-- ", ' "a.py"', ' "a.txt"', ' "../x"', '"b.md"', "```", "````", "~~~", "python", "text", ' title="Output"',
    "![", "](", "a.svg", "a-2.svg", "a-99999999999.svg", ' "caption"', ")", "]", "[", "{ .x }", "{: #id }", "{data-explorer=a}",
    "$", "$$", "\\$", "\\frac{1}", "{", "}", "x^2", "_", "\\(", "\\)", "\n", "\n\n", "    ", "\t", "# ", "## ", "|", "---", "!!! note", '??? "t"',
    "[^1]", "[^1]: ", "&lt;", "<", ">", "<p>", "</p>", "<b", "&", "%figures%", "%", "2026-11-23: ", "2026-99-99: ", ": ",
    "# %%", "# %% [markdown]", ' alt="a"', "\r", "\x0c", "\u2028", "\x00", "é", "🧱", "lego.activations", "from lego.a import ", "::: ",
)  # fmt: skip
WORDS = st.lists(st.sampled_from(TOKENS) | st.text(max_size=3), max_size=25).map("".join)
GRIDS = st.lists(
    st.sampled_from(["|", " a ", ", ", "b", "\n", "---", "; [a](b.md)", "\n|"]), max_size=30
).map("".join)
SVG = '<svg viewBox="0 0 10 10"><path d="M0 0"/></svg>'
OUTCOME = Outcome("x = 1\n", (Cell("1\n", (SVG,)),), {"snippets/a.py": "missing"})
OUTCOMES = {"snippets/a.py": OUTCOME}


def same(link):
    return link


def rows(text):
    """As Markdown parts a text."""
    return text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").split("\n")


# Pages.


@given(WORDS)
@examples(200)
@example("![a](-1.svg)")
@example("a\x85\u2028![a](b.svg)\r")
def test_uses_of_a_page_are_found_with_their_line(text):
    found = list(pages.find_uses(text, "a/b.md", lambda uri: False))
    count = len(rows(text))
    assert all(1 <= use.line <= count and use.script.startswith("snippets/") for use in found)
    list(pages.find_problems(found, ["snippets/a.py"]))
    list(pages.find_gaps(found, OUTCOMES))
    told = [re.match(r"docs/a/b.md:(\d+): ", problem) for problem in find_mistakes(text, "a/b.md")]
    assert all(match and 1 <= int(match[1]) <= count for match in told)


@given(WORDS)
@examples(200)
def test_a_page_is_expanded_or_refused_with_its_line(tmp_path_factory, text):
    root = tmp_path_factory.getbasetemp()
    outcomes = dict.fromkeys([use.script for use in uses(text)], OUTCOME)
    try:
        expanded = pages.expand(text, "b.md", outcomes, root)
    except pages.PageError as error:
        assert re.match(r"docs/b.md:\d+: ", str(error))
        return
    if not any(map(pages.INCLUDE.match, rows(text))):
        assert len(expanded.split("\n")) == len(rows(text))


def uses(text):
    return list(pages.find_uses(text, "b.md", lambda uri: True))


@given(WORDS)
@examples(200)
def test_the_twin_of_a_page_can_be_made_of_any_text(text):
    plain = twin.plain_markdown(text, same)
    assert plain.endswith("\n")
    twin.first_sentence(text)
    reference.link_objects(text, "a/b.md")
    list(reference.imported(text))
    made = twin.notebook(text, same, twin.by_source(OUTCOMES.values()), twin.markdown_cell("first"))
    if made is not None:
        cells = json.loads(made)["cells"]
        assert any(cell["cell_type"] == "code" for cell in cells)
        assert [cell["id"] for cell in cells] == [f"cell-{number}" for number in range(len(cells))]


@given(WORDS)
@examples(200)
def test_formulas_are_converted_or_refused_by_name(text):
    for convert in (mathematics.inline_mathml, mathematics.to_mathml, mathematics.mathml):
        try:
            convert(text)
        except ValueError as error:
            assert "formula" in str(error)


@given(WORDS)
@examples(100)
def test_html_is_finished_whatever_it_holds(text):
    figures = {"a.svg": SVG}
    content = f'<p><img src="a.svg" alt="a" title="t"></p>{text}<div class="language-text highlight"><span class="filename">O</span><pre><span></span><code>{text}</code></pre></div>'
    blocks.finish_blocks(content)
    try:
        made = inline.inline_figures(content, "", figures)
    except ValueError as error:
        assert "formula" in str(error) or "data-explorer" in str(error)
        return
    assert '<figure class="plot" id="figure-a">' in made


@pytest.mark.parametrize("data", [b"\xff", b"[[claim]]\nnumber = 1", b"claim ="])
def test_a_file_that_cannot_be_included_is_refused_with_the_line_that_asks_for_it(tmp_path, data):
    (tmp_path / "claims.toml").write_bytes(data)
    with pytest.raises(pages.PageError, match=r"^docs/a.md:2: .*(claims.toml|utf-8)"):
        pages.expand('# A\n--8<-- "claims.toml"', "a.md", {}, tmp_path)


# What is read from tables and lists.


@given(GRIDS | WORDS)
@examples(200)
def test_a_glossary_is_read_or_refused(text):
    try:
        found = terms.read(text)
    except ValueError as error:
        assert "got" in str(error)
        return
    explained = terms.explain(f"<p>{text} a b</p><h2>b</h2>", "x.md", found, same)
    assert not found or isinstance(explained, str)
    terms.anchors(text)


@given(
    st.lists(
        st.sampled_from(
            ["## ", "2026-11-23: ", "2025-02-30: ", "2024-01-01:  ", "A", "\n", "[x](y.md)", "&"]
        ),
        max_size=12,
    ).map("".join)
    | WORDS
)
@examples(100)
def test_a_feed_is_made_or_refused(text):
    try:
        made = feed.atom(text, "N", "https://x.y/", "new/", same)
    except ValueError as error:
        assert "heading" in str(error)
        return
    assert made.count("<entry>") == len(feed.entries(text)) >= 1


LINES = st.lists(
    st.sampled_from(["[[claim]]", "[[source]]", "number = 1", 'claim = "a"', 'verdict = "holds"', 'note = "n"', 'evidence = ["e"]', 'evidence = 1',
                     'title = "t"', 'authors = "a"', "year = 1", 'url = "https://x.y"', "= 1", "[", "é"]),
    max_size=9,
).map("\n".join)  # fmt: skip


@given(LINES | WORDS)
@examples(100)
def test_tables_of_claims_and_sources_are_made_or_refused(tmp_path_factory, text):
    docs = tmp_path_factory.getbasetemp() / "no pages"  # above it lies what other tests write
    for make in (claims.table, lambda text: references.listing(text, docs)):
        try:
            make(text)
        except ValueError as error:
            assert str(error).startswith("docs/")


@given(WORDS, st.dictionaries(st.sampled_from(["figures", "pages"]), st.integers() | st.text(), min_size=1))
@examples(100)
def test_numbers_are_filled_in_or_refused(text, numbers):
    try:
        filled = tested.fill(text, numbers)
    except ValueError as error:
        assert "must be a number of the build, got %" in str(error)
        return
    assert not set(tested.NAME.findall(text)) & {"figures"} or "figures" in numbers
    assert isinstance(filled, str)


LINKS = st.lists(
    st.sampled_from(
        [
            '<a href="',
            '<img src="',
            '"',
            ">",
            "#",
            "a/",
            "..",
            "//",
            "http://",
            "[",
            "]",
            "%zz",
            "é",
            "?",
            "index.html",
            ' id="a"',
        ]
    ),
    max_size=20,
).map("".join)


@given(LINKS)
@examples(100)
def test_the_links_of_any_page_are_counted_and_checked(tmp_path_factory, text):
    site = tmp_path_factory.mktemp("site")
    (site / "index.html").write_text(text, encoding="utf-8")
    assert all(
        line.startswith("index.html: the link ") for line in links.find_broken(site, tested.read(site))
    )
    assert tested.count(site, site, tested.read(site))["pages"] == 1


# The engine.

SCRIPTS = st.lists(
    st.sampled_from(["# %%", "# %% [markdown]", '# %% alt="a" caption="b"', "x = 1", "x", '"""\n# %%\n"""', "", "# y", "if x:\n    y = 2", "(\n# %%\n1)"]),
    max_size=12,
).map("\n".join)  # fmt: skip


@given(SCRIPTS)
@examples(200)
def test_cells_hold_every_statement_once_and_in_order(source):
    tree = ast.parse(source)
    found = split(tree, source)
    assert [id(node) for cell in found for node in cell] == [id(node) for node in tree.body]
    assert MARK.search(source) or found == [tree.body]


@given(SCRIPTS, st.integers(0, 9))
@examples(100)
def test_a_lab_is_read_whatever_its_marks(source, count):
    outcome = Outcome(source, tuple(Cell(str(number), (SVG,)) for number in range(count)), {})
    try:
        read = labs.cells("labs/a.py", outcome)
    except pages.PageError as error:
        shown = int(re.search(r"(\d+) cells of code are marked", str(error))[1])
        assert shown != count and f"and {count} ran" in str(error)
        outcome = Outcome(source, tuple(Cell(str(number), (SVG,)) for number in range(shown)), {})
        read = labs.cells("labs/a.py", outcome)
    assert sum(cell["cell_type"] == "code" for cell in read) == len(outcome.cells)
    assert {cell["cell_type"] for cell in read} <= {"code", "markdown"}
    json.loads(labs.notebook("labs/a.py", outcome, str, twin.markdown_cell("first")))
    labs.markdown("labs/a.py", outcome)
    assert len(labs.figures("labs/a.py", outcome)) == len(outcome.cells)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda part: (
        st.lists(part, max_size=3)
        | st.dictionaries(
            st.sampled_from(["checksum", "engine", "outcome", "cells", "text", "figures"])
            | st.text(max_size=3),
            part,
        )
    ),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A cache with one true outcome, and the bytes of its entry."""
    root = tmp_path_factory.mktemp("cached")
    cache = Cache(root / ".cache", root)
    cache.store("snippets/a.py", OUTCOME)
    return cache, cache.path("snippets/a.py").read_bytes()


def look_up(cache, data):
    cache.path("snippets/a.py").write_bytes(data)
    return cache.reader()("snippets/a.py")


def true(outcome):
    return outcome is None or (outcome.source, outcome.cells) == (OUTCOME.source, OUTCOME.cells)


@given(st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()))
@examples(200)
@example(b"[" * 100_000)
@example(b"1" * 5000)
def test_a_file_that_is_no_entry_is_as_good_as_absent(stored, data):
    assert look_up(stored[0], data) is None


@given(st.data())
@examples(200)
def test_a_damaged_entry_is_absent_or_still_true(stored, data):
    cache, entry = stored
    assert look_up(cache, entry) is not None
    assert true(look_up(cache, data.draw(damaged(entry))))


@st.composite
def damaged(draw, entry):
    """The bytes of an entry with one bit another, cut short, or with others inserted."""
    how = draw(st.sampled_from(["flip", "cut", "insert"]))
    place = draw(st.integers(0, len(entry) - 1))
    if how == "flip":
        changed = bytearray(entry)
        changed[place] ^= 1 << draw(st.integers(0, 7))
        return bytes(changed)
    between = b"" if how == "cut" else draw(st.binary(min_size=1, max_size=4)) + entry[place:]
    return entry[:place] + between


@given(st.data())
@examples(200)
def test_what_is_kept_of_pages_is_absent_or_as_it_was(tmp_path_factory, data):
    from hooks.kept import Kept

    kept = Kept(tmp_path_factory.getbasetemp() / "kept")
    was = data.draw(st.binary(max_size=30))
    kept.keep("a", was)
    path = kept.path("a")
    assert kept.find("a") == was
    path.write_bytes(data.draw(st.binary(max_size=60) | damaged(path.read_bytes())))
    assert kept.find("a") in (None, was)


@given(JSON)
@examples(100)
@example({"source": "", "cells": [], "dependencies": []})
@example({"source": "", "cells": [], "dependencies": {}, "versions": {"": ""}})
def test_an_entry_of_another_shape_is_absent_though_its_checksum_is_right(stored, value):
    from hooks.engine.cache import engine_digest
    from hooks.engine.outcome import digest

    body = json.dumps(value)
    entry = {"checksum": digest(body.encode()), "engine": engine_digest(), "outcome": body}
    outcome = look_up(stored[0], json.dumps(entry).encode())
    assert outcome is None
