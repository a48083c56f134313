"""What would be shown otherwise than its author thinks, and what looks like that and is right."""

import pytest

from hooks.mistakes import find_mistakes


def found(text):
    """The line and the reason of each mistake."""
    told = [problem.removeprefix("docs/a/b.md:").partition(": ") for problem in find_mistakes(text, "a/b.md")]
    return [(int(line), reason) for line, _, reason in told]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# One\n",
        "# One\n\n---\n\nText.\n",
        "---\ndescription: 'a: b'\n---\n# One\n",
        "---\n# One\na: b\n...\n# One\n",
        '--8<-- "a.py"\n\n    --8<-- "b.md"\n\n;--8<-- b\n\nThe sign --8<-- says so.\n',
        "```python\nx = 1\n```\n",
        "````md\n```\n````\n",
        "## Part\n\n## Part two\n\n    # Part\n\n    # Part\n",
        "## Part {#a}\n\n## Part {#b}\n",
        "```python\n# Part\n# Part\n[^a]: b\n[^a]: c[^d]\n```\n",
        "Text.[^a][^b] More.[^a]\n\n[^a]: A, as in[^b].\n\n    [^b]: B.\n",
        "As `[^a]`, ``[^b] ` ``, $x[^c]$ and \\[^d] say, [^ e] and [x][y] too.\n",
        "#\n\n#\n",
    ],
)
def test_what_is_right_is_passed_over(text):
    assert found(text) == []


@pytest.mark.parametrize(
    ("head", "line", "reason"),
    [
        (
            "a: b\n\tc: d\n",
            3,
            r"must be YAML, got '\tc: d': found character '\t' that cannot start any token",
        ),
        ("a: b: c\n", 2, "must be YAML, got 'a: b: c': mapping values are not allowed here"),
        ("a: 2026-13-45\n", 1, "must be YAML, got '---': month must be in 1..12"),
        ("- a\n", 1, "must hold names and values, got ['a']"),
        ("\n", 1, "must hold names and values, got None"),
    ],
)
def test_lines_before_the_text_that_would_be_text(head, line, reason):
    assert found(f"---\n{head}---\n# One\n") == [(line, f"the lines before the text {reason}")]


@pytest.mark.parametrize("text", ["---\na: b\n\n# One\n", "--- \n"])
def test_lines_before_the_text_have_an_end(text):
    assert found(text) == [(1, "the lines before the text must end with a line ---")]


@pytest.mark.parametrize(
    "row", ["--8<-- 'a.py'", "--8<-- a.py", '  --8<--"a.py"', "--8<--", '--8<-- "a.py" x']
)
@pytest.mark.parametrize("around", ["{}", "```text\n{}\n```"])
def test_an_include_that_is_written_otherwise(row, around):
    line = 1 + around.startswith("`")
    assert found(around.format(row)) == [(line, f'an include must be like --8<-- "path", got {row.strip()}')]


@pytest.mark.parametrize(
    ("one", "two", "name"),
    [
        ("# Part ", "##Part", "heading Part"),
        ("## `a` {#b}", "## `a` {#b}", "heading `a` {#b}"),
        ("[^a]: One.", "  [^a]: Two.", "footnote [^a]"),
    ],
)
def test_what_has_the_name_of_another(one, two, name):
    text = f"---\na: b\n---\n\n{one}\n\n{two}\n\nText.\n\n{one}\n"
    assert found(text) == [(line, f"the {name} stands on line 5 already") for line in (7, 11)]


def test_a_footnote_that_is_not_there():
    text = "One.[^glorot-2001] Two.[^a]\n\n> Three `x`.[^b]\n\n[^glorot-2010]: G.\n"
    assert found(text) == [
        (1, "there is no footnote [^a] on this page"),
        (1, "there is no footnote [^glorot-2001] on this page; the nearest name is [^glorot-2010]"),
        (3, "there is no footnote [^b] on this page"),
    ]


@pytest.mark.parametrize(
    "text", ["Text.\n\n```python\nx = 1\n", "Text.\n\n```python", "Text.\n\n```python\n``\n~~~\n\n"]
)
def test_a_block_without_an_end(text):
    assert found(text) == [(3, "the block ```python has no end")]


def test_all_mistakes_are_told_in_the_order_of_their_lines():
    text = "---\n- a\n---\n## A\n[^b]\n## A\n--8<-- x\n```\n"
    assert [line for line, _ in found(text)] == [1, 5, 6, 7, 8]
