"""The parts of explorers that need no browser; what they compute there is tested in tests/site/test_explorers.py."""

import math
import re

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hooks.explorers import activations, regularization, signal, zigzag
from hooks.explorers.controls import Choice, Slider, Switches, form
from hooks.explorers.trace import number, to_javascript, with_slope
from hooks.inline import inline_figures
from hooks.twin import plain_markdown
from lego.regularization import dropout_as_ridge, early_stopping_as_ridge, gradient_descent, ridge
from tests.fuzz.tools import examples

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 504 230.4"></svg>'
IMAGE = '<p><img alt="A drawing of lines" data-explorer="{}" src="../explorer.svg" title="They rise." /></p>'


def test_a_function_becomes_the_same_operations():
    assert (
        to_javascript(lambda x, a: torch.exp(x) * a, ["x", "a"])
        == "(x, a) => { return [((Math.exp(x)) * a)] }"
    )
    assert to_javascript(with_slope(lambda x: x * x), ["x"]).count("x * x") == 1


def test_an_operation_without_a_twin_is_named():
    with pytest.raises(ValueError, match=r"aten\.lgamma\.default has no twin"):
        to_javascript(torch.lgamma, ["x"])


@pytest.mark.parametrize(
    "function",
    [
        lambda x: torch.nn.functional.gelu(x, approximate="tanh"),
        lambda x: torch.div(x, 0.1, rounding_mode="floor"),
        lambda x: torch.add(x, x, alpha=2),
    ],
)
def test_an_operation_in_another_way_is_refused(function):
    with pytest.raises(ValueError, match="is not known to hooks/explorers/trace"):
        to_javascript(function, ["x"])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (math.nan, "NaN"),
        (1, "1"),
        (-2.5, "(-2.5)"),
        (True, "true"),
        (1e-9, "1e-09"),
        (math.inf, "Infinity"),
        (-math.inf, "(-Infinity)"),
    ],
)
def test_numbers_are_those_of_javascript(value, text):
    assert number(value) == text


def test_controls_are_labeled_inputs():
    text = form(
        "one",
        [
            Slider("a", "A", 0, 2, 1, 0.5),
            Choice("b", "B", {"x<": "X & Y"}, "x<"),
            Switches("c", "C", {"d": "D"}, ["d"]),
        ],
    )
    names = set(re.findall(r'<(?:input type="range"|select) id="([^"]+)"', text))
    assert names == {"one-a", "one-b"} == set(re.findall(r'<label for="([^"]+)"', text))
    assert 'min="0" max="2" step="0.5" value="1"' in text
    assert '<option value="x&lt;" selected>X &amp; Y</option>' in text
    assert 'value="d" checked' in text and "<legend>C</legend>" in text
    assert "<fieldset disabled>" in text, "until the script is there"


@pytest.mark.parametrize(
    "explorer", [activations, signal, regularization, zigzag], ids=lambda module: module.__name__
)
def test_names_are_unique_and_sliders_start_on_their_grid(explorer):
    names = [control.name for control in explorer.CONTROLS]
    assert len(names) == len(set(names))
    for control in explorer.CONTROLS:
        if isinstance(control, Slider):
            steps = (control.start - control.low) / control.step
            assert control.low <= control.start <= control.high and abs(steps - round(steps)) < 1e-9, (
                control.name
            )


def test_an_image_may_ask_for_an_explorer():
    page = inline_figures(IMAGE.format("one"), "a/b/", {"a/explorer.svg": SVG}, {"one": "<form></form>"})
    assert '<figure class="plot" data-explorer="one" id="figure-explorer"><svg' in page
    assert "<form></form><figcaption>They rise." in page
    with pytest.raises(ValueError, match=r"data-explorer must be one of \['one'\], got 'two'"):
        inline_figures(IMAGE.format("two"), "a/b/", {"a/explorer.svg": SVG}, {"one": ""})


def test_a_twin_does_not_show_the_request():
    text = plain_markdown('![A](a.svg "B"){ data-explorer="one" }\n', lambda link: link)
    assert text == '![A](a.svg "B")\n'


@given(
    st.floats(1e-3, 1e3), st.integers(1, 300), st.floats(0, 0.99), st.floats(-0.95, 0.95), st.floats(0.1, 4)
)
@examples(100)
def test_the_formulas_of_the_regularizers_are_those_of_the_library(penalty, steps, p, correlation, scale):
    x = torch.tensor(
        [[1, correlation * scale], [0, math.sqrt(1 - correlation**2) * scale]], dtype=torch.float64
    )
    best = torch.tensor(regularization.BEST, dtype=torch.float64)
    y, rate = x @ best, 0.5 / torch.linalg.eigvalsh(x.T @ x)[-1].item()
    inputs = [torch.tensor(value, dtype=torch.float64) for value in (correlation, scale)]

    def at(function, amount):
        return torch.stack(function(torch.tensor(amount, dtype=torch.float64), *inputs)[:2])

    assert torch.allclose(at(regularization.ridge, penalty), ridge(x, y, penalty), rtol=0, atol=1e-9)
    assert torch.allclose(
        at(regularization.dropout, p), ridge(x, y, dropout_as_ridge(x, p)), rtol=0, atol=1e-9
    )
    stopped = regularization.stopped(torch.tensor(float(steps), dtype=torch.float64), *inputs)
    assert torch.allclose(torch.stack(stopped[:2]), gradient_descent(x, y, rate, steps), rtol=0, atol=1e-6)
    penalties = early_stopping_as_ridge(x, rate, steps)
    assert torch.allclose(torch.stack(stopped[3:]).flip(0), penalties, rtol=1e-6)
