"""Asks the theme once for what the navigation shows alike on many pages.

Every page holds the whole navigation, so that its cost grows with the square of the number of pages: at a thousand it
is most of a build. An entry that a page is not in looks the same on all pages of one folder.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

import jinja2
from jinja2.environment import TemplateModule
from mkdocs.structure.nav import Navigation

ENTRIES = "partials/nav-item.html"  # Material's macro `render` for one entry, and all that is below it


def remember_entries(env: jinja2.Environment, nav: Navigation) -> None:
    """Let the templates of one build render each entry of the navigation once for all pages that it looks alike on."""
    above = {folder for page in nav.pages for folder in PurePosixPath(page.url).parents}
    known: dict[tuple[object, ...], str] = {}

    class Template(jinja2.Template):
        """One of the theme's."""

        def make_module(
            self, vars: dict[str, Any] | None = None, *args: Any, **options: Any
        ) -> TemplateModule:
            """What the template defines, for a page."""
            module = super().make_module(vars, *args, **options)
            page = (vars or {}).get("page")
            if self.name == ENTRIES and page is not None:
                place = PurePosixPath(page.url)
                # links to what is below a page are others there than on the pages beside it
                seen_from = f"{place}" if place in above else f"{place.parent}/*"
                module.__dict__["render"] = remember(module.__dict__["render"], seen_from)
            return module

    def remember(render: Callable[..., str], seen_from: object) -> Callable[..., str]:
        def render_once(entry: Any, *place: object) -> str:
            if entry.active:  # the page's own, or one that it is below
                return render(entry, *place)
            key = (seen_from, id(entry), place)
            if key not in known:
                known[key] = render(entry, *place)
            return known[key]

        return render_once

    env.template_class = Template
