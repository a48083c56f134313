"""Reads which snippets a page uses, and puts their code and output in.

A page names a snippet in three ways, all relative to `snippets/`:

    ![What the picture looks like](sigmoid.svg "Caption: the finding")     its figure (the second: sigmoid-2.svg)
    --8<-- "activations/sigmoid.py"                                        its code
    --8<-- "activations/sigmoid.txt"                                       what it printed

A line `;--8<-- ...` shows the directive itself.
"""

from __future__ import annotations

import difflib
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from hooks import claims, references
from hooks.engine import Outcome

# of Markdown; Python's own `splitlines` knows more, which may stand in a text
LINE_END = re.compile(r"\r\n?|\n")
FENCE = re.compile(r"^\s*(`{3,}|~{3,})")
INCLUDE = re.compile(r'^(?P<indent>[ \t]*)--8<-- "(?P<path>[^"]+)"[ \t]*$')
FIGURE = re.compile(
    r'!\[(?P<alt>[^\]]*)\]\((?P<source>[^)\s]+\.svg)(?:\s+(?P<quote>["\'])(?P<caption>.*?)(?P=quote))?\)'
)


class PageError(ValueError):
    """A page asks for what is not there."""


@dataclass(frozen=True)
class Use:
    """One place where a page shows something of a snippet."""

    page: str
    line: int
    script: str
    kind: str  # "figure", "code" or "text"
    number: int = 1  # which of its figures
    uri: str = ""  # where the figure stands on the site
    described: bool = True  # whether the figure has an alt text and a caption

    @property
    def place(self) -> str:
        """File and line, as an editor opens them."""
        return f"docs/{self.page}:{self.line}"


def find_uses(markdown: str, page: str, is_file: Callable[[str], bool]) -> Iterator[Use]:
    """What a page shows; `is_file` tells the pictures that stand in docs/ themselves."""
    for line, text, fenced in lines(markdown):
        if match := INCLUDE.match(text):
            stem, extension = posixpath.splitext(match["path"])
            if extension in {".py", ".txt"}:
                yield Use(page, line, f"snippets/{stem}.py", "code" if extension == ".py" else "text")
        if fenced:
            continue
        for match in FIGURE.finditer(text):
            uri = posixpath.normpath(posixpath.join(posixpath.dirname(page), unquote(match["source"])))
            if is_file(uri) or "://" in match["source"]:
                continue
            stem, number = re.fullmatch(r"(.*?)(?:-(\d+))?\.svg", uri).groups()  # type: ignore[union-attr]
            described = bool(match["alt"].strip() and (match["caption"] or "").strip())
            yield Use(page, line, f"snippets/{stem}.py", "figure", int(number or 1), uri, described)


def find_problems(uses: list[Use], scripts: list[str]) -> Iterator[str]:
    """What is wrong with the uses of all pages together, before anything runs."""
    shown = {(use.page, use.script) for use in uses if use.kind == "code"}
    anchors: dict[tuple[str, str], Use] = {}  # the first figure that has it, by page and file name
    for use in uses:
        if use.kind == "figure":
            first = anchors.setdefault((use.page, posixpath.basename(use.uri)), use)
            if first is not use:
                yield f"{use.place}: the figure {use.uri} would have the anchor of {first.uri} on line {first.line}"
        if not use.described:
            yield f"{use.place}: the figure {use.uri} needs an alt text and a caption in quotes"
        if use.script not in scripts:
            yield f"{use.place}: there is no snippet {use.script}{nearest(use.script, scripts)}"
        elif use.kind != "code" and (use.page, use.script) not in shown:
            yield f"{use.place}: shows what {use.script} makes, but not its code"
    for script in scripts:
        if re.search(r"-\d+\.py$", script):  # its figure would be taken for one of another script
            yield f"{script}: a snippet's name must not end in a hyphen and a number, which count figures"
    for script in sorted(set(scripts) - {use.script for use in uses}):
        yield f"{script}: no page uses this snippet: show it, or delete it"


def nearest(name: str, known: list[str]) -> str:
    """What an error says of the known name that is most like another, if one is."""
    found = difflib.get_close_matches(name, known, n=1)
    return f"; the nearest name is {found[0]}" if found else ""


def find_gaps(uses: list[Use], outcomes: Mapping[str, Outcome]) -> Iterator[str]:
    """What pages show that a snippet which ran did not make."""
    for use in uses:
        outcome = outcomes.get(use.script)
        if outcome is None:
            continue
        if use.kind == "figure" and not 1 <= use.number <= len(outcome.figures):
            yield (
                f"{use.place}: {use.script} draws {len(outcome.figures)} figure(s), "
                f"the page asks for number {use.number}"
            )
        if use.kind == "text" and not outcome.text.strip():
            yield f"{use.place}: {use.script} prints nothing, and the page shows its output"


def places(uses: list[Use], script: str) -> list[str]:
    """Where each page first shows a snippet."""
    first: dict[str, str] = {}
    for use in uses:
        if use.script == script:
            first.setdefault(use.page, use.place)
    return list(first.values())


def expand(markdown: str, page: str, outcomes: Mapping[str, Outcome], root: Path, above: int = 0) -> str:
    """The page with the code that ran, and what it printed, in place of the directives; some lines stand above it."""
    expanded = []
    for line, text, _ in lines(markdown, above + 1):
        match = INCLUDE.match(text)
        if match is None:
            expanded.append(re.sub(r"^(\s*);(--8<-- )", r"\1\2", text))
            continue
        stem, extension = posixpath.splitext(match["path"])
        if extension in {".py", ".txt"}:
            outcome = outcomes[f"snippets/{stem}.py"]
            content = outcome.source if extension == ".py" else outcome.text
            content = re.sub("[\x02\x03]", "", content)  # as Markdown does, before it looks for fences
            if mark := next(filter(FENCE.match, LINE_END.split(content)), None):
                what = "holds" if extension == ".py" else "prints"
                raise PageError(
                    f"docs/{page}:{line}: snippets/{stem}.py {what} the line {mark.strip()!r}, which would end its "
                    "block: no line may begin with a fence"
                )
        else:
            content = read_included(root, match["path"], f"docs/{page}:{line}")
        expanded += [match["indent"] + row if row else row for row in LINE_END.split(content.rstrip("\r\n"))]
    return "\n".join(expanded)


def read_included(root: Path, path: str, place: str) -> str:
    """The text of a file of the project, such as a table that a benchmark wrote."""
    file = (root / path).resolve()
    if not file.is_relative_to(root) or not file.is_file():
        raise PageError(f"{place}: there is no file {path} to include")
    try:
        text = file.read_text(encoding="utf-8")
        if file.name == "claims.toml":
            return claims.table(text)
        if file.name == "references.toml":
            return references.listing(text, root / "docs")
    except ValueError as error:
        raise PageError(f"{place}: {error}") from error
    return text


def lines(markdown: str, first: int = 1) -> Iterator[tuple[int, str, bool]]:
    """Each line with its number and whether it stands in a fenced block."""
    fence = ""
    *rows, last = LINE_END.split(markdown)
    for number, text in enumerate([*rows, last] if last else rows, start=first):
        mark = FENCE.match(text)
        inside = bool(fence)
        if mark and not fence:
            fence = mark[1]
        elif mark and text.strip() == mark[1] and mark[1].startswith(fence):
            fence = ""
        yield number, text, inside
