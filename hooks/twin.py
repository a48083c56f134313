"""Each page once more as plain Markdown (`index.md`), notebook and script, and `llms.txt`, the list of them all."""

from __future__ import annotations

import html
import itertools
import json
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from hooks.engine import Outcome
from hooks.inline import standalone
from hooks.links import Resolve
from hooks.pages import FENCE, FIGURE, lines

LINK = re.compile(r"(?<=\]\()(?P<target>[^)\s]+)")
ATTRIBUTE = r"""(?:[.#][^\s}]+|[\w-]+=(?:"[^"]*"|'[^']*'|[^\s"'{}]+))"""
ATTRIBUTES = re.compile(  # a list such as `{ #name lang=ru }`; code and formulas have braces of their own
    r"(?P<kept>(?<!`)(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`)|\$\$.+?\$\$|\$[^$\n]+\$)"
    rf"|[ \t]*\{{:?\s*{ATTRIBUTE}(?:\s+{ATTRIBUTE})*\s*\}}",
    re.DOTALL,
)
ADMONITION = re.compile(r'^(?:!!!|\?\?\?\+?) (?P<kind>\w+)(?: "(?P<title>[^"]*)")?\s*$')


def plain_markdown(markdown: str, resolve: Resolve) -> str:
    """The page for a terminal or a language model: fences say `python`, links lead to other twins."""
    return "\n".join(relink(unfold(markdown), resolve)).rstrip() + "\n"


def relink(markdown: str, resolve: Resolve) -> Iterator[str]:
    """Lines with every link rewritten, no attribute list, and every fence's information cut to the language."""
    for inside, rows in itertools.groupby(lines(markdown), key=lambda row: row[2]):
        text = "\n".join(row[1] for row in rows)
        if not inside:  # and so is a line that opens a fence
            text = re.sub(r"(?m)^([ \t]*[`~]{3,})[ \t]*(\w*).*$", r"\1\2", text)
            text = LINK.sub(lambda match: resolve(match["target"]), without_attributes(text))
            text = re.sub(r"(?m)^\[\]\(\)$", "", text)  # only an attribute list made something of it
        yield from text.split("\n")


def without_attributes(text: str) -> str:
    """Markdown without its attribute lists."""
    return ATTRIBUTES.sub(lambda match: match["kept"] or "", text)


def unfold(markdown: str) -> str:
    """Admonitions and folded answers as a bold line and plain text, so that nothing in them is indented."""
    result: list[str] = []
    block: list[str] | None = None
    for _, text, inside in lines(markdown):
        if block is not None and (not text.strip() or text.startswith("    ")):
            block.append(text)
            continue
        if block is not None:
            result += textwrap.dedent("\n".join(block)).split("\n")
            block = None
        match = None if inside else ADMONITION.match(text)
        if match:
            result.append(f"**{match['title'] or match['kind'].capitalize()}**")
            block = []
        else:
            result.append(text)
    if block is not None:
        result += textwrap.dedent("\n".join(block)).split("\n")
    return "\n".join(result)


def by_source(outcomes: Iterable[Outcome]) -> dict[str, Outcome]:
    """Outcomes by the code that they are of, as a page shows it."""
    return {outcome.source.rstrip("\n"): outcome for outcome in outcomes}


def notebook(
    markdown: str, resolve: Resolve, outcomes: Mapping[str, Outcome], first: dict[str, Any]
) -> str | None:
    """The page as a notebook: a first cell, then cells with their output, found by their code; None without code."""
    cells: list[dict[str, Any]] = []
    prose: list[str] = []
    code: list[str] = []
    language = mark = indent = ""

    def close_prose() -> None:
        if text := "\n".join(prose).strip():
            cells.append(markdown_cell(text))
        prose.clear()

    for text in relink(unfold(markdown), resolve):
        fence = FENCE.match(text)
        if not language and fence:
            language = text.strip().lstrip("`~") or "text"
            mark, indent = fence[1], text[: fence.start(1)]
            if language == "python":
                close_prose()
            elif language != "text":
                prose.append(text)
        elif fence and text.strip() == fence[1] and fence[1].startswith(mark):
            if language == "python":
                source = "\n".join(code)
                cells.append(code_cell(source, outputs(outcomes.get(source))))
            elif language != "text":
                prose.append(text)
            code.clear()
            language = ""
        elif language == "python":
            code.append(text.removeprefix(indent))  # without the white space before its fence, as in a list
        elif language != "text":  # a block of plain text is the output of the cell before it
            prose.append(FIGURE.sub(lambda match: f"*{match['caption'] or match['alt']}*", text))
    close_prose()
    if not any(cell["cell_type"] == "code" for cell in cells):
        return None
    return write_notebook([first, *cells])


def installation(repository: str | None, home: str) -> dict[str, Any]:
    """The first cell of a notebook: it installs the library, or leads to the page at `home`, which tells how."""
    if repository:
        return code_cell(f'%pip install "lego[plot,data] @ git+{repository.rstrip("/")}"', [])
    return markdown_cell(
        f"The cells below need the library `lego`: [install it]({home}#how-to-read-it) first."
    )


def write_notebook(cells: list[dict[str, Any]]) -> str:
    """A notebook file; cell ids are counted, so that the same page gives the same bytes."""
    cells = [cell | {"id": f"cell-{number}"} for number, cell in enumerate(cells)]
    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    data = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(data, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def script(notebook: str) -> str:
    """A notebook's cells as a script in the percent format, which jupytext and editors read."""
    parts = []
    for cell in json.loads(notebook)["cells"]:
        if cell["cell_type"] == "code":
            said = (
                f" {name}={json.dumps(text, ensure_ascii=False)}" for name, text in cell["metadata"].items()
            )
            source = re.sub(r"\A%", "# %", cell["source"])  # what only a notebook runs
            parts.append(f"# %%{''.join(said)}\n{source}\n")
        else:
            prose = (f"# {line}" if line else "#" for line in cell["source"].split("\n"))
            parts.append("\n".join(["# %% [markdown]", *prose, ""]))
    return "\n".join(parts)


def markdown_cell(text: str) -> dict[str, Any]:
    """A cell of prose."""
    return {"cell_type": "markdown", "metadata": {}, "source": text}


def code_cell(source: str, results: list[dict[str, Any]]) -> dict[str, Any]:
    """A cell of code with its output."""
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": results,
        "source": source,
    }


def outputs(made: Any) -> list[dict[str, Any]]:
    """What an outcome or a cell printed and drew, as a notebook keeps it."""
    if made is None:
        return []
    text = [{"name": "stdout", "output_type": "stream", "text": made.text}] if made.text else []
    pictures = [
        {"data": {"image/svg+xml": standalone(svg)}, "metadata": {}, "output_type": "display_data"}
        for svg in made.figures
    ]
    return text + pictures


def llms_txt(name: str, description: str, chapters: Mapping[str, list[tuple[str, str, str]]]) -> str:
    """The list of all twins by chapter: title, address and first sentence of each page; some stand in no chapter."""
    parts = [f"# {name}", f"> {description}"]
    for chapter, entries in chapters.items():
        if chapter:
            parts.append(f"## {chapter}")
        parts.append("\n".join(f"- [{title}]({address}): {sentence}" for title, address, sentence in entries))
    return "\n\n".join(parts) + "\n"


def first_sentence(markdown: str) -> str:
    """What a page says it is about."""
    for paragraph in re.split(r"\n\s*\n", markdown):
        text = without_attributes(" ".join(paragraph.split()))
        text = re.sub(r"\[\^[^\]]+\]", "", text)  # without footnote marks
        if text and not re.match(r"[#!`?<|-]", text):
            text = re.sub(r"\[([^\]]*)\]\([^)]*\)|\*\*?|`", r"\1", text)
            return html.unescape(re.split(r"(?<=[.!?]) ", text)[0])
    return ""
