import math
from functools import partial
from itertools import pairwise

import mpmath as mp
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize
from torch import nn

from lego.initialization import gain
from lego.propagation import (
    _rule,
    chi,
    correlation_map,
    critical,
    depth_scale,
    expectation,
    fixed_point,
    moments_jacobian,
    moments_map,
    variance_map,
    variances,
)


@pytest.mark.parametrize(
    ("function", "mean", "variance", "exact"),
    [
        (lambda z: z**6, 0.0, 1.0, 15.0),
        (torch.relu, 0.0, 1.0, 1 / math.sqrt(2 * math.pi)),
        (torch.relu, 0.5, 4.0, None),
        (torch.exp, 1.0, 0.25, math.exp(1.125)),
        (torch.cos, 0.3, 2.0, math.cos(0.3) * math.exp(-1)),
        (torch.sigmoid, 0.7, 0.0, 1 / (1 + math.exp(-0.7))),
    ],
)
def test_expectations(function, mean, variance, exact):
    if exact is None:
        std = mp.sqrt(variance)
        exact = float(mean * mp.ncdf(mean / std) + std * mp.npdf(mean / std))
    assert expectation(function, mean, variance) == pytest.approx(exact, rel=1e-12)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("single", [torch.tensor, np.float32], ids=["tensor", "NumPy"])
@pytest.mark.parametrize(
    ("function", "numbers"),
    [
        (partial(fixed_point, "tanh"), (1.25,)),  # neighbors of float32, halved, give one of the two
        (partial(fixed_point, "tanh"), (1.5, 0.0625)),
        (partial(critical, "tanh"), (0.0625,)),
        (partial(variance_map, "relu"), (1.5, 2.25, 0.125)),
        (partial(correlation_map, "tanh"), (0.375, 1.5, 2.25, 0.125)),
        (partial(chi, "tanh"), (1.5, 2.25)),
        (partial(expectation, torch.relu), (0.5, 2.25)),
        (depth_scale, (0.75,)),
    ],
)
def test_numbers_of_single_precision_are_computed_as_pythons_own(function, numbers, single):
    found = function(*map(single, numbers))
    assert type(found) is float and found == function(*numbers)


@settings(deadline=None, max_examples=60, derandomize=True)
@given(st.floats(-3, 3))
def test_a_kink_or_a_jump_off_the_panels_costs_no_more_than_is_said(place):
    density, beyond = float(mp.npdf(place)), float(mp.ncdf(-place))
    kinked = expectation(lambda z: torch.relu(z - place))
    assert kinked == pytest.approx(density - place * beyond, abs=3e-5)
    assert expectation(lambda z: (z > place).double()) == pytest.approx(beyond, abs=0.006)


@pytest.mark.parametrize("variance", [100, 1000])
def test_large_variances(variance):
    std = mp.sqrt(variance)
    places = [0, *(mp.mpf(k) / std for k in (1, 2, 5, 10, 20)), 13]
    exact = 2 * mp.quad(lambda z: mp.tanh(std * z) ** 2 * mp.npdf(z), places)
    assert variance_map("tanh", variance) == pytest.approx(float(exact), rel=1e-12)


def test_acon_c_by_name_has_fixed_slopes():
    state = torch.get_rng_state()
    assert variance_map("acon_c", 1.3) == pytest.approx(variance_map("silu", 1.3), rel=1e-12)
    assert torch.equal(torch.get_rng_state(), state)


def test_critical_points():
    assert critical("relu") == pytest.approx(2, abs=1e-9)
    assert critical("tanh") == pytest.approx(1, abs=1e-9)
    assert critical("tanh", 0.05) == pytest.approx(1.7610, abs=5e-5)
    assert critical("silu") == pytest.approx(4, abs=1e-6)
    q = fixed_point("tanh", critical("tanh", 0.05), 0.05)
    assert chi("tanh", q, critical("tanh", 0.05)) == pytest.approx(1, abs=1e-9)
    assert variance_map("tanh", q, critical("tanh", 0.05), 0.05) == pytest.approx(q, rel=1e-9)
    with pytest.raises(ValueError, match="activation must have a slope at zero"):
        critical("relu_squared")


@pytest.mark.parametrize("activation", ["gelu", "silu", "mish"])
def test_at_the_edge_without_biases_a_small_signal_stays_and_one_of_variance_1_grows(activation):
    edge = critical(activation)
    assert chi(activation, 1e-12, edge) == pytest.approx(1, abs=1e-5)
    found = variances(activation, 40, edge)
    assert all(b > 1.2 * a for a, b in pairwise(found)) and found[-1] > 1e5
    assert variance_map(activation, 1.0, gain(activation) ** 2) == pytest.approx(1, abs=1e-10)


@pytest.mark.parametrize(
    ("activation", "bias_variance", "below", "above"),
    [("gelu", 0.04, 0.706, 1.129), ("silu", 0.09, 0.84, 1.279), ("mish", 0.04, 0.91, 1.061)],
)
def test_with_small_biases_the_fixed_point_jumps_past_the_edge(activation, bias_variance, below, above):
    edge = critical(activation, bias_variance)
    less, more = 0.999 * edge, 1.001 * edge
    kept, grown = (variances(activation, 1500, weight, bias_variance) for weight in (less, more))
    assert kept[-1] == pytest.approx(fixed_point(activation, less, bias_variance), rel=1e-6)
    assert chi(activation, kept[-1], less) < below < 1, "a place where it is 1 would lie between"
    assert fixed_point(activation, more, bias_variance) == math.inf and grown[-1] > 1e9
    assert chi(activation, grown[-1], more) == pytest.approx(above, abs=0.002)
    assert fixed_point(activation, less, bias_variance, start=100.0) == math.inf


def test_fixed_points():
    assert fixed_point("relu", 1.0) == 0 and fixed_point("tanh", 0.5) == 0
    assert fixed_point("tanh", 1.0, start=1e-10) == 0, "at the edge a small signal moves too slowly to see"
    assert fixed_point("relu", 3.0) == math.inf
    assert fixed_point("relu", 1.0, 0.5) == pytest.approx(1.0, rel=1e-9)  # q = q/2 + 1/2
    assert fixed_point(lambda z: z, 0.5, 0.5) == pytest.approx(1.0, rel=1e-9)
    cubic = 1 / (15 * 1.5**2)  # q becomes 15 q^3 times this: 1.5 stays, less dies out, more grows
    assert (
        fixed_point(lambda z: z**3, cubic) == 0 and fixed_point(lambda z: z**3, cubic, start=2.0) == math.inf
    )
    slow = fixed_point("tanh", 1.001)  # a plain iteration takes thousands of steps
    assert slow == pytest.approx(fixed_point("tanh", 1.001, start=slow / 3), rel=1e-6)


@settings(deadline=None, max_examples=40, derandomize=True)
@given(st.floats(-1, 1), st.floats(0.01, 50))
def test_the_correlation_map_of_relu(correlation, variance):
    c = correlation
    exact = (math.sqrt(1 - c * c) + c * (math.pi - math.acos(c))) / math.pi
    assert correlation_map("relu", c, variance, 2.0) == pytest.approx(exact, abs=1e-9)


@settings(deadline=None, max_examples=30, derandomize=True)
@given(st.floats(-1, 1), st.floats(0.1, 3), st.floats(0, 2))
def test_the_correlation_map_of_a_linear_layer(correlation, weight_variance, bias_variance):
    after = weight_variance + bias_variance
    expected = (weight_variance * correlation + bias_variance) / after
    assert correlation_map(lambda z: z, correlation, 1.0, weight_variance, bias_variance) == pytest.approx(
        expected, abs=1e-10
    )


@pytest.mark.parametrize("variance", [0.25, 4.0])
@pytest.mark.parametrize(
    ("name", "before", "after"),
    [("tanh", 1, 1), ("relu", 1, 1), ("gelu", 1, 1), ("tanh", -1, -1), ("relu", -1, 0)],
)
def test_equal_signals_stay_equal_and_opposite_ones_are_opposite_or_apart(name, before, after, variance):
    assert correlation_map(name, before, variance, 1.5) == pytest.approx(after, abs=1e-9)


def test_chi_is_the_slope_of_the_correlation_map_at_one():
    q = fixed_point("tanh", 2.0, 0.1)
    step = 1e-4
    rise = (1 - correlation_map("tanh", 1 - step, q, 2.0, 0.1)) / step
    assert rise == pytest.approx(chi("tanh", q, 2.0), rel=1e-3)


def test_dropout_makes_equal_inputs_differ_and_moves_the_variance():
    assert correlation_map("relu", 1.0, 1.0, 2.0, keep=0.8) == pytest.approx(0.8)
    assert variance_map("relu", 1.0, 2.0, keep=0.8) == pytest.approx(1.25)


def test_tanh_fades_like_one_by_two_l():
    found = variances("tanh", 400)
    assert found[0] == 1 and found[99] == pytest.approx(0.00512, abs=1e-5)
    assert all(0.9 < 2 * (layer + 1) * found[layer] < 1.25 for layer in range(50, 400))
    relu = variances("relu", 5, 1 / 3)  # PyTorch's default: a sixth in each layer
    assert [b / a for a, b in pairwise(relu)] == pytest.approx([1 / 6] * 4)


def test_selu_keeps_mean_0_and_variance_1():
    assert moments_map("selu", 0.0, 1.0) == pytest.approx((0, 1), abs=1e-12)
    jacobian = moments_jacobian("selu")
    assert jacobian[0, 1].item() == pytest.approx(0.08883, abs=5e-6)
    assert jacobian[1, 1].item() == pytest.approx(0.78265, abs=5e-6)
    step = 1e-3
    for column, (mean, variance) in enumerate([(step, 1.0), (0.0, 1 + step)]):
        moved = torch.tensor(moments_map("selu", mean, variance)).double() - torch.tensor([0.0, 1.0]).double()
        torch.testing.assert_close(jacobian[:, column], moved / step, rtol=1e-3, atol=0.01)


def test_the_jacobian_is_the_slope_of_the_moments():
    at, step = (0.3, 2.5), 1e-5
    jacobian = moments_jacobian("gelu", *at)
    for column in (0, 1):
        ends = [list(at), list(at)]
        ends[0][column] -= step
        ends[1][column] += step
        low, high = (torch.tensor(moments_map("gelu", *end), dtype=torch.double) for end in ends)
        torch.testing.assert_close(jacobian[:, column], (high - low) / (2 * step), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", ["tanh", "relu", "gelu"])
def test_a_wide_network_does_what_the_maps_say(name):
    width, weight_variance, bias_variance = 1000, 1.5, 0.1
    function = {"tanh": torch.tanh, "relu": torch.relu, "gelu": F.gelu}[name]
    generator = torch.Generator().manual_seed(0)
    q, c = 1.0, 0.6
    z = torch.randn(2, width, generator=generator)
    z[1] = c * z[0] + math.sqrt(1 - c * c) * z[1]
    for _ in range(4):
        weight = torch.randn(width, width, generator=generator) * math.sqrt(weight_variance / width)
        bias = math.sqrt(bias_variance) * torch.randn(width, generator=generator)
        c = correlation_map(name, c, q, weight_variance, bias_variance)
        q = variance_map(name, q, weight_variance, bias_variance)
        z = function(z) @ weight.T + bias
    assert z.square().mean().item() == pytest.approx(q, rel=0.15)
    assert (z[0] @ z[1] / (z[0].norm() * z[1].norm())).item() == pytest.approx(c, abs=0.05)


def test_depth_scale():
    assert depth_scale(1) == math.inf and depth_scale(math.exp(-0.1)) == pytest.approx(10)
    assert depth_scale(math.exp(0.5)) == pytest.approx(2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: expectation(torch.relu, variance=-1), "variance must be finite and at least 0, got -1"),
        (lambda: expectation(lambda z: z[:3]), "function must be elementwise"),
        (lambda: expectation(lambda z: 1 / (z - z)), "function must be finite for normal numbers"),
        (lambda: variance_map("relu", 1.0, -1), "weight_variance must be finite and at least 0, got -1"),
        (lambda: variance_map("relu", 1.0, 1, -2), "bias_variance must be finite and at least 0, got -2"),
        (lambda: variance_map("relu", 1.0, keep=0), "keep must be above 0 and at most 1, got 0"),
        (lambda: variance_map("rleu", 1.0), "activation must be a name in ACTIVATIONS .*relu.*got 'rleu'"),
        (lambda: variance_map(3, 1.0), "activation must be a name, a function or a module, got 3"),
        (lambda: correlation_map("relu", 1.5, 1.0), "correlation must be from -1 to 1, got 1.5"),
        (lambda: variances("relu", 0), "depth must be at least 1, got 0"),
        (lambda: depth_scale(0), "factor must be above 0, got 0"),
        (lambda: moments_jacobian("relu", 0, 0), "variance must be above 0, got 0"),
    ],
)
def test_errors_name_the_argument_the_rule_and_the_value(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_module_stays_as_it_was():
    layer = nn.PReLU()
    variance_map(layer, 1.0)
    assert layer.weight.dtype == torch.float and layer.weight.requires_grad


@pytest.mark.parametrize(
    ("activation", "weights", "biases", "expected"),
    [
        ("relu", 2.0, 0.1, math.inf),  # each layer adds 0.1
        ("leaky_relu", 2 / 1.0001, 0.3, math.inf),
        ("relu", 2.0000002, 0.1, math.inf),
        ("softplus", 2.0, 0.0, math.inf),
        ("relu", 1.999, 0.1, 200.0),  # 0.1 divided by 1 - 1.999/2
        ("relu", 1.0, 1e-10, 2e-10),
        ("tanh", 0.5, 1e-10, 2e-10),
    ],
)
def test_what_grows_without_end_has_no_fixed_point_and_a_small_one_is_found(
    activation, weights, biases, expected
):
    assert fixed_point(activation, weights, biases) == pytest.approx(expected, rel=1e-6)


def test_the_edge_is_found_up_to_a_weight_variance_of_a_hundred():
    found = critical(lambda z: 0.104 * torch.tanh(z), 1e-6)
    assert 85.3 < found < 100  # between the last two steps of the search
    q = fixed_point(lambda z: 0.104 * torch.tanh(z), found, 1e-6)
    assert chi(lambda z: 0.104 * torch.tanh(z), q, found) == pytest.approx(1, abs=1e-6)
    with pytest.raises(ValueError, match="got none for weight variances up to 100"):
        critical(lambda z: 0.099 * torch.tanh(z), 1e-6)


def test_a_module_that_draws_is_taken_as_after_training():
    before = torch.get_rng_state()
    slope = (1 / 8 + 1 / 3) / 2
    assert gain(torch.nn.RReLU()) == gain(torch.nn.RReLU()) == pytest.approx(gain(torch.nn.LeakyReLU(slope)))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(
    "activation",
    [nn.Softmax(-1), nn.Softmax(1), nn.LayerNorm(1248), nn.Linear(3, 3), lambda z: z.cumsum(-1),
     lambda z: z.flip(-1).cumsum(-1).flip(-1), lambda z: z - z.mean()],
)  # fmt: skip
def test_what_is_not_elementwise_is_refused(activation):
    with pytest.raises(ValueError, match="function must be elementwise"):
        gain(activation)


def test_other_defaults_and_inference_change_nothing():
    expected = gain("relu"), gain("tanh"), gain(torch.nn.GELU())
    with torch.device("meta"):
        assert (gain("relu"), gain("tanh")) == expected[:2]
    with torch.inference_mode():
        assert (gain("relu"), gain("tanh"), gain(torch.nn.GELU())) == expected
        assert gain("tanh", backward=True) > 1


def test_a_function_may_work_in_place_or_give_booleans():
    assert gain(torch.exp_) == gain(torch.exp) and gain(nn.ReLU(inplace=True)) == gain("relu")
    assert expectation(lambda z: z > 0) == pytest.approx(0.5)


@pytest.mark.parametrize("activation", ["prelu", "acon_c", "cos(x) - x", nn.PReLU()])
def test_activations_with_parameters_know_no_other_device_or_mode(activation):
    expected = gain(activation), chi(activation, 1.3), correlation_map(activation, 0.4, 1.3)
    jacobian = moments_jacobian(activation)
    for mode in (torch.device("meta"), torch.inference_mode()):
        _rule.cache_clear()
        with mode:
            found = gain(activation), chi(activation, 1.3), correlation_map(activation, 0.4, 1.3)
            assert found == expected and torch.equal(moments_jacobian(activation), jacobian)
        assert chi(activation, 1.3) == expected[1], "what the mode left in the cache is of use outside"


def test_the_edge_of_an_activation_that_is_not_0_at_0():
    """Its signal never dies, so that the edge is where its fixed point is, not at a signal of no size."""
    near = critical("softplus", 1e-9)
    assert critical("softplus") == pytest.approx(near, rel=1e-6) and near == pytest.approx(2, abs=0.01)
    with pytest.raises(ValueError, match="activation must reach the edge of chaos"):
        critical("sigmoid")


@pytest.mark.parametrize(
    ("activation", "weights", "biases", "start", "between"),
    [
        ("softplus", 1.999999, 0.0, 1.0, (1e4, 1e5)),
        ("softplus", 2 - 1e-8, 0.0, 1.0, (1e5, 1e6)),
        ("gelu", 2.0, 0.05, 50.0, (0.1, 1.0)),  # steps that hardly change lead far away
        ("relu", 2 - 1e-8, 1.0, 1.0, (1e7, 1e9)),
        ("tanh", 1.0 + 1e-7, 0.0, 1.0, (1e-8, 1e-6)),
    ],
)
def test_a_fixed_point_that_is_reached_slowly_is_found(activation, weights, biases, start, between):
    expected = optimize.brentq(lambda q: variance_map(activation, q, weights, biases) - q, *between)
    assert fixed_point(activation, weights, biases, start=start) == pytest.approx(expected, rel=1e-6)


def test_a_fixed_point_near_zero_is_exact():
    for bias_variance in (1e-13, 1e-14, 1e-16):  # q = q / 4 + b, for ReLU halves the square
        q = fixed_point("relu", 0.5, bias_variance)
        assert q == pytest.approx(4 / 3 * bias_variance, rel=1e-9)


def test_a_start_at_the_end_of_float64_is_one():
    assert fixed_point("tanh", 1.5, start=1e308) == pytest.approx(fixed_point("tanh", 1.5), rel=1e-9)


def test_what_grows_beyond_all_numbers_grows():
    assert fixed_point(torch.exp, 1.0) == fixed_point(torch.exp, 2.0, 0.1) == math.inf
    assert fixed_point(torch.exp, 0.0, 0.1) == pytest.approx(0.1)
    with pytest.raises(ValueError, match="function must be finite for normal numbers, got a mean of nan"):
        fixed_point(lambda z: z.exp() - z.exp() * 2, 1.0, start=1e6)


def test_moments_of_a_function_that_gives_booleans():
    assert moments_map(lambda z: z > 0, 0.0, 1.0) == pytest.approx((0.5, 0.25))


def test_variances_add_the_biases_and_start_where_they_are_told_to():
    assert variances("relu", 3, 2.0, 0.5, start=3.0) == pytest.approx([3.0, 3.5, 4.0])


@pytest.mark.timeout(60)
@pytest.mark.parametrize("bias_variance", [1.0, 0.5, 0.25, 0.1, 1e-9])
@pytest.mark.parametrize(("activation", "weight_variance"), [("relu", 2.0), (lambda z: z, 1.0)])
def test_what_grows_by_the_same_step_from_zero_grows_without_end(activation, weight_variance, bias_variance):
    assert fixed_point(activation, weight_variance, bias_variance, start=0.0) == math.inf


def test_an_edge_at_a_small_weight_variance_is_found():
    assert critical(lambda z: 50 * z, 0.1) == pytest.approx(1 / 2500, rel=1e-9)
    assert critical(lambda z: 1e5 * z, 0.1) == pytest.approx(1e-10, rel=1e-9)
    found = critical(lambda z: torch.tanh(50 * z), 1e-6)
    q = fixed_point(lambda z: torch.tanh(50 * z), found, 1e-6)
    assert found < 1e-3 and chi(lambda z: torch.tanh(50 * z), q, found) == pytest.approx(1, abs=1e-6)
    with pytest.raises(ValueError, match="got it only for weight variances below 1e-12"):
        critical(lambda z: 1e7 * z, 0.1)


def test_a_near_miss_of_a_candidate_names_it():
    with pytest.raises(
        ValueError, match=r"a name in ACTIVATIONS and SEARCH_CANDIDATES \(nearest: cos\(x\) - x"
    ):
        chi("cos(x)-x", 1.0)


def test_a_layer_without_any_variance_has_no_correlation():
    with pytest.raises(ValueError, match="weight_variance or bias_variance must be above 0, got 0 for both"):
        correlation_map("relu", 0.5, 1.0, 0.0, 0.0)
    assert correlation_map("relu", 0.5, 1.0, 0.0, 0.1) == 1


def test_a_fixed_point_next_to_a_jump_is_not_passed_over():
    """The steps there are short for long, and a jump along them can land beyond."""
    z, shares = np.polynomial.hermite_e.hermegauss(150)
    shares = shares / shares.sum()
    weight_variance, q = 2.0756, 1.0
    for _ in range(20_000):
        h = np.sqrt(q) * z / (1 + np.exp(-np.sqrt(q) * z))
        q = weight_variance * (shares * h**2).sum() + 0.36
    assert fixed_point("silu", weight_variance, 0.36) == pytest.approx(q, rel=1e-4)
    assert critical("silu", 0.36) == pytest.approx(2.075718, abs=2e-6)
