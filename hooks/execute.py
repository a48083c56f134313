"""Runs what the pages show, and tells all that is wrong with it at once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from hooks import pages
from hooks.engine import Engine, Failure, Outcome, visible
from hooks.engine.progress import Progress
from hooks.mistakes import find_mistakes

log = logging.getLogger("mkdocs.plugins.handbook")
EXPLORERS = "hooks/explorers/bundle.py"


class ProblemsError(Exception):
    """Everything that keeps a site from being built."""

    def __init__(self, problems: list[str]) -> None:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        text = "\n\n".join(problems)
        super().__init__(f"{count}; the site stays as it was.\n\n{text}")


def execute(
    markdown: Mapping[str, str], labs: Iterable[str], engine: Engine, is_file: Callable[[str], bool]
) -> tuple[dict[str, Outcome], dict[str, str]]:
    """Outcomes by script, and figures by site address.

    Args:
        markdown: source of each page by its name in docs/.
        labs: names of the labs in docs/.
        engine: what runs them.
        is_file: tells the pictures that stand in docs/ themselves.

    Raises:
        ProblemsError: if anything that a page shows is not there, or does not run.
    """
    uses: list[pages.Use] = []
    problems: list[str] = []
    for page, text in markdown.items():
        uses += pages.find_uses(text, page, is_file)
        problems += find_mistakes(text, page)
    scripts = snippets(engine.root)
    problems += pages.find_problems(uses, scripts)
    shown = {use.script for use in uses}
    wanted = [f"docs/{lab}" for lab in labs]  # the longest first
    if any("data-explorer=" in text for text in markdown.values()):
        wanted.insert(0, EXPLORERS)
    wanted += [script for script in scripts if script in shown]

    progress = Progress(len(wanted))
    results = engine.run(wanted, progress)
    for line in [progress.summary(), *engine.remarks()]:
        log.info(line)
    outcomes = {script: result for script, result in results.items() if isinstance(result, Outcome)}
    for result in results.values():
        if isinstance(result, Failure):
            problems.append(result.describe(pages.places(uses, result.script)))
    problems += pages.find_gaps(uses, outcomes)
    if problems:
        raise ProblemsError(problems)
    engine.cache.prune(set(wanted))
    figures = {use.uri: outcomes[use.script].figures[use.number - 1] for use in uses if use.kind == "figure"}
    return outcomes, figures


def snippets(root: Path) -> list[str]:
    """All snippets of the project, relative to its root."""
    return [path.relative_to(root).as_posix() for path in visible(root / "snippets", "*.py")]
