import pytest

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


def test_a_figure_without_words_is_refused():
    with pytest.raises(ValueError, match=r"the figure one\.svg needs an alt text"):
        inline_figures('<p><img src="one.svg"></p>', "", {"one.svg": SVG})


def test_an_explorer_gets_its_form_above_the_words():
    html = '<p><img alt="A" data-explorer="net" src="../b.svg" title="C" /></p>'
    made = inline_figures(html, "a/c/", {"a/b.svg": SVG}, {"net": "<form></form>", "other": ""})
    assert '<figure class="plot" data-explorer="net" id="figure-b">' in made
    assert "<form></form><figcaption>C" in made
    for forms, names in (({"other": ""}, "['other']"), (None, "[]")):
        with pytest.raises(ValueError) as error:
            inline_figures(html, "a/c/", {"a/b.svg": SVG}, forms)
        assert str(error.value) == f"data-explorer must be one of {names}, got 'net'"


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


def test_a_drawing_within_a_drawing_stays_as_it_is():
    inner = '<svg viewBox="0 0 1 1"><path/></svg>'
    nested = SVG.replace("</svg>", f"{inner}</svg>")
    assert inner in figure(nested, "alt", "It rises.", "a.svg") and inner in standalone(nested)
