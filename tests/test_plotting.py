import itertools
import re
import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgba
from torch import nn

from lego import plotting
from lego.activations import FACTS
from lego.plotting import LOOKS, PALETTE, look
from lego.training import History

# What eyes without one kind of cone see, in linear RGB: Machado, Oliveira & Fernandes (2009), severity 1.
SIGHT = {
    "full": np.eye(3),
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
}


def linear(color):
    value = np.array([int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    xyz = (
        np.array(
            [
                [0.4124, 0.3576, 0.1805],
                [0.2126, 0.7152, 0.0722],
                [0.0193, 0.1192, 0.9505],
            ]
        )
        @ rgb
    )
    x, y, z = np.cbrt(np.clip(xyz / [0.9505, 1.0, 1.089], 0, None))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def test_palette_is_eight_distinct_hex_strings():
    assert len(set(PALETTE)) == len(PALETTE) == 8
    assert all(re.fullmatch("#[0-9a-f]{6}", color) for color in PALETTE)


@pytest.mark.parametrize("color", PALETTE)
def test_contrast_on_white(color):
    luminance = np.array([0.2126, 0.7152, 0.0722]) @ linear(color)
    assert 1.05 / (luminance + 0.05) >= 3


@pytest.mark.parametrize("sight", SIGHT)
def test_colors_stay_apart_without_a_cone(sight):
    seen = [lab(np.clip(np.array(SIGHT[sight]) @ linear(color), 0, 1)) for color in PALETTE]
    closest = min(np.linalg.norm(one - two) for one, two in itertools.combinations(seen, 2))
    assert closest > 10  # 2.3 is just noticeable


@pytest.mark.parametrize("name", FACTS)
def test_every_activation_has_a_look_that_a_plot_takes(name):
    figure, axes = plt.subplots()
    (line,) = axes.plot([0, 1], [0, 1], **look(name))
    assert line.get_color() in PALETTE
    assert line.get_label()
    plt.close(figure)


def test_no_two_bricks_look_alike():
    looks = [(look(name)["color"], look(name)["linestyle"]) for name in LOOKS]
    assert len(set(looks)) == len(looks)


def test_dashes_start_at_the_start():
    offsets = [linestyle[0] for _, linestyle, _ in LOOKS.values() if isinstance(linestyle, tuple)]
    assert offsets and not any(offsets)


def test_a_look_is_the_callers_own():
    look("relu")["color"] = "black"
    assert look("relu")["color"] in PALETTE


def test_error_names_argument_rule_and_value():
    with pytest.raises(ValueError, match=r"name must be a name in LOOKS \(nearest: sigmoid.*got 'Sigmod'"):
        look("Sigmod")


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


DRAWINGS = {
    "activation": lambda **axes: plotting.activation("mish", **axes),
    "distributions": lambda **axes: plotting.distributions(
        {"1": torch.randn(99), "2": torch.zeros(9)}, **axes
    ),
    "gradient_flow": lambda **axes: plotting.gradient_flow({"0": 1.0, "2": 0.1}, **axes),
    "history": lambda **axes: plotting.history(History(loss=[3.0, 1.0]), **axes),
    "contours": lambda **axes: plotting.contours(lambda w: w.square().sum(dim=1), torch.eye(2), **axes),
    "regularization_path": lambda **axes: plotting.regularization_path(
        [1.0, 2.0], torch.eye(2), ["a", "b"], **axes
    ),
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_drawing_takes_axes_or_makes_them_and_changes_nothing_else(name):
    settings = dict(plt.rcParams)
    _, mine = plt.subplots()
    assert DRAWINGS[name](axes=mine) is mine and len(plt.get_fignums()) == 1
    assert mine.get_xlabel() and mine.has_data()
    assert DRAWINGS[name]() is not mine and len(plt.get_fignums()) == 2
    assert dict(plt.rcParams) == settings


def test_activation_draws_value_and_slope():
    axes = plotting.activation("cos(x) - x", low=-1, high=2)
    value, gradient = axes.get_lines()
    x = np.asarray(value.get_xdata())
    assert (x[0], x[-1]) == (-1, 2)
    np.testing.assert_allclose(value.get_ydata(), np.cos(x) - x, atol=1e-6)
    np.testing.assert_allclose(gradient.get_ydata(), -np.sin(x) - 1, atol=1e-6)
    acon, silu = (plotting.activation(name).get_lines()[0].get_ydata() for name in ("acon_c", "silu"))
    np.testing.assert_allclose(acon, silu, atol=1e-6)  # its layer would draw the slopes
    assert plotting.activation(torch.nn.ELU()).get_lines()[0].get_label() == "ELU"
    assert plotting.activation(torch.sin).get_lines()[0].get_label() == "sin"


def test_distributions_share_their_bins_and_keep_their_order():
    generator = torch.Generator().manual_seed(0)
    axes = plotting.distributions(
        {"wide": 3 * torch.randn(10_000, generator=generator), "narrow": torch.randn(500)}
    )
    wide, narrow = axes.patches
    assert wide.get_facecolor() == narrow.get_facecolor() == to_rgba(plotting.PALETTE[0])
    assert np.array_equal(wide.get_data().edges, narrow.get_data().edges)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["wide", "narrow"]
    assert max(wide.get_data().values) == pytest.approx(0.9) and max(
        narrow.get_data().values
    ) == pytest.approx(-0.1)


def test_gradient_flow_of_several_nets_and_a_norm_of_zero():
    axes = plotting.gradient_flow({"a": {"0": 1.0, "2": 0.0}, "b": {"0": 0.5, "2": 0.1}})
    first, second = axes.get_lines()
    assert np.isnan(first.get_ydata()[1]) and list(second.get_ydata()) == [0.5, 0.1]
    assert axes.get_yscale() == "log" and [text.get_text() for text in axes.get_legend().get_texts()] == [
        "a",
        "b",
    ]


def test_history_draws_plain_numbers_too():
    axes = plotting.history({"training": [3, 2, 1], "validation": [3, 2.5, 2.4]})
    assert [list(line.get_ydata()) for line in axes.get_lines()] == [[3, 2, 1], [3, 2.5, 2.4]]


def test_contours_have_the_first_weight_along_x():
    axes = plotting.contours(lambda w: w[:, 0], torch.tensor([[0.0, 1.0], [1.0, 1.5]]))
    (path,) = axes.get_lines()
    assert list(path.get_xdata()) == [0, 1] and list(path.get_ydata()) == [1, 1.5]
    for line in axes.collections[0].get_paths():
        for part in line.to_polygons(closed_only=False):
            assert np.ptp(part[:, 0]) < 1e-4, "a loss of the first weight alone has upright contours"


def test_activation_spans_five_to_both_sides_in_its_look():
    axes = plotting.activation("mish")
    value, gradient = axes.get_lines()
    assert (value.get_xdata()[0], value.get_xdata()[-1]) == (-5, 5)
    assert value.get_color() == gradient.get_color() == look("mish")["color"]
    assert [value.get_linestyle(), gradient.get_linestyle()] == ["-", "--"]


def test_distributions_span_the_middle_of_all_numbers():
    axes = plotting.distributions({"a": torch.arange(10_000.0), "b": torch.tensor([5000.0])})
    edges = axes.patches[0].get_data().edges
    assert len(edges) == 61 and (edges[0], edges[-1]) == (10, 9989)
    assert list(axes.get_yticks()) == [0, -1]
    assert [patch.get_data().baseline for patch in axes.patches] == [0, -1]
    apart = plotting.distributions({"a": torch.tensor([0.0, 1.0])}, bins=2).patches[0].get_data()
    np.testing.assert_allclose(apart.values, [0.9, 0.9])
    same = plotting.distributions({"a": torch.full((7,), 3.0)}, bins=4).patches[0].get_data()
    np.testing.assert_allclose(same.edges, [2.5, 2.75, 3, 3.25, 3.5])


def test_gradient_flow_of_norms_that_no_axis_holds():
    norms = {"0": 5e-324, "1": 9.9e199, "2": 1e200, "3": 1.7e308, "4": float("inf"), "5": 1.0}
    axes = plotting.gradient_flow(norms)
    axes.figure.draw_without_rendering()  # warned of an overflow
    heights = axes.lines[0].get_ydata()
    assert [height if height == height else None for height in heights] == [
        5e-324,
        9.9e199,
        None,
        None,
        None,
        1.0,
    ]


def test_gradient_flow_names_up_to_eight_layers():
    for layers, named in ((8, True), (9, False)):
        norms = {f"layer {i}": 10.0**-i for i in range(layers)}
        axes = plotting.gradient_flow(norms)
        (line,) = axes.get_lines()
        assert list(line.get_xdata()) == list(axes.get_xticks()) == list(range(1, layers + 1))
        labels = [label.get_text() for label in axes.get_xticklabels()]
        assert (labels == list(norms)) is named
        assert axes.get_legend() is None


def test_gradient_flow_has_the_names_of_the_deepest_net():
    short, deep, other = {"a": 1.0}, {"a": 1.0, "b": 0.5}, {"c": 1.0, "d": 2.0}
    axes = plotting.gradient_flow({"short": short, "deep": deep, "other": other})
    assert [label.get_text() for label in axes.get_xticklabels()] == ["a", "b"]


def test_colors_start_again_after_the_last():
    many = {str(i): [float(i), 1.0] for i in range(10)}
    norms = {name: {"0": 1.0} for name in many}
    for axes in (plotting.history(many), plotting.gradient_flow(norms)):
        colors = [line.get_color() for line in axes.get_lines()]
        assert colors == [*PALETTE, *PALETTE[:2]]
        assert [text.get_text() for text in axes.get_legend().get_texts()] == list(many)


def test_contours_fill_their_bounds():
    paths = [torch.zeros(2, 2)] * 9
    axes = plotting.contours(lambda w: w.square().sum(1), *paths, levels=3)
    assert [line.get_color() for line in axes.get_lines()] == [*PALETTE, PALETTE[0]]
    lines = axes.collections[0]
    ends = np.concatenate([path.vertices for path in lines.get_paths() if len(path.vertices)])
    assert (ends.min(), ends.max()) == pytest.approx((-2, 2), abs=0.06)
    few, many = (
        len(plotting.contours(lambda w: w[:, 0], levels=levels).collections[0].levels) for levels in (3, 9)
    )
    assert few < many
    usual = plotting.contours(lambda w: w[:, 0]).collections[0].levels
    assert list(usual) == list(plotting.contours(lambda w: w[:, 0], levels=8).collections[0].levels)
    assert lines.get_linewidth()[0] < 1  # a background
    part = plotting.contours(lambda w: w[:, 1], bounds=(1, 2, 3, 5)).collections[0]
    ends = np.concatenate([path.vertices for path in part.get_paths() if len(path.vertices)])
    assert (*ends.min(0), *ends.max(0)) == pytest.approx((1, 3, 2, 5), abs=0.3)


@pytest.mark.parametrize("bounds", [(0, 0, 0, 1), (0, 1, 1, 1), (0, 1, 2, 1)])
def test_contours_refuse_bounds_that_hold_nothing(bounds):
    with pytest.raises(ValueError, match="rising order"):
        plotting.contours(lambda w: w[:, 0], bounds=bounds)


def test_a_path_of_points_in_space_is_refused():
    with pytest.raises(ValueError, match=r"steps, 2\), got \(4, 3\)"):
        plotting.contours(lambda w: w[:, 0], torch.ones(4, 3))


def test_a_regularization_path_writes_names_where_coefficients_are_largest():
    coefficients = torch.arange(66.0).reshape(2, 33)
    axes = plotting.regularization_path([2.0, 0.5], coefficients, [str(i) for i in range(33)])
    lines = axes.get_lines()
    assert [line.get_color() for line in lines] == [PALETTE[i % 8] for i in range(33)]
    styles = [line.get_linestyle() for line in lines]
    assert styles[::8] == ["-", "--", "-.", ":", "-"] and styles[7] == "-"
    assert list(lines[3].get_ydata()) == [3, 36] and axes.get_xscale() == "log"
    assert [(text.get_text(), *text.xy) for text in axes.texts[:2]] == [("0", 0.5, 33), ("1", 0.5, 34)]
    assert not plotting.regularization_path([2.0, 0.5], coefficients).texts


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plotting.activation("mihs"), r"brick must be a name .*nearest: mish.*got 'mihs'"),
        (lambda: plotting.activation("mish", low=1, high=1), r"low must be below high, got 1 and 1"),
        (lambda: plotting.distributions({}), r"values must hold numbers under each name, got \[\]"),
        (lambda: plotting.distributions({"a": torch.tensor([float("nan")])}), r"values must be finite.*'a'"),
        (lambda: plotting.gradient_flow({}), r"norms must hold a norm for each layer, got none"),
        (lambda: plotting.history({}), r"record must hold numbers, got none"),
        (lambda: plotting.contours(lambda w: w[:, 0], levels=0), r"levels must be at least 1, got 0"),
        (lambda: plotting.contours(lambda w: w, bounds=(1, 0, 0, 1)), r"bounds must be .*got \(1, 0, 0, 1\)"),
        (lambda: plotting.contours(lambda w: w), r"loss must return the shape \(count,\), got \(6561, 2\)"),
        (lambda: plotting.contours(lambda w: w[:, 0], torch.ones(3)), r"paths must have .*got \(3,\)"),
        (lambda: plotting.regularization_path([1.0], torch.eye(2)), r"coefficients must .*got \(2, 2\)"),
        (
            lambda: plotting.regularization_path([0.0, 1.0], torch.eye(2)),
            r"penalties must be positive and finite, got 0",
        ),
        (
            lambda: plotting.regularization_path([1.0, float("inf")], torch.eye(2)),
            r"penalties must be positive and finite, got inf",
        ),
        (
            lambda: plotting.regularization_path([1.0, 2.0], torch.eye(2), ["a"]),
            r"names must be the 2 .*got 1",
        ),
    ],
)
def test_drawings_refuse_what_they_cannot_draw(call, message):
    with pytest.raises(ValueError, match=message):
        call()
    assert not plt.get_fignums(), "no empty figure is left behind"


def test_without_matplotlib_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=r"pip install '\.\[plot\]' in a clone of this project"):
        plotting.activation("relu")


def test_a_brick_that_works_in_place_is_drawn_over_its_inputs():
    lines = plotting.activation(nn.ReLU(inplace=True)).lines
    assert lines[0].get_xdata()[0] == -5 and lines[0].get_ydata()[0] == 0 and lines[1].get_xdata()[0] == -5


def test_a_function_without_a_look_of_its_own_is_drawn_in_the_first_color():
    lines = plotting.activation(torch.sin).lines
    assert [line.get_color() for line in lines] == [PALETTE[0]] * 2


def test_drawings_are_made_on_the_cpu_whatever_the_default():
    with torch.device("meta"):
        axes = plotting.activation("relu")
        assert axes.lines[0].get_ydata().max() > 0
        plotting.distributions({"a": torch.arange(9.0, device="cpu")})


def test_a_brick_is_drawn_as_it_answers_and_left_as_it_was():
    before = torch.get_rng_state()
    brick = nn.RReLU()
    lines = plotting.activation(brick).get_lines()
    assert torch.equal(torch.get_rng_state(), before) and brick.training
    x, y = (torch.as_tensor(values) for values in lines[0].get_data())
    torch.testing.assert_close(y, brick.eval()(x))
    half = nn.PReLU().half()
    plotting.activation(half)
    assert half.weight.dtype == torch.half


def test_a_function_of_another_shape_leaves_no_empty_figure():
    with pytest.raises(ValueError, match=r"brick must keep the shape \(401,\), got \(3,\)"):
        plotting.activation(lambda x: x[:3])
    assert not plt.get_fignums()


def test_a_history_of_no_step_is_refused():
    with pytest.raises(ValueError, match="record must hold numbers, got none"):
        plotting.history(History())
    assert not plt.get_fignums()


@pytest.mark.parametrize("brick", ["prelu", "swish", "acon_c", nn.PReLU()])
@pytest.mark.parametrize("mode", [torch.inference_mode, lambda: torch.device("meta")])
def test_a_brick_with_parameters_is_drawn_in_every_mode(brick, mode):
    expected = [line.get_ydata() for line in plotting.activation(brick).lines]
    with mode():
        found = [line.get_ydata() for line in plotting.activation(brick).lines]
    assert np.array_equal(found, expected)
