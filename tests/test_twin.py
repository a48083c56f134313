import json
import re
import tomllib

import jupytext
import nbformat
import pytest
from packaging.requirements import Requirement

from hooks import twin
from hooks.engine import Cell, Outcome
from tests.conftest import ROOT

PAGE = """# Title

First sentence, with [a link](b.md#x). Second one.

![A line](one.svg "It rises.")

```python title="one.py"
x = 1
```

```text title="Output"
printed
```

!!! warning "Beware"
    Of this.

    ```python
    y = 2
    ```

??? question
    Folded.

After. {#anchor}
"""
FIRST = twin.installation(None, "https://site/")
OUTCOME = Outcome("x = 1\n", (Cell("printed\n", ('<svg viewBox="0 0 10 5"></svg>',)),), {})


def test_plain_markdown_has_plain_fences_links_and_no_folds():
    result = twin.plain_markdown(PAGE, lambda link: f"../{link}")
    assert "```python\nx = 1\n```" in result and "title=" not in result
    assert "[a link](../b.md#x)" in result and "](../one.svg" in result
    assert "**Beware**\nOf this.\n\n```python\ny = 2\n```" in result
    assert "**Question**\nFolded." in result and "{#anchor}" not in result


ATTRIBUTES = """*слово*{ lang=ru }, `code`{.a #b key="c d"}, $f$ {: title='x' } end.

| 1 { #claim-1 } | [](){ data-explorer="one" } |

[](){ data-explorer="one" }
"""
BRACES = """Braces: `{ lang=ru }` and ``{a=`1`}`` stay, as in $\\sum_{i=1}^n$ and {x}, {}, { a b }

$$
\\frac{1}{n} \\sum_{i=1}^n {j=2}
$$

```python
f"{x=}", "{ lang=ru }"
```
"""


def test_attribute_lists_are_no_text():
    assert twin.plain_markdown(ATTRIBUTES, str) == "*слово*, `code`, $f$ end.\n\n| 1 | []() |\n"
    assert twin.first_sentence("# T\n\n*слово*{ lang=ru }, [a](b){ .c } end. Then\n{ .d }") == "слово, a end."


def test_braces_of_code_and_formulas_are():
    assert twin.plain_markdown(BRACES, str) == BRACES
    assert (
        twin.first_sentence(BRACES)
        == "Braces: { lang=ru } and {a=1} stay, as in $\\sum_{i=1}^n$ and {x}, {}, { a b }"
    )


def test_notebook_is_valid_and_carries_its_output():
    text = twin.notebook(PAGE, lambda link: f"https://site/{link}", twin.by_source([OUTCOME]), FIRST)
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5), "the first in which a cell has a name"
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.source for cell in code] == ["x = 1", "y = 2"]
    assert code[0].outputs[0].text == "printed\n" and "<svg" in code[0].outputs[1].data["image/svg+xml"]
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert "*It rises.*" in prose and "https://site/b.md#x" in prose and "printed" not in prose
    assert text == twin.notebook(PAGE, lambda link: f"https://site/{link}", twin.by_source([OUTCOME]), FIRST)


def test_a_notebook_begins_with_how_to_install_the_library():
    first = json.loads(twin.notebook(PAGE, str, {}, FIRST))["cells"][0]
    assert first["cell_type"] == "markdown" and "](https://site/#how-to-read-it)" in first["source"]


def test_with_a_repository_a_notebook_installs_the_library_itself():
    cell = twin.installation("https://github.com/a/b/", "https://site/")
    text = twin.notebook(PAGE, str, {}, cell)
    first = json.loads(text)["cells"][0]
    assert first["cell_type"] == "code" and first["outputs"] == []
    assert first["source"] == '%pip install "lego[plot,data] @ git+https://github.com/a/b"'
    script = twin.script(text)
    compile(script, "page.py", "exec")
    assert jupytext.reads(script, fmt="py:percent").cells[0].source == first["source"], "a comment only there"


def test_what_a_notebook_installs_is_there():
    requirement = Requirement(re.search('"(.*)"', twin.installation("https://a/b", "")["source"])[1])
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert requirement.name == project["name"]
    assert requirement.extras == {"plot", "data"} <= set(project["optional-dependencies"])


def test_who_has_cells_written_keeps_them_as_they_were():
    cells = [twin.markdown_cell("a"), twin.code_cell("b", [])]
    written = json.loads(twin.write_notebook(cells))["cells"]
    assert [cell["id"] for cell in written] == ["cell-0", "cell-1"]
    assert cells == [twin.markdown_cell("a"), twin.code_cell("b", [])]


def test_a_page_without_code_has_no_notebook():
    assert twin.notebook("# Title\n\n```text\nx\n```\n", str, {}, FIRST) is None


def test_the_script_has_the_cells_of_the_notebook_in_percent_format():
    script = twin.script(twin.notebook(PAGE, str, twin.by_source([OUTCOME]), FIRST))
    assert "# %% [markdown]\n# # Title\n" in script and "jupytext" not in script
    assert "\n# %%\nx = 1\n" in script and script.endswith("# After.\n")
    assert "# *It rises.*" in script and "printed" not in script
    names = {}
    exec(script, names)
    assert (names["x"], names["y"]) == (1, 2)


def test_other_fences_stay_prose():
    page = "```console\n$ make\n```\n\n```python\nx\n```\n"
    cells = json.loads(twin.notebook(page, str, {}, FIRST))["cells"]
    assert cells[1]["source"] == "```console\n$ make\n```"


def test_a_block_in_a_list_is_a_cell_that_runs_and_carries_its_output():
    source = 'if True:\n    x = """\n    \n"""'
    item = "\n".join(f"    {line}" if line else "" for line in ["```python", *source.split("\n"), "```"])
    made = Outcome(f"{source}\n", (Cell("printed\n"),), {})
    text = twin.notebook(f"1. Item\n\n{item}\n", str, twin.by_source([made]), FIRST)
    (cell,) = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    assert cell["source"] == source and cell["outputs"][0]["text"] == "printed\n"
    names = {}
    exec(twin.script(text), names)
    assert names["x"] == "\n    \n"


def test_a_fence_in_a_longer_one_is_text():
    example = '````markdown\n```python title="a.py"\n[x](y.md)\n```\n````'
    page = f"{example}\n\n```python\nx = 1\n```\n"
    assert twin.plain_markdown(page, lambda link: f"../{link}") == page
    cells = json.loads(twin.notebook(page, lambda link: f"../{link}", {}, FIRST))["cells"]
    assert [cell["source"] for cell in cells[1:]] == [example, "x = 1"]


@pytest.mark.parametrize(
    ("markdown", "sentence"),
    [
        (PAGE, "First sentence, with a link."),
        ("# T\n\n**Bold** `x`. Then", "Bold x."),
        ("# T\n\nIt holds.[^a-2010] Then", "It holds."),
        ("# T\n", ""),
    ],
)
def test_first_sentence(markdown, sentence):
    assert twin.first_sentence(markdown) == sentence


def test_llms_txt_lists_every_page_by_chapter():
    chapters = {
        "": [("Home", "index.md", "A few bricks.")],
        "Activations": [("Sigmoid", "a/s/index.md", "It squeezes."), ("Tanh", "a/t/index.md", "It too.")],
    }
    assert twin.llms_txt("lego", "What it is.", chapters) == (
        "# lego\n\n> What it is.\n\n- [Home](index.md): A few bricks.\n\n## Activations\n\n"
        "- [Sigmoid](a/s/index.md): It squeezes.\n- [Tanh](a/t/index.md): It too.\n"
    )
