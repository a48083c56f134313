"""Labs: scripts in jupytext's percent format, run by the engine, rendered by mkdocs-jupyter.

mkdocs-jupyter gets the cells as a notebook and makes a page of it. That page brings styles, scripts and markup of its
own; `tidy` gives it what every other page has: the theme's code blocks with copy buttons, output, figures that follow
the palette, checked links, formulas.

A code cell states its figure's texts in its mark: `# %% alt="What the picture looks like" caption="The finding"`.
"""

from __future__ import annotations

import functools
import html
import posixpath
import re
from typing import TYPE_CHECKING, Any

from mkdocs.structure.files import File, InclusionLevel

from hooks import reference, twin
from hooks.engine import Cell, Outcome
from hooks.inline import figure
from hooks.links import Resolve
from hooks.pages import PageError

if TYPE_CHECKING:
    from bs4.element import Tag

MATH = re.compile(r"\$\$(?P<display>.+?)\$\$|\$(?P<inline>[^$\n]+?)\$", re.DOTALL)


class LabFile(File):
    """A page, although its name ends in `.py`."""

    def is_documentation_page(self) -> bool:
        """Always."""
        return True


def is_lab(file: File) -> bool:
    """Whether a file of docs/ is a lab of the site."""
    named = file.src_uri.startswith("labs/") and file.src_uri.endswith(".py")
    return named and file.inclusion != InclusionLevel.EXCLUDED


def cells(uri: str, outcome: Outcome) -> list[dict[str, Any]]:
    """The cells of the executed lab `uri`, with their output."""
    return read_cells(uri, outcome.source, outcome.cells)


@functools.lru_cache(maxsize=32)  # several twins are made of the same cells
def read_cells(uri: str, source: str, results: tuple[Cell, ...]) -> list[dict[str, Any]]:
    """The same, of a lab with this source and these results."""
    import jupytext  # here and below: a build without labs has no need of what takes so long to import

    notebook = jupytext.reads(source, fmt="py:percent")
    count = sum(cell.cell_type == "code" for cell in notebook.cells)
    if count != len(results):
        raise PageError(
            f"a lab must mark each cell with a line `# %%`, and have no other such line: {count} cells of code are "
            f"marked, and {len(results)} ran"
        )
    made = iter(results)
    result = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            result.append(twin.markdown_cell(reference.link_objects(cell.source, uri)))
        else:
            texts = {key: cell.metadata[key] for key in ("alt", "caption") if key in cell.metadata}
            result.append(twin.code_cell(cell.source, twin.outputs(next(made))) | {"metadata": texts})
    return result


def notebook(uri: str, outcome: Outcome, resolve: Resolve, first: dict[str, Any]) -> str:
    """The executed lab as a notebook file, which is read elsewhere, below a first cell."""
    relinked = (
        twin.markdown_cell("\n".join(twin.relink(cell["source"], resolve)))
        if cell["cell_type"] == "markdown"
        else cell
        for cell in cells(uri, outcome)
    )
    return twin.write_notebook([first, *relinked])


def notebook_to_render(uri: str, outcome: Outcome) -> str:
    """The lab's cells alone: `tidy` puts in what they printed and drew."""
    return twin.write_notebook(
        [cell | {"outputs": []} if "outputs" in cell else cell for cell in cells(uri, outcome)]
    )


def markdown(uri: str, outcome: Outcome) -> str:
    """The executed lab as Markdown."""
    parts = []
    number = 0  # of code cells
    for cell in cells(uri, outcome):
        if cell["cell_type"] == "markdown":
            parts.append(cell["source"])
            continue
        number, count = number + 1, 0
        parts.append(f"```python\n{cell['source']}\n```")
        for output in cell["outputs"]:
            if "text" in output:
                parts.append(f"```text\n{output['text'].rstrip()}\n```")
                continue
            count += 1
            address = posixpath.basename(figure_uri(uri, number, count))
            alt, caption = (
                cell["metadata"].get(name, "").replace('"', "&quot;") for name in ("alt", "caption")
            )
            parts.append(f'![{alt}]({address} "{caption}")')
    return "\n\n".join(parts)


def tidy(content: str, uri: str, outcome: Outcome, resolve: Resolve) -> str:
    """The page that mkdocs-jupyter made of the lab `uri`, in the markup of every other page."""
    from bs4 import BeautifulSoup

    content = re.sub(r"(?s)<(style|script)\b.*?</\1>", "", content)  # most of its weight
    soup = BeautifulSoup(content, "html.parser")
    parts = []
    written = [cell for cell in cells(uri, outcome) if cell["cell_type"] == "code"]
    ran = enumerate(zip(written, outcome.cells, strict=True), start=1)
    for cell in soup.select(".jp-Notebook > .jp-Cell"):
        if "jp-MarkdownCell" in cell["class"]:
            body = cell.select_one(".jp-MarkdownOutput")
            assert body is not None, "mkdocs-jupyter's markup has changed: no .jp-MarkdownOutput"
            parts.append(prose(body, resolve))
            continue
        code = cell.select_one("pre")
        assert code is not None, "mkdocs-jupyter's markup has changed: no <pre> in a code cell"
        number, (source, result) = next(ran)
        parts.append(
            '<div class="language-python highlight"><pre><span></span>'
            f"<code>{code.decode_contents().lstrip()}</code></pre></div>"
        )
        if result.text.strip():
            parts.append(
                '<div class="language-text highlight"><span class="filename">Output</span>'
                f"<pre><span></span><code>{html.escape(result.text.rstrip())}\n</code></pre></div>"
            )
        for count, svg in enumerate(result.figures, start=1):
            metadata = source["metadata"]
            if not metadata.get("alt") or not metadata.get("caption"):
                raise PageError(f"code cell {number} draws a figure: give its mark an alt and a caption")
            address = f"../{posixpath.basename(figure_uri(uri, number, count))}"
            parts.append(figure(svg, html.escape(metadata["alt"]), html.escape(metadata["caption"]), address))
    return "\n".join(parts)


def figures(uri: str, outcome: Outcome) -> dict[str, str]:
    """What the lab `uri` draws, by address on the site."""
    return {
        figure_uri(uri, number, count): svg
        for number, cell in enumerate(outcome.cells, start=1)
        for count, svg in enumerate(cell.figures, start=1)
    }


def figure_uri(uri: str, number: int, count: int) -> str:
    """Where figure `count` of code cell `number` stands on the site."""
    suffix = f"{number}" if count == 1 else f"{number}-{count}"
    return f"{uri.removesuffix('.py')}-{suffix}.svg"


def prose(body: Tag, resolve: Resolve) -> str:
    """One cell of prose: permalinks and formulas as the other pages have them, links checked."""
    from bs4 import BeautifulSoup
    from bs4.element import NavigableString

    for anchor in body.select("a.anchor-link"):
        anchor["class"] = "headerlink"
        anchor["title"] = "Permanent link"
    for link in body.select("a[href]:not(.headerlink)"):
        link["href"] = resolve(str(link["href"]))
    for text in list(body.find_all(string=MATH)):
        if not isinstance(text, NavigableString) or text.find_parent(["code", "pre"]):
            continue
        text.replace_with(BeautifulSoup(MATH.sub(formula, html.escape(text, quote=False)), "html.parser"))
    return body.decode_contents().strip()


def formula(match: re.Match[str]) -> str:
    """A formula as pymdownx.arithmatex would mark it."""
    if match["display"]:
        return f'<div class="arithmatex">\\[{match["display"]}\\]</div>'
    return f'<span class="arithmatex">\\({match["inline"]}\\)</span>'
