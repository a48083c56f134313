import ast
import json

import jupytext
import pytest
from mkdocs.structure.files import File, InclusionLevel

from hooks import labs, pages, twin
from hooks.engine import Cell, Outcome
from hooks.engine.child import split
from hooks.pages import PageError

SOURCE = """# %% [markdown]
# # Title

# %% alt="A <line>" caption="It rises."
x = 1

# %%
print(2)
"""
SVG = '<svg viewBox="0 0 1 1"></svg>'
OUTCOME = Outcome(SOURCE, (Cell("", (SVG,)), Cell("2 < 3\n")), {})
CONTENT = """<script>x</script><style>y</style><div class="jupyter-wrapper"><div class="jp-Notebook">
<div class="jp-Cell jp-MarkdownCell"><div class="jp-MarkdownOutput"><h2 id="a">A<a class="anchor-link" href="#a">¶</a></h2>
<p>$x < 1$ and <code>$no$</code> <a href="../b.md">b</a></p></div></div>
<div class="jp-Cell jp-CodeCell"><div class="jp-Cell"><div class="highlight-ipynb"><pre><span></span>x = 1</pre></div></div></div>
<div class="jp-Cell jp-CodeCell"><pre>print(2)</pre></div></div></div>"""


@pytest.mark.parametrize(
    ("uri", "inclusion", "lab"),
    [
        ("labs/a.py", InclusionLevel.UNDEFINED, True),
        ("labs/a.py", InclusionLevel.EXCLUDED, False),
        ("labs/index.md", InclusionLevel.INCLUDED, False),
        ("a.py", InclusionLevel.INCLUDED, False),
    ],
)
def test_a_lab_is_a_script_of_its_folder_that_is_not_excluded(uri, inclusion, lab):
    assert labs.is_lab(File(uri, "docs", "site", True, inclusion=inclusion)) == lab


def test_cells_are_paired_with_what_they_made():
    kinds = [(cell["cell_type"], len(cell.get("outputs", []))) for cell in labs.cells("labs/a.py", OUTCOME)]
    assert kinds == [("markdown", 0), ("code", 1), ("code", 1)]
    assert labs.cells("labs/a.py", OUTCOME)[1]["metadata"] == {"alt": "A <line>", "caption": "It rises."}


def test_tidy_gives_the_markup_of_every_other_page():
    html = labs.tidy(CONTENT, "labs/a.py", OUTCOME, lambda link: f"resolved:{link}")
    assert "<script" not in html and "<style" not in html and "jp-" not in html
    assert '<span class="arithmatex">\\(x &lt; 1\\)</span>' in html and "<code>$no$</code>" in html
    assert 'href="resolved:../b.md"' in html and 'class="headerlink"' in html
    assert html.count('<div class="language-python highlight"><pre><span></span><code>') == 2
    assert 'id="figure-a-1"' in html and 'aria-label="A &lt;line&gt;"' in html and "It rises." in html
    assert "2 &lt; 3" in html


def test_a_lab_as_markdown_has_its_words_code_and_outputs_in_order():
    figure = '![A <line>](a-1.svg "It rises.")'
    blocks = "```python\nx = 1\n```", figure, "```python\nprint(2)\n```", "```text\n2 < 3\n```"
    assert labs.markdown("labs/a.py", OUTCOME) == "\n\n".join(["# Title", *blocks])


def test_each_figure_of_a_cell_stands_in_the_markdown_by_its_address():
    outcome = Outcome(SOURCE, (Cell("", (SVG, SVG)), Cell("")), {})
    found = list(pages.find_uses(labs.markdown("labs/a.py", outcome), "labs/a.py", lambda uri: False))
    assert [use.uri for use in found] == list(labs.figures("labs/a.py", outcome))
    assert all(use.described for use in found)


LINKS = Outcome("# %% [markdown]\n# [here](#a) [b](../b.md) [f][lego.c.f]\n\n# %%\nx = 1\n", (Cell(""),), {})


def test_names_of_objects_in_a_lab_lead_to_the_reference():
    linked = "[here](#a) [b](../b.md) [f](../reference/c.md#lego.c.f)"
    assert labs.markdown("labs/a.py", LINKS).startswith(f"{linked}\n")
    assert json.loads(labs.notebook_to_render("labs/a.py", LINKS))["cells"][0]["source"] == linked


def test_links_of_the_notebook_are_those_of_who_reads_it_elsewhere():
    first = twin.installation(None, "https://site/")
    text = labs.notebook("labs/a.py", LINKS, lambda link: f"https://site/{link}", first)
    above, prose, _ = json.loads(text)["cells"]
    assert above["source"] == first["source"] and prose["source"] == (
        "[here](https://site/#a) [b](https://site/../b.md) [f](https://site/../reference/c.md#lego.c.f)"
    )
    assert "](../b.md)" in labs.markdown("labs/a.py", LINKS), "what is kept stays as it was"
    assert not any("id" in cell for cell in labs.cells("labs/a.py", LINKS))


def test_every_figure_has_an_address_and_its_page_leads_there():
    outcome = Outcome(SOURCE, (Cell("", (SVG, SVG + "\n")), Cell("")), {})
    assert labs.figures("labs/a.py", outcome) == {"labs/a-1.svg": SVG, "labs/a-1-2.svg": SVG + "\n"}
    html = labs.tidy(CONTENT, "labs/a.py", outcome, str)
    assert 'href="../a-1.svg"' in html and 'href="../a-1-2.svg"' in html and 'id="figure-a-1-2"' in html


@pytest.mark.parametrize(
    "source", [SOURCE.replace("# %%\n", "#%%\n# more\n"), SOURCE + 'text = """\n# %% no mark\n"""\n']
)
def test_a_lab_whose_cells_ran_otherwise_than_they_are_shown_is_refused(source):
    """The engine and jupytext read marks on their own."""
    ran = len(split(ast.parse(source), source))
    shown = sum(cell.cell_type == "code" for cell in jupytext.reads(source, fmt="py:percent").cells)
    assert ran != shown
    with pytest.raises(PageError, match=f"`# %%`.*{shown} cells of code are marked, and {ran} ran"):
        labs.cells("labs/a.py", Outcome(source, (Cell(""),) * ran, {}))


def test_a_figure_without_texts_is_refused():
    source = SOURCE.replace('alt="A <line>" ', "")
    with pytest.raises(PageError, match=r"^code cell 1 draws a figure: give its mark an alt"):
        labs.tidy(CONTENT, "labs/a.py", Outcome(source, OUTCOME.cells, {}), str)
