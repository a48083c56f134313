"""LaTeX in finished HTML becomes MathML, so that pages show mathematics without a script."""

import html
import re

from math_core import LatexError, LatexToMathML

CONVERTER = LatexToMathML(fancy_error=False)
BEFORE = r"(?P<before>[(\[\"“]*)"  # what touches a formula stays on its line
AFTER = r"(?P<after>(?:&#?\w+;|[^\s<>$&]){0,12})"
MARKED = re.compile(BEFORE + r'<span class="arithmatex">\\\((?P<latex>.*?)\\\)</span>' + AFTER, re.DOTALL)
DISPLAY = re.compile(r'<div class="arithmatex">\s*\\\[(?P<latex>.*?)\\\]\s*</div>', re.DOTALL)
DOLLARS = re.compile(BEFORE + r"(?<![\\$])\$(?![\s$])(?P<latex>(?:\\.|[^\\$])+?)(?<!\s)\$(?![\d$])" + AFTER)
TIDY = [
    (r' scriptlevel="[^"]*"', ""),  # older browsers misread it on tables
    ("[\ufe00\ufe01]", ""),  # variation selectors: the font has one script alphabet
    (r'<mfrac displaystyle="false"', '<mfrac class="math-compact"'),  # \tfrac, in valid HTML
    (r'<mfrac displaystyle="true"', '<mfrac class="math-normal"'),  # \dfrac
    (r'<mo minsize="1\.2em"[^>]*>', '<mo stretchy="false" class="math-big">'),  # \big, without white
]
CLASSES = {  # pages hold no inline styles; extra.css has these
    "justify-items:end": "",
    "justify-items:start": "",
    "margin-left:-0.16666667em": "math-narrow",  # \!
    "padding-left:0": "math-joined-left",
    "padding-left:1em": "math-condition",
    "padding-right:0": "math-joined-right",
    "text-align:left": "math-left",
    "text-align:right": "math-right",
}
FITS_A_PHONE = 24  # visible characters; a longer formula may scroll, so the keyboard must reach it


class FormulaError(ValueError):
    """Something is wrong with a formula; `latex` is what was written."""

    def __init__(self, latex: str, reason: str) -> None:
        super().__init__(f"formula {latex!r}{reason}")
        self.latex = latex


def mathml(latex: str, *, display: bool = False) -> str:
    """MathML of one formula."""
    latex = latex.strip()
    if not latex:
        raise ValueError("empty formula: write LaTeX between the dollars")
    try:
        found = CONVERTER.convert_with_local_state(latex, displaystyle=display)
    except LatexError as error:
        position, _, reason = str(error).partition(": ")
        raise FormulaError(latex, f", character {position}: {reason}") from error
    for pattern, replacement in TIDY:
        found = re.sub(pattern, replacement, found)
    return re.sub(r' style="(?P<style>[^"]*)"', lambda match: class_of(match["style"], latex), found)


def class_of(style: str, latex: str) -> str:
    """The attribute that takes the place of an inline style of a formula."""
    declarations = [text.replace(" ", "") for text in style.split(";") if text.strip()]
    if unknown := [text for text in declarations if text not in CLASSES]:
        raise FormulaError(latex, f": the style {unknown[0]!r} has no class in hooks/mathematics.py")
    return f' class="{" ".join(filter(None, map(CLASSES.get, declarations)))}"'


def find_line(latex: str, source: str) -> int | None:
    """The line of a page on which a formula begins, if it stands there like that."""
    match = re.search(r"(?:\$|\\[(\[])\s*" + re.escape(latex) + r"\s*(?:\$|\\[)\]])", source)
    return source.count("\n", 0, match.start()) + 1 if match else None


def to_mathml(page: str) -> str:
    """Convert every formula that `pymdownx.arithmatex` (generic) has marked in HTML."""
    return DISPLAY.sub(displayed, MARKED.sub(inline, page))


def inline_mathml(text: str) -> str:
    r"""Convert the `$...$` of a caption, HTML-escaped text; `\$` is a dollar, and so is a lone `$5`."""
    return DOLLARS.sub(inline, text).replace(r"\$", "$")


def inline(match: re.Match[str]) -> str:
    """A formula in a line, with what touches it."""
    found = mathml(html.unescape(match["latex"]))
    before, after = match["before"], match["after"]
    return f'<span class="nowrap">{before}{found}{after}</span>' if before or after else found


def displayed(match: re.Match[str]) -> str:
    """A formula on a line of its own."""
    found = mathml(html.unescape(match["latex"]), display=True)
    reach = ' tabindex="0"' if len(visible(found)) > FITS_A_PHONE else ""
    return f'<div class="arithmatex"{reach}>{found}</div>'


def visible(markup: str) -> str:
    """The characters that are left without tags and entities."""
    return html.unescape(re.sub(r"<[^>]*>", "", markup))
