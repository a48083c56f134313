import lxml.etree
import pytest

from hooks.engine.svg import follow_palette, merge_markers, palette
from hooks.inline import figure, inline_figures, standalone

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 504 230.4"><path stroke="#0072b2"/></svg>'


def test_an_image_becomes_the_figure_with_alt_caption_and_id():
    html = '<p><img alt="A &lt; b" src="../sigmoid.svg" title="It rises." /></p>'
    result = inline_figures(html, "activations/sigmoid/", {"activations/sigmoid.svg": SVG})
    assert '<figure class="plot" id="figure-sigmoid"><svg role="img" aria-label="A &lt; b"' in result
    assert "<figcaption>It rises.<p " in result


def test_a_figure_leads_to_its_file_and_search_does_not_read_that():
    result = figure(SVG, "alt", "It rises.", "../sigmoid-2.svg")
    assert 'id="figure-sigmoid-2"' in result
    assert (
        '<a href="../sigmoid-2.svg">Enlarge</a> <a href="../sigmoid-2.svg" download>Save as SVG</a>' in result
    )
    assert '<p class="plot__take" data-search-exclude>' in result and result.endswith(
        "</p></figcaption></figure>"
    )


def test_other_images_stay():
    html = '<p><img alt="logo" src="../logo.svg" /></p>'
    assert inline_figures(html, "a/b/", {"a/logo2.svg": SVG}) == html


@pytest.mark.parametrize(
    "html",
    [
        '<p><img alt="A" src="../b.svg" title="C" />\n<img alt="A" src="../b.svg" title="C" /></p>',
        '<li>so: <img alt="A" src="../b.svg" title="C" /></li>',
    ],
)
def test_a_figure_whose_caption_nobody_would_see_is_refused(html):
    with pytest.raises(ValueError, match=r"the figure \.\./b\.svg must stand alone in a paragraph"):
        inline_figures(html, "a/c/", {"a/b.svg": SVG})


def test_captions_may_hold_mathematics():
    assert "<math" in figure(SVG, "alt", "the slope $f'(x)$", "a/b")


def test_a_standalone_picture_has_a_size_ink_and_paper():
    result = standalone(SVG)
    assert (
        'width="672" height="307.2"' in result
        and '<path fill="#fff" d="M0 0H9999V9999H0z"/>' in result
        and 'color="#1b1b1b"' in result
    )


def test_colors_follow_the_palette():
    svg = (
        '<?xml version="1.0"?><svg width="504pt" viewBox="0 0 1 1"><defs><style type="text/css">*{}</style></defs>'
        '<path d="M0 0" fill="none"/><text fill="#1b1b1b" font-family="x">a</text>'
        '<path stroke="#d55e00"/><path stroke="#d9d9d9"/><path stroke="#123456"/><path stroke="#666"/></svg>'
    )
    result = follow_palette(svg)
    assert "style" not in result and 'd="M0 0"' not in result and "font-family" not in result
    assert 'fill="currentColor">a' in result
    assert "var(--plot-8,#666666)" in result, "the minifier shortens colors"
    assert "var(--plot-2,#d55e00)" in result and "var(--plot-grid,#d9d9d9)" in result and "#123456" in result


@pytest.mark.parametrize("used", [False, True])
def test_a_name_space_is_declared_where_it_is_used(used):
    link = '<use x="1.239" xlink:href="#a"/>' if used else '<text x="1.239"/>'
    result = follow_palette(f'<svg viewBox="0 0 1 1">{link}</svg>')
    lxml.etree.fromstring(result)  # an undeclared name space is an error
    assert ("xmlns:xlink" in result) is used and ' x="1.23"' in result


def test_style_sheet_library_and_theme_agree_on_the_palette():
    import re

    from lego.plotting import PALETTE
    from tests.conftest import ROOT

    css = (ROOT / "docs" / "assets" / "extra.css").read_text()
    light = dict(re.findall(r"--plot-(\d): (#\w+);", css[: css.index("slate")]))
    assert palette() == PALETTE == [light[str(number)] for number in range(1, 9)]


def test_markers_of_a_line_become_one_path():
    use = '<use x="{}" y="2.00" xlink:href="#m"/>'
    svg = f'<defs><path id="m" d="m-1 0.5c0.123456 0 1 1z"/></defs><g fill="red">{use.format(10)}{use.format(20)}</g>'
    assert merge_markers(svg).endswith(
        '<g fill="red"><path d="M9.00 2.50c0.12 0 1 1zM19.00 2.50c0.12 0 1 1z"/></g>'
    )
    triangle = svg.replace("m-1 0.5c0.123456 0 1 1z", "m0-1-1 2h2z")
    assert 'd="M10.00 1.00l-1 2h2zM20.00 1.00l-1 2h2z"' in merge_markers(triangle)
    absolute = svg.replace("c0.123456 0 1 1z", "L1 1z")
    assert merge_markers(absolute) == absolute
