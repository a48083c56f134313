import re

import pytest

from hooks import pages
from hooks.engine import Cell, Outcome


def outcome(source="x = 1\n", text="", figures=()):
    return Outcome(source, (Cell(text, tuple(figures)),), {})


def uses(markdown, page="a/b.md", is_file=lambda uri: False):
    return list(pages.find_uses(markdown, page, is_file))


def test_figure_code_and_text_are_found_with_their_lines():
    markdown = (
        '# T\n\n![Alt](b.svg "Cap")\n\n```python\n--8<-- "a/b.py"\n```\n\n```text\n--8<-- "a/b.txt"\n```\n'
    )
    found = uses(markdown)
    assert [(use.kind, use.line, use.script) for use in found] == [
        ("figure", 3, "snippets/a/b.py"),
        ("code", 6, "snippets/a/b.py"),
        ("text", 10, "snippets/a/b.py"),
    ]
    assert found[0].uri == "a/b.svg" and found[0].place == "docs/a/b.md:3"


def test_second_figure_and_other_folders():
    (use,) = uses('![Alt](../c/d-2.svg "Cap")')
    assert (use.script, use.number, use.uri) == ("snippets/c/d.py", 2, "c/d-2.svg")


def test_pictures_of_the_docs_folder_fences_and_escapes_are_left_alone():
    markdown = '![A](logo.svg "C")\n```markdown\n![A](b.svg "C")\n;--8<-- "a/b.py"\n```\n'
    assert uses(markdown, is_file=lambda uri: uri == "a/logo.svg") == []


@pytest.mark.parametrize(
    "figure", ["![](b.svg 'x')", '![](b.svg "Cap")', "![Alt](b.svg)", '![Alt](b.svg " ")']
)
def test_a_figure_without_alt_text_or_caption_is_refused(figure):
    found = uses(f'{figure}\n\n{figure}\n```python\n--8<-- "a/b.py"\n```\n')
    reason = "the figure a/b.svg needs an alt text and a caption in quotes"
    assert list(pages.find_problems(found, ["snippets/a/b.py"])) == [
        f"docs/a/b.md:1: {reason}",
        "docs/a/b.md:3: the figure a/b.svg would have the anchor of a/b.svg on line 1",
        f"docs/a/b.md:3: {reason}",
    ]


def test_problems_name_place_rule_and_nearest():
    found = uses('![Alt](sigmod.svg "Cap")\n![Alt](ok.svg "Cap")', page="a/p.md")
    problems = list(pages.find_problems(found, ["snippets/a/sigmoid.py", "snippets/a/ok.py"]))
    assert problems == [
        "docs/a/p.md:1: there is no snippet snippets/a/sigmod.py; the nearest name is snippets/a/sigmoid.py",
        "docs/a/p.md:2: shows what snippets/a/ok.py makes, but not its code",
        "snippets/a/sigmoid.py: no page uses this snippet: show it, or delete it",
    ]


def test_two_figures_of_one_page_have_two_names():
    code = '--8<-- "a/b.py"\n--8<-- "c/b.py"\n'
    text = f'{code}![A](b.svg "C")\n![A](b-2.svg "C")\n![A](../c/b.svg "C")\n![A](b.svg "C")\n'
    found = uses(text) + uses(f'{code}![A](b.svg "C")', page="a/d.md")
    assert list(pages.find_problems(found, ["snippets/a/b.py", "snippets/c/b.py"])) == [
        "docs/a/b.md:5: the figure c/b.svg would have the anchor of a/b.svg on line 3",
        "docs/a/b.md:6: the figure a/b.svg would have the anchor of a/b.svg on line 3",
    ]


def test_a_name_that_would_be_that_of_a_further_figure():
    found = uses('![Alt](resnet-18.svg "Cap")\n```python\n--8<-- "a/resnet-18.py"\n```\n', page="a/p.md")
    *_, last = pages.find_problems(found, ["snippets/a/resnet-18.py"])
    assert last == (
        "snippets/a/resnet-18.py: a snippet's name must not end in a hyphen and a number, which count figures"
    )


def test_gaps_are_what_a_snippet_did_not_make():
    found = uses('![Alt](b-2.svg "C")\n```python\n--8<-- "a/b.py"\n```\n```text\n--8<-- "a/b.txt"\n```\n')
    gaps = list(pages.find_gaps(found, {"snippets/a/b.py": outcome(figures=["<svg/>"])}))
    assert (
        len(gaps) == 2
        and "draws 1 figure(s), the page asks for number 2" in gaps[0]
        and "prints nothing" in gaps[1]
    )
    (gap,) = pages.find_gaps(uses('![Alt](b-0.svg "C")'), {"snippets/a/b.py": outcome(figures=["<svg/>"])})
    assert "asks for number 0" in gap
    both = uses('![Alt](b.svg "C")\n![Alt](b-2.svg "C")')
    assert not list(pages.find_gaps(both, {"snippets/a/b.py": outcome(figures=["<svg/>", "<svg/>"])}))


def test_expand_puts_in_what_ran_with_its_indentation(tmp_path):
    markdown = '    ```python\n    --8<-- "a/b.py"\n    ```\n;--8<-- "x.py"\n'
    expanded = pages.expand(markdown, "a/b.md", {"snippets/a/b.py": outcome("if x:\n\n    y\n")}, tmp_path)
    assert expanded == '    ```python\n    if x:\n\n        y\n    ```\n--8<-- "x.py"'


@pytest.mark.parametrize("mark", ["```", "  ~~~~ x", "```python", "\x02```", "`\x03``"])
@pytest.mark.parametrize("ending", ["py", "txt"])
def test_a_print_that_would_end_its_block(tmp_path, mark, ending):
    made = outcome(source=f"x = 1\n{mark}\n", text=f"one\n{mark}\n<script>two()</script>\n")
    page = f'# T\n\n```text\n--8<-- "a/b.{ending}"\n```\n'
    told = re.sub("[\x02\x03]", "", mark).strip()
    with pytest.raises(pages.PageError, match=rf"docs/a/b.md:4: snippets/a/b.py \w+ the line '{told}'"):
        pages.expand(page, "a/b.md", {"snippets/a/b.py": made}, tmp_path)


def test_expand_includes_files_of_the_project_alone(tmp_path):
    (tmp_path / "table.md").write_text("| a |\n")
    assert pages.expand('--8<-- "table.md"', "p.md", {}, tmp_path) == "| a |"
    for path in ("none.md", "../etc/passwd", "/etc/passwd"):
        with pytest.raises(pages.PageError, match=r"docs/p\.md:1: there is no file"):
            pages.expand(f'--8<-- "{path}"', "p.md", {}, tmp_path)


def test_each_line_of_an_output_is_indented_whatever_ends_it(tmp_path):
    made = outcome(text="one\rtwo\r\nthree\r\n")
    expanded = pages.expand('- Item\n  --8<-- "a.txt"\nAfter', "a.md", {"snippets/a.py": made}, tmp_path)
    assert expanded == "- Item\n  one\n  two\n  three\nAfter"


def test_a_problem_is_told_where_each_page_first_shows_the_script():
    found = [pages.Use("b.md", 3, "s.py", "code"), pages.Use("b.md", 9, "s.py", "text")]
    found += [pages.Use("a.md", 5, "s.py", "code"), pages.Use("c.md", 1, "other.py", "code")]
    assert pages.places(found, "s.py") == ["docs/b.md:3", "docs/a.md:5"]


def test_an_indented_fence_ends():
    inside = [flag for _, _, flag in pages.lines("- item\n  ```text\n  x\n  ```\nout")]
    assert inside == [False, False, True, True, False]


def test_lines_end_where_markdown_ends_them():
    """Python's own `splitlines` would cut these texts, and a string of a script in two."""
    text = "a\x0cb\x1cc\x85d\u2028e"
    assert [line for _, line, _ in pages.lines(f"{text}\r\n{text}\rx\n\n")] == [text, text, "x", ""]


def test_lines_are_counted_from_the_top_of_the_file(tmp_path):
    with pytest.raises(pages.PageError, match=r"docs/a\.md:12: there is no file none\.md to include"):
        pages.expand('Text.\n--8<-- "none.md"', "a.md", {}, tmp_path, above=10)


def test_lines_know_nested_fences():
    inside = [flag for _, _, flag in pages.lines("````md\n```python\nx\n```\n````\nout\n~~~\nin\n~~~\nout")]
    assert inside == [False, True, True, True, True, False, False, True, True, False]
