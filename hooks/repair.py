"""Mends what Material 9.8.1 gets wrong in its HTML, where a stylesheet cannot reach, and in its files."""

import re
from collections.abc import Callable
from pathlib import Path

from hooks.engine.outcome import digest

Replacement = str | Callable[[re.Match[str]], str]


def repair(page: str) -> str:
    """The page without the theme's faults; raises if the theme's markup is not what it was."""
    for what, pattern, replacement in REPAIRS:
        page, count = re.subn(pattern, replacement, page)
        if not count:
            raise ValueError(fault(what, "the page", pattern))
    # the script of this component would ask another host for stars and forks
    page = page.replace(' data-md-component="source"', "")
    page = NAMELESS.sub(r'\1<span class="unseen">\g<title></span>\3\g<title>', page)
    if 'id="__toc"' not in page:  # the index page of a section has a label for it all the same
        page = page.replace(' for="__toc"', "")
    return re.sub(FIGURE, box, page)


def repair_files(assets: Path) -> None:
    """Mend the files that the theme brought into `assets`; raises if one is not what it was."""
    for what, files, pattern, replacement in FILE_REPAIRS:
        count = 0
        for path in assets.glob(files):
            text, found = re.subn(pattern, replacement, path.read_text("utf-8"))
            path.write_text(text, encoding="utf-8")
            count += found
        if not count:
            raise ValueError(fault(what, files, pattern))


def strip_comments(assets: Path) -> None:
    """Take out what every reader would load for nothing: comments of the handbook's own style sheet and scripts."""
    style = assets / "extra.css"
    style.write_text(re.sub(r"/\*.*?\*/\s*", "", style.read_text("utf-8"), flags=re.DOTALL), encoding="utf-8")
    for script in assets.glob("*.js"):
        text = re.sub(r"^\s*(?://.*)?\n?", "", script.read_text("utf-8"), flags=re.MULTILINE)
        script.write_text(text, encoding="utf-8")


def fault(what: str, where: str, pattern: str) -> str:
    """What to say where there is nothing to repair."""
    return (
        f"cannot repair the {what}: nothing in {where} matches {pattern!r}. Has the theme changed? "
        "Then adapt hooks/repair.py, or drop this repair if it is no longer needed"
    )


def box(match: re.Match[str]) -> str:
    """The figure's own scroll box; the keyboard can reach it if a phone has to scroll."""
    width = float(match["width"])
    reach = ' tabindex="0"' if width > FITS_A_PHONE else ""
    inches = min(max(round(width / 36) / 2, 2), 10)  # a class each half, for pages hold no inline styles
    size = "" if inches == 7 else f" plot__box--{inches:g}".replace(".", "-")
    return f'{match["figure"]}<div class="plot__box{size}"{reach}>{match["svg"]}</div>'


def label_search(match: re.Match[str]) -> str:
    """The search dialog with the label of its options."""
    return f'{match[1]} aria-label="{match[3]}">{match[2]}{match[3]}"'


FILE_REPAIRS = [
    (
        # For this rule a browser finds the styles of all elements anew, three times, whenever a page is opened. Without
        # it links, code and buttons fade into the other palette.
        "palette's cost",
        "stylesheets/palette.*.min.css",
        r"\[data-md-color-switching\] \*,[^}]*\}",
        "",
    ),
    (
        # Lunr keeps words as a graph and merges states whose letters and states' numbers, in a row, read alike: 6 to
        # state 383, and 6 to state 3 with 8 to state 3. The graph then holds words that no page has, and a search that
        # meets one finds nothing at all.
        "search's confusion of words with digits",
        "javascripts/workers/search.*.min.js",
        r"(=\w+\+\w+\+\w+\.id)\}return ",
        r'\1+","}return ',
    ),
]
# A browser may keep the theme's own files for a year: mended ones have other addresses, and others again when this
# list changes.
MENDED = digest(repr(FILE_REPAIRS).encode())[:8]
REPAIRS: list[tuple[str, str, Replacement]] = [
    (
        "search dialog's missing label",  # in the page's language, from the options beside it
        r'(?s)(<div class="md-search"[^>]* role="dialog")>'
        r'(.*?<nav class="md-search__options" aria-label=")([^"]*)"',
        label_search,
    ),
    (
        "progress bar's missing label",  # it tells nothing that the new page does not
        r'(<div class="md-progress" data-md-component="progress") role="progressbar">',
        r'\1 aria-hidden="true">',
    ),
    (
        "menu's missing name",  # a screen reader's and the keyboard's way to it on narrow screens, see extra.css
        r'(<input class="md-toggle" data-md-toggle="drawer"[^>]* id="__drawer")',
        r'\1 aria-label="Navigation"',
    ),
    (
        "silence of what appears by itself",  # how many results there are, that something was copied
        r'<div class="(md-search-result__meta|md-dialog__inner md-typeset)">',
        r'<div class="\1" role="status">',
    ),
    (
        "palette's address",
        r'(href="[^"]*assets/stylesheets/palette\.\w+\.min\.css)"',
        rf'\1?{MENDED}"',
    ),
    (
        "search's address",
        r'("search": "[^"]*assets/javascripts/workers/search\.\w+\.min\.js)"',
        rf'\1?{MENDED}"',
    ),
    (
        "checkboxes' autocomplete",  # not allowed on them
        r'(<input class="md-toggle"[^>]*?) autocomplete="off"',
        r"\1",
    ),
]
# The label of a section that has a page holds an arrow; its title stands further on.
NAMELESS = re.compile(
    r'(?s)(<label class="md-nav__link[^"]*" for="(?P<id>[^"]+)" id="(?P=id)_label"[^>]*>)'
    r'(\s*<span class="md-nav__icon md-icon"></span>\s*</label>.*?'
    r'<label class="md-nav__title" for="(?P=id)">\s*<span class="md-nav__icon md-icon"></span>)'
    r"\s*(?P<title>[^<]*?)\s*(?=</label>)"
)
FIGURE = re.compile(
    r'(?P<figure><figure class="plot"[^>]*>)'
    r'(?P<svg><svg [^>]*?viewBox="0 0 (?P<width>[\d.]+) [^>]*>.*?</svg>)',
    re.DOTALL,
)
FITS_A_PHONE = 300  # points
