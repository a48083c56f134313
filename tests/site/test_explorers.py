"""Explorers in a real browser: what they compute is what the library computes."""

import contextlib
import functools
import math
import re

import pytest
import torch
from torch.nn import functional as F

from lego import activations as bricks
from lego.activations import ACTIVATIONS, SEARCH_CANDIDATES
from lego.diagnostics import diagnose
from lego.regularization import dropout_as_ridge, early_stopping_as_ridge, gradient_descent, ridge
from tests.site.conftest import new_page

PAGES = {
    name: f"{name}/explorer/" for name in ("activations", "gradients", "regularization", "preprocessing")
}
DOUBLE = torch.float64


def start(page, address, chapter):
    """Opens an explorer, and gives a function that sets its controls and returns what it then found."""
    page.goto(address + PAGES[chapter])
    page.locator("figure[data-explorer]").scroll_into_view_if_needed()
    page.locator("figure[data-started]").wait_for()

    def found(*names, **controls):
        """The found values, or those of these names; controls that are not given start anew."""
        return page.evaluate(
            """async ([names, controls]) => {
                const figure = document.querySelector("figure[data-started]"), form = figure.querySelector("form")
                form.reset()
                for (const input of form.elements) {
                    if (!(input.name in controls)) continue
                    if (input.type === "checkbox") input.checked = controls[input.name].includes(input.value)
                    else input.value = controls[input.name]
                }
                form.dispatchEvent(new Event("input"))
                await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
                while ("busy" in figure.dataset) await new Promise((resolve) => setTimeout(resolve, 5))
                const found = figure.explorer.found
                return names.length ? Object.fromEntries(names.map((name) => [name, found[name]])) : found
            }""",
            [names, controls],
        )

    return found


@pytest.fixture
def explore(page, address):
    """Opens explorers, each in this test's page."""
    return functools.partial(start, page, address)


@pytest.fixture(scope="module")
def computed(browser, address):
    """Opens each explorer once for all tests that only ask what it computes."""
    with contextlib.ExitStack() as stack:
        yield functools.cache(
            lambda chapter: start(stack.enter_context(new_page(browser, address)), address, chapter)
        )


def test_every_brick_has_the_values_and_slopes_of_the_library(computed):
    found = computed("activations")
    parameters = {"a": 0.2, "alpha": 1.5, "beta": 2.3, "p1": 1.3, "p2": -0.4}
    a, alpha, beta, p1, p2 = (torch.tensor(value, dtype=DOUBLE) for value in parameters.values())
    functions = {
        "leaky_relu": lambda x: F.leaky_relu(x, a.item()),
        "elu": lambda x: F.elu(x, alpha.item()),
        "swish": lambda x: bricks.swish(x, beta),
        "acon_b": lambda x: bricks.acon_b(x, p2, beta),
        "acon_c": lambda x: bricks.acon_c(x, p1, p2, beta),
    }
    names = [*ACTIVATIONS, *SEARCH_CANDIDATES]
    seen = set()
    for place in (-6, -3, -2.35, -1, -0.4, 0, 0.05, 0.5, 1.7, 3, 6):
        values = found(bricks=names, x=place, **parameters)
        for name, (value, slope) in values.items():
            function = functions.get(name) or SEARCH_CANDIDATES.get(name) or getattr(bricks, name)
            x = torch.tensor([place], dtype=DOUBLE, requires_grad=True)
            y = function(x)
            y.backward()
            assert math.isclose(value, y.item(), rel_tol=1e-12, abs_tol=1e-12), (name, place)
            if place != 0 and abs(place) != 3:  # where a kink is, a slope is a convention
                assert math.isclose(slope, x.grad.item(), rel_tol=1e-12, abs_tol=1e-12), (name, place)
            seen.add(name)
    assert seen >= set(SEARCH_CANDIDATES) and set(ACTIVATIONS) - seen == {
        "prelu",
        "acon_a",
        "meta_acon",
    } & set(ACTIVATIONS)


@pytest.mark.parametrize("parts", [[], ["norm"], ["residual"], ["norm", "residual"]], ids="+".join)
@pytest.mark.parametrize(
    ("activation", "scheme"),
    [
        ("sigmoid", "xavier"),
        ("relu", "he"),
        ("gelu", "pytorch"),
        ("selu", "orthogonal"),
        ("tanh", "large"),
        ("mish", "small"),
    ],
)
def test_the_net_has_the_gradients_of_pytorch(computed, activation, scheme, parts):
    found = computed("gradients")(
        activation=activation, scheme=scheme, gain=1.2, depth=4, width="16", parts=parts, seed=3
    )
    weights = torch.tensor(found["weights"], dtype=DOUBLE).reshape(4, 16, 16)
    inputs = torch.tensor(found["inputs"], dtype=DOUBLE).reshape(32, 16)
    upstream = torch.tensor(found["upstream"], dtype=DOUBLE).reshape(32, 16)

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = torch.nn.ModuleList(
                torch.nn.Linear(16, 16, bias=False, dtype=DOUBLE) for _ in weights
            )

        def forward(self, h):
            for layer in self.layers:
                z = layer(h)
                z = F.layer_norm(z, (16,)) if "norm" in parts else z
                h = getattr(bricks, activation)(z) + (h if "residual" in parts else 0)
            return h

    net = Net()
    with torch.no_grad():
        for layer, weight in zip(net.layers, weights, strict=True):
            layer.weight.copy_(weight)
    report = diagnose(net, (inputs, upstream), lambda h, upstream: (h * upstream).sum())
    norms = [layer.output_gradient for layer in report.layers]
    assert found["norms"] == pytest.approx(norms, rel=1e-9)
    assert found["factor"] == pytest.approx((norms[0] / norms[-1]) ** (1 / 3), rel=1e-9)
    assert found["deviation"] == pytest.approx(net(inputs).std(correction=0).item(), rel=1e-9)


def test_weights_have_the_variances_of_their_schemes(computed):
    found = computed("gradients")
    expected = {
        "he": 2 / 128,
        "xavier": 1 / 128,
        "pytorch": 1 / (3 * 128),
        "orthogonal": 1 / 128,
        "small": 1e-4,
        "large": 1,
    }
    for scheme, variance in expected.items():
        weights = found(scheme=scheme, gain=1, depth=2, width="128", parts=[])["weights"]
        weight = torch.tensor(weights[0], dtype=DOUBLE).reshape(128, 128)
        assert weight.square().mean().item() == pytest.approx(variance, rel=0.05)
        assert abs(weight.mean().item()) < 4 * math.sqrt(variance) / 128
        if scheme == "orthogonal":
            assert torch.allclose(weight @ weight.T, torch.eye(128, dtype=DOUBLE), atol=1e-12)


def test_the_verdicts_are_those_of_a_sick_and_a_healthy_net(computed):
    found = functools.partial(computed("gradients"), "verdict", gain=1, depth=30, width="128", parts=[])
    assert found(activation="sigmoid", scheme="xavier") == {"verdict": "vanishing"}
    assert found(activation="relu", scheme="he") == {"verdict": "steady"}
    assert found(activation="relu", scheme="large") == {"verdict": "exploding"}


def reading(page):
    """The words below the picture."""
    return page.locator(".explorer__reading").inner_text()


def test_a_factor_within_the_limits_that_adds_up_over_the_layers_is_not_called_steady(explore, page):
    """The third of the things to try: GELU with Xavier's weights, fifty layers."""
    found = functools.partial(explore("gradients"), "verdict", "norms", activation="gelu", scheme="xavier")
    for seed in (1, 2, 8):
        for gain, way in ((1.4, "shrinks"), (1.55, "grows")):
            net = found(gain=gain, depth=50, seed=seed)
            whole = net["norms"][0] / net["norms"][-1]
            assert net["verdict"] == "steady" and (whole < 0.1 if way == "shrinks" else whole > 10)
            said = reading(page)
            assert f"over 50 layers it adds up: the gradient {way} from" in said and "steady" not in said
    assert found(gain=1.5, depth=10)["verdict"] == "steady"
    assert "a steady gradient: it changes" in reading(page)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_shortcut_cures_the_sigmoid_that_normalization_makes_vanish(computed, seed):
    """The fifth of the things to try."""
    found = functools.partial(
        computed("gradients"), "verdict", activation="sigmoid", scheme="large", seed=seed
    )
    assert found(parts=[]) == {"verdict": "steady"}
    assert found(parts=["norm"]) == {"verdict": "vanishing"}
    assert found(parts=["norm", "residual"]) == {"verdict": "steady"}


def test_outputs_that_explode_stay_on_their_axis(explore, page):
    explore("gradients")("verdict", activation="relu", scheme="large", gain=3, depth=50)
    top, bottom = page.evaluate(
        """() => {
            const svg = document.querySelector("figure[data-started] .plot__box svg")
            const box = svg.querySelector("clipPath rect").getBBox(), band = svg.querySelector("path[fill-opacity]").getBBox()
            return [band.y - box.y, box.y + box.height - band.y - band.height]
        }"""
    )
    assert top >= 0 and bottom >= 0
    labels = page.locator("figure[data-started] svg text").all_text_contents()
    assert any(re.fullmatch(r"\de6\d", label) for label in labels), "round numbers are short"


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize(
    ("chapter", "round_bowl"),
    [("regularization", {"correlation": 0, "scale": 1}), ("preprocessing", {"mean": 0, "scale": 1})],
)
def test_a_round_bowl_is_drawn_round(explore, page, chapter, round_bowl, width):
    page.set_viewport_size({"width": width, "height": 844})
    explore(chapter)(**round_bowl)
    contours = page.locator('figure[data-started] path[stroke="var(--plot-8)"]').evaluate_all(
        "paths => paths.map((path) => path.getBBox()).map(({ width, height }) => [width, height])"
    )
    assert len(contours) == 7
    for across, up in contours:
        assert across == pytest.approx(up, rel=0.01) and across > 10


def test_the_table_tells_which_number_of_steps_comes_nearest_to_ridge(explore, page):
    """The fifth of the things to try; on a phone, too, the distance is in sight."""
    page.set_viewport_size({"width": 390, "height": 844})
    found = explore("regularization")
    found(ties=["tied"], penalty=-0.3)
    assert page.locator("[name=penalty] + output").text_content() == "0.501"
    assert page.locator("[name=steps] + output").text_content() == "6", "not the nearest"
    distance = page.locator(".explorer__table tr:nth-child(2) td:nth-child(3)")
    said = []
    for steps in range(1, 21):
        found(ties=[], penalty=-0.3, steps=steps)
        said.append(float(distance.text_content()))
    assert said[1] == min(said) and said.count(said[1]) == 1
    assert page.locator(".explorer__table th").nth(2).text_content() == "from ridge"
    box, table = (part.bounding_box() for part in (distance, page.locator(".explorer__reading")))
    assert box["x"] + box["width"] <= table["x"] + table["width"]


@pytest.mark.parametrize(("correlation", "scale"), [(0.6, 1), (-0.9, 1.5), (0, 1), (0.3, 0.25)])
def test_the_regularizers_land_where_the_library_says(computed, correlation, scale):
    found = computed("regularization")(
        ties=[], penalty=-0.3, steps=17, p=0.35, correlation=correlation, scale=scale
    )
    x = torch.tensor([[1, correlation * scale], [0, math.sqrt(1 - correlation**2) * scale]], dtype=DOUBLE)
    y = x @ torch.tensor([1.6, 0.6], dtype=DOUBLE)
    large = torch.linalg.eigvalsh(x.T @ x)[-1].item()
    penalties = early_stopping_as_ridge(x, 0.5 / large, 17)
    assert found["ridge"] == pytest.approx(ridge(x, y, 10**-0.3).tolist(), abs=1e-10)
    assert found["dropout"] == pytest.approx(ridge(x, y, dropout_as_ridge(x, 0.35)).tolist(), abs=1e-10)
    assert found["stopping"][:2] == pytest.approx(gradient_descent(x, y, 0.5 / large, 17).tolist(), abs=1e-10)
    assert found["stopping"][3:] == pytest.approx(penalties.flip(0).tolist(), rel=1e-9)
    assert ridge(x, y, penalties).tolist() == pytest.approx(found["stopping"][:2], abs=1e-10)


def test_ties_make_dropout_follow_ridge(explore, page):
    found = explore("regularization")(ties=["tied"], penalty=0.6)
    p = 10**0.6 / (1 + 10**0.6)
    assert float(page.locator("[name=p]").input_value()) == pytest.approx(p, abs=0.006)
    assert found["dropout"] == pytest.approx(found["ridge"], abs=1e-12), "the slider's grid must not round it"
    assert page.locator("[name=p], [name=steps]").evaluate_all("all => all.map(input => input.disabled)") == [
        True,
        True,
    ]
    explore("regularization")(ties=[])
    assert page.locator("[name=p]").is_enabled()


@pytest.mark.parametrize("penalty", [-2, 0, 1.2, 2])
def test_the_table_and_the_curve_stop_after_the_same_number_of_steps(explore, page, penalty):
    """Nobody takes half a step."""
    found = explore("regularization")(ties=["tied"], penalty=penalty, correlation=0.95, scale=3)
    apart = math.dist(found["ridge"][:2], found["stopping"][:2])
    (drawn,) = [far for power, far in found["curve"] if abs(power - penalty) < 1e-6]
    assert drawn == pytest.approx(apart, rel=1e-6)
    said = page.locator("[name=steps] + output").text_content()
    assert page.locator(".explorer__reading").inner_text().count(f"{said} step") == 1


def test_at_the_largest_stable_rate_the_steps_across_the_valley_do_not_shrink(explore, page):
    found = explore("preprocessing")(mean=3, scale=1, rate=1)
    assert (
        found["steps"] is None and "across the valley do not shrink" in page.locator(".explorer").inner_text()
    )
    best = torch.tensor([1.0, -1.0])
    assert torch.dist(torch.tensor(found["w"]), best) < torch.dist(torch.tensor([-1.5, 0.5]), best) / 2


@pytest.mark.parametrize(("mean", "scale", "rate"), [(3, 1, 0.9), (0, 5, 0.5), (1.5, 0.4, 0.99)])
def test_the_path_is_that_of_gradient_descent_on_data(computed, mean, scale, rate):
    found = computed("preprocessing")(mean=mean, scale=scale, rate=rate)
    x = torch.randn(200, 2, dtype=DOUBLE, generator=torch.Generator().manual_seed(0))
    x = x - x.mean(dim=0)  # with exactly these moments
    x = x @ torch.linalg.inv(torch.linalg.cholesky(x.T @ x / 200)).T
    x = x * torch.tensor([1, scale], dtype=DOUBLE) + mean
    y = x @ torch.tensor([1.0, -1.0], dtype=DOUBLE)
    w = torch.tensor([-1.5, 0.5], dtype=DOUBLE, requires_grad=True)
    eigenvalues = torch.linalg.eigvalsh(x.T @ x / 200)
    for _ in range(60):
        (gradient,) = torch.autograd.grad((x @ w - y).square().mean() / 2, w)
        w = (w - 2 * rate / eigenvalues[-1] * gradient).detach().requires_grad_()
    assert found["w"] == pytest.approx(w.tolist(), abs=1e-9)
    assert found["condition"] == pytest.approx((eigenvalues[-1] / eigenvalues[0]).item(), rel=1e-9)


def test_no_move_of_a_slider_breaks_an_explorer(explore, page):
    for chapter in PAGES:
        explore(chapter)
        for slider in page.locator(".explorer input[type=range]:enabled:visible").all():
            for key in ("Home", "End"):
                slider.press(key)
                page.wait_for_timeout(30)
        for choice in page.locator(".explorer select").all():
            for option in choice.locator("option").all():
                choice.select_option(option.get_attribute("value"))
                page.wait_for_timeout(30)
        drawn = page.locator("figure[data-started] path").evaluate_all(
            "paths => paths.map(path => path.getAttribute('d'))"
        )
        assert not any("NaN" in outline or "Infinity" in outline for outline in drawn), chapter


def test_an_explorer_works_by_keyboard_and_pointer(explore, page):
    explore("activations")
    reading = page.locator(".explorer__reading")
    before = reading.inner_text()
    page.locator("[name=x]").press("ArrowRight")
    page.wait_for_function(
        "before => document.querySelector('.explorer__reading').innerText !== before", arg=before
    )
    assert "−1.95" in reading.inner_text()
    box = page.locator("figure[data-started] svg").first.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.4)
    page.wait_for_function("() => !document.querySelector('.explorer__reading').innerText.includes('−1.95')")
    page.locator("[name=bricks][value=mish]").press("Space")
    page.get_by_role("row", name="Mish").wait_for()
    page.locator(".explorer button[type=reset]").press("Enter")
    page.get_by_role("row", name="Mish").wait_for(state="detached")
    assert "−2" in reading.inner_text()


def test_an_explorer_works_by_touch(browser, address):
    context = browser.new_context(has_touch=True, is_mobile=True, viewport={"width": 390, "height": 844})
    page = context.new_page()
    start(page, address, "activations")

    def tap(place, across=0.5, down=0.5):
        box = place.bounding_box()
        page.touchscreen.tap(box["x"] + across * box["width"], box["y"] + down * box["height"])

    reading = page.locator(".explorer__reading")
    assert "−2" in reading.inner_text()
    tap(page.locator("figure[data-started] svg").first, 0.8, 0.25)
    page.wait_for_function("() => !document.querySelector('.explorer__reading').innerText.includes('−2')")
    mish = page.locator("label", has=page.locator("[name=bricks][value=mish]"))
    mish.scroll_into_view_if_needed()
    tap(mish)
    page.get_by_role("row", name="Mish").wait_for()
    slider = page.locator("[name=x]")
    slider.scroll_into_view_if_needed()
    tap(slider, 0.9)
    page.wait_for_function("() => document.querySelector('[name=x]').value > 4")
    context.close()


@pytest.mark.parametrize("chapter", PAGES)
def test_on_a_phone_a_slider_and_what_it_moves_are_seen_together(explore, page, chapter):
    page.set_viewport_size({"width": 390, "height": 664})  # what the browser's own bars leave of 844
    explore(chapter)()
    sliders = page.locator(".explorer__slider:visible")
    for slider in sliders.all():
        slider.locator("input").focus()
        page.wait_for_timeout(50)
        drawing, control = (part.bounding_box() for part in (page.locator("svg.stacked"), slider))
        assert drawing["y"] >= 48 and drawing["y"] + drawing["height"] <= control["y"], "one hides the other"
        assert control["y"] + control["height"] <= 664
    assert not page.locator(".md-top").is_visible()


@pytest.mark.parametrize("chapter", PAGES)
def test_no_cell_of_a_table_runs_into_the_next(explore, page, chapter):
    page.set_viewport_size({"width": 390, "height": 844})
    explore(chapter)()
    wide = page.evaluate(
        """() => [...document.querySelectorAll(".explorer__table :is(td, th)")].filter((cell) => {
            const content = document.createRange()
            content.selectNodeContents(cell)
            return content.getBoundingClientRect().right > cell.getBoundingClientRect().right
        }).map((cell) => cell.textContent)"""
    )
    assert wide == []


def test_without_javascript_the_figure_of_the_snippet_stands_in(browser, address):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    for path in PAGES.values():
        page.goto(address + path)
        assert page.locator("figure[data-explorer] svg").first.is_visible()
        assert not page.locator("form.explorer").is_visible()
    context.close()


def test_the_script_comes_when_an_explorer_comes_into_view(page, address):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_viewport_size({"width": 800, "height": 200})
    page.goto(f"{address}gradients/explorer/")
    page.wait_for_load_state("networkidle")
    assert not any("explorers.js" in url for url in asked)
    page.locator("figure[data-explorer] figcaption").scroll_into_view_if_needed()
    page.locator("figure[data-started]").wait_for()
    assert sum("explorers.js" in url for url in asked) == 1


def test_a_script_that_did_not_come_is_asked_for_again(page, address):
    page.route("**/explorers.js", lambda route: route.abort())
    with page.expect_event("requestfailed"):
        page.goto(f"{address}gradients/explorer/")
        page.locator("figure[data-explorer]").scroll_into_view_if_needed()
    page.unroute("**/explorers.js")
    page.evaluate("document$.next(document)")  # what a move to another page does
    page.locator("figure[data-started]").wait_for()
    page.problems[:] = [problem for problem in page.problems if "ERR_FAILED" not in problem]


def test_what_is_drawn_is_said_once_after_a_change_and_not_before(explore, page):
    explore("activations")
    said = page.locator("form.explorer [role=status]")
    page.wait_for_timeout(800)
    assert said.text_content() == "", "nobody has asked yet"
    assert page.locator(".explorer output").evaluate_all(
        "all => all.every(output => output.ariaLive === 'off')"
    )
    for _ in range(3):
        page.locator("[name=x]").press("ArrowRight")
    said.filter(has_text="−1.85").wait_for(state="attached")
