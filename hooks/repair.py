"""Mends what Material 9.8.1 gets wrong in its HTML and a stylesheet cannot reach."""

import re
from collections.abc import Callable

Replacement = str | Callable[[re.Match[str]], str]


def repair(page: str) -> str:
    """The page without the theme's faults; raises if the theme's markup is not what it was."""
    for what, pattern, replacement in REPAIRS:
        page, count = re.subn(pattern, replacement, page)
        if not count:
            raise ValueError(
                f"cannot repair the {what}: nothing in the page matches {pattern!r}. Has the theme changed? "
                "Then adapt hooks/repair.py, or drop this repair if it is no longer needed"
            )
    # the script of this component would ask another host for stars and forks
    page = page.replace(' data-md-component="source"', "")
    page = NAMELESS.sub(r'\1<span class="unseen">\g<title></span>\3\g<title>', page)
    if 'id="__toc"' not in page:  # the index page of a section has a label for it all the same
        page = page.replace(' for="__toc"', "")
    return re.sub(FIGURE, _box, page)


def _box(match: re.Match[str]) -> str:
    """The figure's own scroll box; the keyboard can reach it if a phone has to scroll."""
    width = float(match["width"])
    reach = ' tabindex="0"' if width > FITS_A_PHONE else ""
    inches = min(max(round(width / 36) / 2, 2), 10)  # a class each half, for pages hold no inline styles
    size = "" if inches == 7 else f" plot__box--{inches:g}".replace(".", "-")
    return f'{match["figure"]}<div class="plot__box{size}"{reach}>{match["svg"]}</div>'


def _label_search(match: re.Match[str]) -> str:
    return f'{match[1]} aria-label="{match[3]}">{match[2]}{match[3]}"'


REPAIRS: list[tuple[str, str, Replacement]] = [
    (
        "search dialog's missing label",  # in the page's language, from the options beside it
        r'(?s)(<div class="md-search"[^>]* role="dialog")>'
        r'(.*?<nav class="md-search__options" aria-label=")([^"]*)"',
        _label_search,
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
        "palette's cost",  # `handbook.lighten` takes a rule out: browsers may keep the theme's own file for a year
        r'(href="[^"]*assets/stylesheets/palette\.\w+\.min\.css)"',
        r'\1?lighter"',
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
