import json

import nbformat
import pytest

from hooks import twin
from hooks.engine import Cell, Outcome

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
OUTCOME = Outcome("x = 1\n", (Cell("printed\n", ('<svg viewBox="0 0 10 5"></svg>',)),), {})


def test_plain_markdown_has_plain_fences_links_and_no_folds():
    result = twin.plain_markdown(PAGE, lambda link: f"../{link}")
    assert "```python\nx = 1\n```" in result and "title=" not in result
    assert "[a link](../b.md#x)" in result and "](../one.svg" in result
    assert "**Beware**\nOf this.\n\n```python\ny = 2\n```" in result
    assert "**Question**\nFolded." in result and "{#anchor}" not in result


def test_notebook_is_valid_and_carries_its_output():
    text = twin.notebook(PAGE, lambda link: f"https://site/{link}", twin.by_source([OUTCOME]))
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5), "the first in which a cell has a name"
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.source for cell in code] == ["x = 1", "y = 2"]
    assert code[0].outputs[0].text == "printed\n" and "<svg" in code[0].outputs[1].data["image/svg+xml"]
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert "*It rises.*" in prose and "https://site/b.md#x" in prose and "printed" not in prose
    assert text == twin.notebook(PAGE, lambda link: f"https://site/{link}", twin.by_source([OUTCOME]))


def test_who_has_cells_written_keeps_them_as_they_were():
    cells = [twin.markdown_cell("a"), twin.code_cell("b", [])]
    written = json.loads(twin.write_notebook(cells))["cells"]
    assert [cell["id"] for cell in written] == ["cell-0", "cell-1"]
    assert cells == [twin.markdown_cell("a"), twin.code_cell("b", [])]


def test_a_page_without_code_has_no_notebook():
    assert twin.notebook("# Title\n\n```text\nx\n```\n", str, {}) is None


def test_the_script_has_the_cells_of_the_notebook_in_percent_format():
    script = twin.script(twin.notebook(PAGE, str, twin.by_source([OUTCOME])))
    assert script.startswith("# %% [markdown]\n# # Title\n") and "jupytext" not in script
    assert "\n# %%\nx = 1\n" in script and script.endswith("# After.\n")
    assert "# *It rises.*" in script and "printed" not in script
    names = {}
    exec(script, names)
    assert (names["x"], names["y"]) == (1, 2)


def test_other_fences_stay_prose():
    cells = json.loads(twin.notebook("```console\n$ make\n```\n\n```python\nx\n```\n", str, {}))["cells"]
    assert cells[0]["source"] == "```console\n$ make\n```"


def test_a_block_in_a_list_is_a_cell_that_runs_and_carries_its_output():
    source = 'if True:\n    x = """\n    \n"""'
    item = "\n".join(f"    {line}" if line else "" for line in ["```python", *source.split("\n"), "```"])
    made = Outcome(f"{source}\n", (Cell("printed\n"),), {})
    text = twin.notebook(f"1. Item\n\n{item}\n", str, twin.by_source([made]))
    (cell,) = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    assert cell["source"] == source and cell["outputs"][0]["text"] == "printed\n"
    names = {}
    exec(twin.script(text), names)
    assert names["x"] == "\n    \n"


def test_a_fence_in_a_longer_one_is_text():
    example = '````markdown\n```python title="a.py"\n[x](y.md)\n```\n````'
    page = f"{example}\n\n```python\nx = 1\n```\n"
    assert twin.plain_markdown(page, lambda link: f"../{link}") == page
    cells = json.loads(twin.notebook(page, lambda link: f"../{link}", {}))["cells"]
    assert [cell["source"] for cell in cells] == [example, "x = 1"]


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


def test_llms_txt_lists_every_page():
    text = twin.llms_txt("lego", "What it is.", [("Sigmoid", "activations/sigmoid/index.md", "It squeezes.")])
    assert text == "# lego\n\n> What it is.\n\n- [Sigmoid](activations/sigmoid/index.md): It squeezes.\n"
