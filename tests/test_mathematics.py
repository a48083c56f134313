import html
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from fontTools.ttLib import TTFont

from hooks.mathematics import FormulaError, find_line, inline_mathml, mathml, to_mathml, visible

ROOT = Path(__file__).resolve().parents[1]
FONT = ROOT / "docs" / "assets" / "fonts" / "latinmodern-math.woff2"
FORMULAS = [
    r"\operatorname{mish}(x) = x \tanh(\ln(1 + e^x))",
    r"w \sim \mathcal{N}\!\left(0, \tfrac{2}{\text{fan\_in}}\right), \quad b \sim \mathcal{U}[-a, a]",
    r"f(x) = \begin{cases} x & x > 0 \\ \alpha(e^x - 1) & \text{otherwise} \end{cases}",
    r"\begin{pmatrix} a & \cdots & b \\ \vdots & \ddots & \vdots \\ c & \dots & d \end{pmatrix}",
    r"\begin{aligned} \hat{y} &= W^\top x + b \\ \tilde{x} &= \bar{z} \end{aligned}",
    r"\frac{\partial \mathcal{L}}{\partial W^{(l)}} = \delta \odot \nabla f'(z) f''(z)",
    r"\operatorname*{arg\,max}_{\theta \in \Theta} \sum_{i=1}^n \prod_j \int_{-\infty}^\infty \sqrt{x}\,\mathrm{d}x",
    r"\alpha\beta\gamma\delta\epsilon\varepsilon\zeta\eta\theta\vartheta\kappa\lambda\mu\nu\xi\pi\rho\sigma\tau",
    r"\upsilon\phi\varphi\chi\psi\omega\Gamma\Delta\Theta\Lambda\Sigma\Phi\Psi\Omega",
    r"\lVert w \rVert_2 \le c, \quad \left| x \right| \ge \lfloor y \rfloor \lceil z \rceil, \langle u, v \rangle",
    r"\mathbb{E}[x \mid y] \approx \operatorname{Var}[x] \in \mathbb{R}^{n \times m} \cup \mathbb{Z}",
    r"\overline{x} \vec{v} \dot{q} \widehat{ab} \underbrace{a + b}_{c} \mathbb{1}[x \ne 0] \propto 10^{-3} \pm a",
    r"x \to 0 \implies y \mapsto z \iff a \ll b \gg c \equiv d \lesssim e \oplus f \otimes g \cdot h \circ k",
    r"\bigl( \Bigl[ \bigl\{ x \bigr\} \Bigr] \bigr) \quad \forall i \exists j : \chi_1 = \sigma_w^2 [\phi'^2]",
    r"A^\mathsf{T} \ell_1",
]
PAGES = sorted([*(ROOT / "docs").rglob("*.md"), *(ROOT / "docs" / "labs").glob("*.py")])
MODULES = sorted((ROOT / "lego").glob("[a-z]*.py"))


def slanted(letter):
    """What a browser draws for a lone letter in <mi>."""
    upright = "".join(
        map(
            chr,
            [
                *range(65, 91),
                *range(97, 123),
                *range(0x391, 0x3A2),
                0x3F4,
                *range(0x3A3, 0x3AA),
            ],
        )
    )
    upright += "∇" + "".join(map(chr, range(0x3B1, 0x3CA))) + "∂ϵϑϰϕϱϖ"
    italic = [*range(0x1D434, 0x1D468), *range(0x1D6E2, 0x1D71C)]
    return "ℎ" if letter == "h" else chr(italic[upright.index(letter)]) if letter in upright else letter


def missing(markup):
    drawn = re.sub(r"<mi>(.)</mi>", lambda match: f"<mi>{slanted(match[1])}</mi>", markup)
    return set(visible(drawn)) - set(map(chr, TTFont(FONT).getBestCmap()))


@pytest.mark.parametrize("latex", FORMULAS)
def test_font_has_every_character(latex):
    assert not missing(mathml(latex, display=True))


@pytest.mark.parametrize("path", [*PAGES, *MODULES], ids=lambda path: path.relative_to(ROOT).as_posix())
def test_font_has_every_character_of_the_page(path):
    code = re.compile(r"^(\s*)(```+).*?^\1\2\s*$|`[^`\n]+`", re.DOTALL | re.MULTILINE)
    text = path.read_text(encoding="utf-8")
    if path in MODULES:  # the reference shows their docstrings
        text = "\n".join(re.findall(r'"""(.*?)"""', text, re.DOTALL))
    elif path.suffix == ".py":
        text = "\n".join(line for line in text.splitlines() if line.startswith("#"))
    text = code.sub("", text)
    formulas = re.findall(r"\$\$(.+?)\$\$|(?<![\\$])\$(?![\s$])([^$\n]+?)(?<!\s)\$", text, re.DOTALL)
    for display, inline in formulas:
        lacking = missing(mathml(display or inline))
        assert not lacking, f"{display or inline}: add {lacking} in docs/assets/fonts/subset.py and run it"


def test_font_can_stretch():
    table = TTFont(FONT)["MATH"].table.MathVariants
    assert {"parenleft", "braceleft", "radical", "summation"} <= set(table.VertGlyphCoverage.glyphs)


def test_font_is_small():
    assert FONT.stat().st_size < 46_000


@pytest.mark.parametrize("latex", FORMULAS)
def test_mathml_is_well_formed_and_without_scriptlevel(latex):
    markup = mathml(latex, display=True)
    root = ElementTree.fromstring(
        html.unescape(markup.replace("&lt;", "&amp;lt;").replace("&gt;", "&amp;gt;"))
    )
    assert root.tag == "math"
    assert root.get("display") == "block"
    assert "scriptlevel" not in markup
    assert "<mfrac displaystyle" not in markup


def test_inline_formula_keeps_what_touches_it_on_its_line():
    page = r'<p>If (<span class="arithmatex">\(x &lt; 0 \)</span>), then <span class="arithmatex">\(y\)</span> is.</p>'
    assert to_mathml(page) == (
        '<p>If <span class="nowrap">(<math><mi>x</mi><mo>&lt;</mo><mn>0</mn></math>),</span>'
        " then <math><mi>y</mi></math> is.</p>"
    )


def test_display_formula_that_a_phone_must_scroll_can_be_reached_by_keyboard():
    formulas = "a" * 24, "a" * 25
    short, long = (to_mathml(f'<div class="arithmatex">\\[\n{latex}\n\\]</div>') for latex in formulas)
    assert short.startswith('<div class="arithmatex"><math display="block">')
    assert long.startswith('<div class="arithmatex" tabindex="0"><math display="block">')


def test_other_html_stays():
    page = r"<p>\(x\) and <code>$x$</code></p>"
    assert to_mathml(page) == page


def test_converting_twice_changes_nothing():
    once = to_mathml(r'<div class="arithmatex">\[x\]</div><p><span class="arithmatex">\(y\)</span>.</p>')
    assert to_mathml(once) == once


@pytest.mark.parametrize(
    ("caption", "expected"),
    [
        ("No formula &amp; no dollar", "No formula &amp; no dollar"),
        ("Costs $5 or $6", "Costs $5 or $6"),
        (r"Costs \$5", "Costs $5"),
        ("$x$-axis", '<span class="nowrap"><math><mi>x</mi></math>-axis</span>'),
        (
            "where $a &lt; b$ holds",
            "where <math><mi>a</mi><mo>&lt;</mo><mi>b</mi></math> holds",
        ),
        (
            "$n$-dependent&nbsp;x",
            '<span class="nowrap"><math><mi>n</mi></math>-dependent&nbsp;x</span>',
        ),
        (
            "$n$-values&mdash;&quot;many&#x27;s&quot;",
            '<span class="nowrap"><math><mi>n</mi></math>-values&mdash;&quot;man</span>y&#x27;s&quot;',
        ),
        (
            "$a$/$b$",
            '<span class="nowrap"><math><mi>a</mi></math>/</span><math><mi>b</mi></math>',
        ),
    ],
)
def test_caption(caption, expected):
    assert inline_mathml(caption) == expected


@pytest.mark.parametrize(
    ("latex", "reason"),
    [
        (r"\foo x", r'Unknown command "\\foo"'),
        (r"\frac{a}{", "reached end of input"),
        ("a & b", "table-like environment"),
        (" ", "empty formula"),
    ],
)
def test_error_names_formula_and_reason(latex, reason):
    with pytest.raises(ValueError, match=re.escape(reason) if "\\" not in reason else reason) as error:
        mathml(latex)
    assert latex.strip() in str(error.value).replace("\\\\", "\\")


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("a\n$x$ or $y^$\n", 2),
        ("a\n\n$$\n  y^\n$$\n", 3),
        ("\\(y^\\)", 1),
        ("\n\\[ y^ \\]", 2),
        ("$y^2$\n$y^$\n$y^$", 2),
        ("a\ny^\n$2y^$\n", None),
        ("", None),
    ],
)
def test_a_formula_is_found_on_its_line(source, line):
    with pytest.raises(FormulaError, match="formula 'y\\^', character 2: ") as error:
        mathml(" y^ ")
    assert find_line(error.value.latex, source) == line


def test_styles_become_classes_that_the_style_sheet_has():
    css = (ROOT / "docs" / "assets" / "extra.css").read_text()
    for latex in (
        r"\begin{cases} x & x > 0 \\ a & b \end{cases}",
        r"\begin{aligned} a &= b \\ c &= d \end{aligned}",
        r"a\!b",
        r"\tfrac12",
    ):
        found = mathml(latex, display=True)
        assert " style=" not in found
        for name in re.findall(r'class="([^"]+)"', found):
            assert all(f".{part} {{" in css for part in name.split() if part.startswith("math-")), name
    with pytest.raises(FormulaError, match="'color:#FF0000' has no class") as error:
        mathml(r"\color{red}{a}")
    assert error.value.latex == r"\color{red}{a}"
