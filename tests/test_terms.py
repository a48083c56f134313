"""The glossary's terms, explained where pages use them."""

import re

import pytest

from hooks.terms import EVERYDAY, anchors, explain, read
from tests.conftest import ROOT

TABLE = """# Glossary

| Term | Russian | Meaning |
|---|---|---|
| Dropout | дропаут | switching units off; at random; [page](regularization/dropout.md) |
| Unit, neuron | нейрон | a weighted sum & more |
| L1, L2 | L1 | penalties; [L1](l1.md), [L2](l2.md) |
| Exploding gradient | взрыв | grows at each layer; [page](exploding.md) |
| Batch | батч | a "few" examples |
"""
TERMS = read(TABLE)


def shown(content, page="page.md"):
    made = explain(content, page, TERMS, lambda uri: f"../{uri}")
    return made, re.findall(r'<a class="term"[^>]*>([^<]*)</a>', made)


def test_the_table_gives_each_name_its_meaning_and_its_page():
    assert TERMS["dropout"] == ("switching units off; at random", "regularization/dropout.md")
    assert TERMS["unit"] == TERMS["neuron"] == ("a weighted sum & more", "glossary.md#term-unit-neuron")
    assert TERMS["l1"].address == "l1.md" and TERMS["l2"].address == "l2.md"
    rows = [line.split("|")[1].strip() for line in TABLE.splitlines() if line.startswith("| ")]
    assert {name.lower() for name in TERMS} == {name.lower() for row in rows[1:] for name in row.split(", ")}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("| Depth | глубина |", "a row must hold a term, its Russian name and its meaning, got '| Depth"),
        ("| Dropout | x | y |", "a term must have one row, got a second one for 'Dropout'"),
    ],
)
def test_a_faulty_row_is_named(row, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        read(TABLE + row)


def test_the_first_use_in_each_section_is_marked():
    made, marked = shown("<p>A unit, a unit, a neuron.</p><h2>Unit</h2><p>Units.</p><p>The unit.</p>")
    assert marked == ["unit", "Units"]
    assert '<a class="term" href="../glossary.md#term-unit-neuron" title="a weighted sum &amp; more">' in made


def test_of_two_names_that_begin_alike_the_longer_one_is_marked():
    terms = read(TABLE + "| Gradient | x | a slope |\n| Gradient descent | x | steps |\n")
    made = explain("<p>gradient descent</p>", "page.md", terms, lambda uri: uri)
    assert re.findall(r'<a class="term"[^>]*>([^<]*)</a>', made) == ["gradient descent"]


def test_plurals_capitals_possessives_and_line_ends_count_and_parts_of_words_do_not():
    assert shown("<p>Batches</p>")[1] == ["Batches"]
    assert shown("<p>an exploding\ngradient's size</p>")[1] == ["exploding\ngradient"]
    assert shown("<p>L2</p>")[1] == ["L2"]
    assert (
        shown("<p>united, mini-batch, batch-wise, layer norm, batch norm, unit variance, UNIT</p>")[1] == []
    )


@pytest.mark.parametrize(
    "markup",
    [
        '<a href="x"><em>unit</em></a>',
        "<code>unit</code>",
        "<pre><code>unit</code></pre>",
        "<h1>unit</h1>",
        '<h3 id="unit">unit</h3>',
        '<figure class="plot"><svg><svg><text>unit</text></svg></svg><figcaption>unit</figcaption></figure>',
        "<math><mi>unit</mi></math>",
        "<summary>unit</summary>",
        '<p class="admonition-title">unit</p>',
        '<div class="footnote"><ol><li><p>unit</p></li></ol></div>',
        "<th>unit</th>",
        "<form>unit</form>",
        "<autoref>unit</autoref>",
        '<img alt="a > unit">',
        "<!-- unit -->",
    ],
)
def test_what_is_no_running_text_is_left_alone(markup):
    assert shown(markup)[0] == markup
    assert shown(f"{markup}<p>unit</p>")[1] == ["unit"]


def test_a_part_of_a_path_is_no_term():
    assert shown("<p>See chapter/unit/ and unit/page, or a unit.</p>")[1] == ["unit"]
    assert shown("<p>See chapter/unit/ and unit/page.</p>")[1] == []


def test_a_page_does_not_explain_what_it_is_about():
    assert shown("<p>Dropout of units.</p>", "regularization/dropout.md")[1] == ["units"]


def test_a_text_without_a_glossary_stays():
    assert explain("<p>unit</p>", "page.md", {}, str) == "<p>unit</p>"


def test_a_row_can_be_led_to():
    made = anchors("<tr>\n<td>Unit, neuron</td>\n<td>x</td></tr>")
    assert made.startswith('<tr id="term-unit-neuron">\n<td>Unit, neuron</td>')


def test_the_handbook_has_a_glossary_without_faults():
    terms = read((ROOT / "docs" / "glossary.md").read_text())
    assert len(terms) > 60 and terms.keys() >= EVERYDAY
    for name, term in terms.items():
        assert not re.search(r"[][|<>]", term.meaning), name
