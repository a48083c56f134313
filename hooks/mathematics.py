"""LaTeX in finished HTML becomes MathML, so that pages show mathematics without a script."""

import html
import re

from math_core import LatexError, LatexToMathML

CONVERTER = LatexToMathML(fancy_error=False)
BEFORE = r"(?P<before>[(\[\"“]*)"  # what touches a formula stays on its line
AFTER = r"(?P<after>[^\s<>$]{0,12})"
MARKED = re.compile(BEFORE + r'<span class="arithmatex">\\\((?P<latex>.*?)\\\)</span>' + AFTER, re.DOTALL)
DISPLAY = re.compile(r'<div class="arithmatex">\s*\\\[(?P<latex>.*?)\\\]\s*</div>', re.DOTALL)
DOLLARS = re.compile(BEFORE + r"(?<![\\$])\$(?![\s$])(?P<latex>(?:\\.|[^\\$])+?)(?<!\s)\$(?![\d$])" + AFTER)
TIDY = [
    (r' scriptlevel="[^"]*"', ""),  # older browsers misread it on tables
    ("[\ufe00\ufe01]", ""),  # variation selectors: the font has one script alphabet
    (r'<mfrac displaystyle="false"', '<mfrac style="math-style:compact"'),  # \tfrac, in valid HTML
    (r'<mfrac displaystyle="true"', '<mfrac style="math-style:normal"'),  # \dfrac
    (r'<mo minsize="(1\.2em)"[^>]*>', r'<mo stretchy="false" style="font-size:\1">'),  # \big, without white
]
FITS_A_PHONE = 24  # visible characters; a longer formula may scroll, so the keyboard must reach it


def mathml(latex: str, *, display: bool = False) -> str:
    """MathML of one formula."""
    latex = latex.strip()
    if not latex:
        raise ValueError("empty formula: write LaTeX between the dollars")
    try:
        found = CONVERTER.convert_with_local_state(latex, displaystyle=display)
    except LatexError as error:
        position, _, reason = str(error).partition(": ")
        raise ValueError(f"formula {latex!r}, character {position}: {reason}") from error
    for pattern, replacement in TIDY:
        found = re.sub(pattern, replacement, found)
    return found


def to_mathml(page: str) -> str:
    """Convert every formula that `pymdownx.arithmatex` (generic) has marked in HTML."""
    return DISPLAY.sub(_display, MARKED.sub(_inline, page))


def inline_mathml(text: str) -> str:
    r"""Convert the `$...$` of a caption, HTML-escaped text; `\$` is a dollar, and so is a lone `$5`."""
    return DOLLARS.sub(_inline, text).replace(r"\$", "$")


def _inline(match: re.Match[str]) -> str:
    found = mathml(html.unescape(match["latex"]))
    before, after = match["before"], match["after"]
    return f'<span class="nowrap">{before}{found}{after}</span>' if before or after else found


def _display(match: re.Match[str]) -> str:
    found = mathml(html.unescape(match["latex"]), display=True)
    reach = ' tabindex="0"' if len(visible(found)) > FITS_A_PHONE else ""
    return f'<div class="arithmatex"{reach}>{found}</div>'


def visible(markup: str) -> str:
    """The characters that are left without tags and entities."""
    return html.unescape(re.sub(r"<[^>]*>", "", markup))
