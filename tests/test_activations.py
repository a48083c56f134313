import copy
import inspect
import math
import warnings
from functools import partial

import mpmath as mp
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.autograd import forward_ad
from torch.func import grad, hessian, jacfwd, jacrev, jvp, vmap

import lego.activations
from lego.activations import (
    ACTIVATIONS,
    FACTS,
    SEARCH_CANDIDATES,
    AconA,
    AconB,
    AconC,
    Elementwise,
    MetaAcon,
    PReLU,
    SwiGLU,
    Swish,
    acon_a,
    acon_b,
    acon_c,
    bilinear,
    elu,
    geglu,
    gelu,
    glu,
    hardsigmoid,
    leaky_relu,
    mish,
    prelu,
    reglu,
    relu,
    sigmoid,
    swiglu,
    swish,
    tanh,
)

pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated")  # forward mode imports it
mp.mp.dps = 150
SELU_SCALE = mp.mpf("1.0507009873554804934193349852946")
SELU_ALPHA = mp.mpf("1.6732632423543772848170429916717")


def gate(x):
    return 1 / (1 + mp.exp(-x))


def positive(x):
    return x if x > 0 else mp.mpf(0)


ORACLES = {  # the papers' formulas, in multi-precision
    "sigmoid": gate,
    "tanh": mp.tanh,
    "relu": positive,
    "leaky_relu": lambda x: x if x > 0 else x * mp.mpf(0.01),
    "prelu": lambda x: x if x > 0 else x / 4,
    "elu": lambda x: x if x > 0 else mp.expm1(x),
    "selu": lambda x: SELU_SCALE * (x if x > 0 else SELU_ALPHA * mp.expm1(x)),
    "softplus": lambda x: positive(x) + mp.log1p(mp.exp(-abs(x))),
    "swish": lambda x: x * gate(x),
    "silu": lambda x: x * gate(x),
    "mish": lambda x: x * mp.tanh(positive(x) + mp.log1p(mp.exp(-abs(x)))),
    "acon_a": lambda x: x * gate(x),
    "acon_b": lambda x: 0.75 * x * gate(0.75 * x) + x / 4,
    "acon_c": lambda x: x * gate(x),
    "gelu": lambda x: x * mp.ncdf(x),
    "relu_squared": lambda x: positive(x) ** 2,
    "hardsigmoid": lambda x: min(max(x / 6 + 0.5, mp.mpf(0)), mp.mpf(1)),
    "hardtanh": lambda x: min(max(x, mp.mpf(-1)), mp.mpf(1)),
    "hardswish": lambda x: x * min(max(x / 6 + 0.5, mp.mpf(0)), mp.mpf(1)),
    "max(x, sigmoid(x))": lambda x: max(x, gate(x)),
    "cos(x) - x": lambda x: mp.cos(x) - x,
    "min(x, sin(x))": lambda x: min(x, mp.sin(x)),
    "arctan(x)^2 - x": lambda x: mp.atan(x) ** 2 - x,
    "max(x, tanh(x))": lambda x: max(x, mp.tanh(x)),
    "sinc(x) + x": lambda x: (mp.sin(x) / x if x else mp.mpf(1)) + x,
    "x * arcsinh(x)^2": lambda x: x * mp.asinh(x) ** 2,
}
NAMES = list(FACTS)
ABSOLUTE = {"gelu", "acon_b", "cos(x) - x", "arctan(x)^2 - x", "sinc(x) + x"}  # sums may cancel
BOTH_SIDES = [sign * size for size in (1e-38, 1e-20, 3e-9, 1e-5, 1e30) for sign in (-1, 1)]
POINTS = [
    -90.3,
    -37.1,
    -21.7,
    -9.3,
    -4.2,
    -1.37,
    -0.6,
    -0.13,
    0.21,
    0.9,
    1.8,
    3.3,
    7.7,
    16.9,
    20.3,
    35.1,
    89.4,
]


def brick(name, dtype=torch.double):
    if name == "acon_c":
        return AconC(p1=1.0, p2=0.0).to(dtype)
    return ACTIVATIONS[name]().to(dtype) if name in ACTIVATIONS else SEARCH_CANDIDATES[name]


def three(name, x):
    """Value, slope and second derivative at each element."""
    x = x.clone().requires_grad_()
    value = brick(name, x.dtype)(x)
    (slopes,) = torch.autograd.grad(value.sum(), x, create_graph=True)
    second = torch.zeros_like(x)
    if slopes.requires_grad:
        (found,) = torch.autograd.grad(slopes.sum(), x, allow_unused=True)
        second = second if found is None else found
    return value.detach(), slopes.detach(), second


def forward(name, x):
    """The same three, in forward mode within forward mode."""
    function, ones = brick(name, x.dtype), torch.ones_like(x)
    value, slopes = jvp(function, (x,), (ones,))
    _, second = jvp(lambda x: jvp(function, (x,), (ones,))[1], (x,), (ones,))
    return value.detach(), slopes.detach(), second.detach()


def mixed(name, x):
    """The same three; the second derivative in forward mode over reverse mode, as `torch.func.hessian` takes it."""
    function = brick(name, x.dtype)
    slopes, second = jvp(grad(lambda x: function(x).sum()), (x,), (torch.ones_like(x),))
    return function(x).detach(), slopes.detach(), second.detach()


WAYS = [three, forward, mixed]


def test_every_activation_has_its_facts_and_an_oracle():
    assert list(FACTS) == list(ORACLES)
    assert set(FACTS) == {*ACTIVATIONS, *SEARCH_CANDIDATES}
    assert list(SEARCH_CANDIDATES)[:2] == ["relu", "swish"] and len(SEARCH_CANDIDATES) == 9


@pytest.mark.parametrize("dtype", [torch.float, torch.double])
@pytest.mark.parametrize("name", NAMES)
def test_value_and_two_derivatives_against_multi_precision(name, dtype):
    x = torch.tensor(POINTS + BOTH_SIDES, dtype=torch.double).to(dtype)
    eps = torch.finfo(dtype).eps
    found = [torch.stack(parts) for parts in zip(*(way(name, x) for way in WAYS), strict=True)]
    for i, number in enumerate(x.tolist()):
        exact = [ORACLES[name](mp.mpf(number))]
        if abs(number) < 100:  # a difference quotient needs digits
            scale = mp.mpf(10) ** -12 * max(abs(number), mp.mpf("1e-3"))
            step = min(scale, abs(mp.mpf(number)) / 8)
            after, before = ORACLES[name](number + step), ORACLES[name](number - step)
            exact += [(after - before) / (2 * step), (after - 2 * exact[0] + before) / step**2]
        for parts, expected, limit in zip(found, exact, (4, 20, 20), strict=False):
            if abs(expected) > torch.finfo(dtype).max:
                assert parts[:, i].isinf().all()
                continue
            to_the_last_place = limit == 4 and name not in ABSOLUTE
            size = abs(expected) if to_the_last_place else max(1, abs(expected))
            for way, got in zip(WAYS, parts[:, i].tolist(), strict=True):
                wrong = way.__name__, number, got, expected
                assert abs(got - expected) <= limit * eps * size + 64 * torch.finfo(dtype).tiny, wrong


@pytest.mark.parametrize("dtype", [torch.double, torch.float, torch.bfloat16, torch.half])
@pytest.mark.parametrize("name", NAMES)
def test_all_three_stay_finite_up_to_the_largest_number_or_the_named_share_of_it(name, dtype):
    # the value of SELU is larger than its input; the others overflow on the way, as the module says
    top = torch.finfo(dtype).max * {"selu": 0.95, "gelu": 1 / 2, "hardswish": 1 / 7}.get(name, 1)
    if name in {"relu_squared", "x * arcsinh(x)^2"}:
        top **= 0.45
    for way, end in ((three, top), (forward, min(top, 1e30)), (mixed, min(top, 1e30))):
        sizes = np.append(np.geomspace(torch.finfo(dtype).tiny, end / 2, 59), end)
        x = torch.tensor([*-sizes, -0.0, 0.0, *sizes], dtype=torch.double).to(dtype)
        assert all(part.isfinite().all() for part in way(name, x)), way


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.half])
@pytest.mark.parametrize("name", NAMES)
def test_half_precision_is_float32_rounded(name, dtype):
    x = torch.linspace(-12, 12, 401).to(dtype)
    wide_value, wide_slopes, _ = three(name, x.float())
    eps = torch.finfo(dtype).eps
    for way in WAYS:
        value, slopes, _ = way(name, x)
        torch.testing.assert_close(value.float(), wide_value, rtol=eps, atol=1e-6)
        torch.testing.assert_close(slopes.float(), wide_slopes, rtol=2 * eps, atol=2 * eps)


@pytest.mark.parametrize("name", NAMES)
def test_infinities_give_the_limits_except_where_a_gate_closes(name):
    x = torch.tensor([-torch.inf, torch.inf], dtype=torch.double)
    gated = {"swish", "silu", "mish", "acon_a", "acon_c", "gelu", "hardswish"}
    undefined = {"cos(x) - x", "min(x, sin(x))", "sinc(x) + x"}
    for number, far, closed in zip(brick(name)(x).tolist(), (-1e30, 1e30), (gated, ()), strict=True):
        limit = float(ORACLES[name](mp.mpf(far)))
        if name in closed:
            assert math.isnan(number)
        elif name not in undefined:
            limit = math.copysign(math.inf, limit) if abs(limit) > 1e20 else limit
            assert number == pytest.approx(limit, rel=1e-12)
    assert math.isnan(brick(name)(torch.tensor(torch.nan, dtype=torch.double)).item())


@pytest.mark.parametrize("name", NAMES)
def test_derivatives_pass_autograds_own_checks(name):
    x = torch.tensor([-3.1, -0.7, 0.4, 2.2], dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(brick(name), x, check_forward_ad=True)
    assert torch.autograd.gradgradcheck(brick(name), x, check_fwd_over_rev=True)


@pytest.mark.parametrize("name", NAMES)
def test_forward_mode_and_reverse_mode_nest_in_each_other_and_in_vmap(name):
    function, generator = brick(name), torch.Generator().manual_seed(0)
    x, direction = 3 * torch.randn(2, 3, 4, generator=generator, dtype=torch.double)

    def total(x):
        return function(x).sum()

    slopes, second = grad(total)(x), jacrev(jacrev(total))(x)
    torch.testing.assert_close(jvp(function, (x,), (direction,))[1], slopes * direction)
    for twice in (hessian(total), jacfwd(jacfwd(total)), jacrev(jacfwd(total))):
        torch.testing.assert_close(twice(x), second)
    rows = vmap(lambda x, direction: jvp(function, (x[None],), (direction[None],))[1][0])(x, direction)
    torch.testing.assert_close(rows, slopes * direction)
    rows = jvp(vmap(lambda x: function(x[None])[0]), (x,), (direction,))[1]
    torch.testing.assert_close(rows, slopes * direction)
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(x, direction)
        torch.testing.assert_close(forward_ad.unpack_dual(function(dual)).tangent, slopes * direction)


@pytest.mark.parametrize("name", NAMES)
def test_any_shape_and_layout(name):
    layer = brick(name, torch.float)
    x = torch.randn(2, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    expected = layer(x)
    assert expected.shape == x.shape and expected.dtype == x.dtype
    for view in (
        lambda t: t.contiguous(memory_format=torch.channels_last),
        lambda t: t.transpose(2, 3),
        lambda t: t[..., ::2],
    ):
        torch.testing.assert_close(layer(view(x)), view(expected))
    assert layer(x[0, 0, 0, 0]).shape == () and layer(torch.empty(0, 3)).shape == (0, 3)


@pytest.mark.parametrize("name", NAMES)
def test_facts_are_those_of_the_function(name):
    facts, function = FACTS[name], brick(name)
    x = torch.linspace(-40, 40, 80001, dtype=torch.double)
    value, slopes, _ = three(name, x)
    steps = value.diff()
    assert facts.monotonic == bool((steps >= -1e-12).all() or (steps <= 1e-12).all())
    assert facts.smooth == bool(slopes.diff().abs().max() < 0.02)
    assert facts.low - 1e-12 <= value.min() and value.max() <= facts.high + 1e-12
    for end, extreme in ((facts.low, value.min()), (facts.high, value.max())):
        assert math.isinf(end) or extreme.item() == pytest.approx(end, abs=1e-7)
    far = function(torch.tensor([-1e9, 1e9], dtype=torch.double)).detach()
    assert (facts.low == -math.inf) == bool(far.min() < -1e3)
    assert (facts.high == math.inf) == bool(far.max() > 1e3)
    density = torch.exp(-x.square() / 2)
    density /= density.sum()
    mean = (density * value).sum()
    spread = (density * (value - mean).square()).sum().sqrt()
    assert facts.zero_centered == bool(mean.abs() < spread / 4)
    lowest = x[value == value.min()]
    if facts.minimum is None:
        assert len(lowest) > 1 or lowest[0] in (-40, 40)
    else:
        place, least = facts.minimum
        assert lowest.mean().item() == pytest.approx(place, abs=0.001)
        assert function(torch.tensor(place, dtype=torch.double)).item() == pytest.approx(least, abs=1e-14)
        assert float(ORACLES[name](mp.mpf(place))) == pytest.approx(least, abs=1e-15)


@pytest.mark.parametrize("name", NAMES)
def test_facts_are_those_of_the_docstring(name):
    function = SEARCH_CANDIDATES.get(name) or getattr(lego.activations, name)
    text = inspect.getdoc(function)
    assert f"$${FACTS[name].formula}$$" in text
    assert f"Source: {FACTS[name].source}" in text and f"({FACTS[name].year})" in text


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_layer_is_the_function(name):
    x = torch.linspace(-5, 5, 101)
    arguments = {"prelu": [torch.tensor([0.25])], "acon_c": [1.0, 0.0]}.get(name, [])
    assert torch.equal(brick(name, torch.float)(x), getattr(lego.activations, name)(x, *arguments))


def kept(function, x):
    """Bytes that autograd keeps, each storage once."""
    storages = {}

    def pack(tensor):
        storages[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        function(x)
    return sum(storages.values())


@pytest.mark.parametrize(
    "layer",
    [
        Swish(8),
        AconA(8),
        AconB(8),
        AconC(8),
        *(ACTIVATIONS[name]() for name in ("mish", "gelu", "hardsigmoid")),
    ],
)
@pytest.mark.parametrize("dtype", [torch.float, torch.bfloat16])
def test_only_input_and_parameters_are_kept_for_the_backward_pass(layer, dtype):
    layer = copy.deepcopy(layer).to(dtype)
    x = torch.randn(64, 8, 10, dtype=dtype, requires_grad=True)
    parameters = sum(p.numel() for p in layer.parameters())
    assert kept(layer, x) <= (x.numel() + parameters + 1) * dtype.itemsize  # p1 = 1 of ACON-B is a number too


@pytest.mark.parametrize("shape", [(), (3, 1), (4, 3, 1), (4, 3, 5)])
def test_parameters_of_every_shape_get_their_gradients(shape):
    generator = torch.Generator().manual_seed(0)
    tensors = [
        torch.randn(size, generator=generator, dtype=torch.double)
        for size in ((4, 3, 5), shape, shape, shape)
    ]
    tensors = [tensor.requires_grad_() for tensor in tensors]
    for function, inputs in ((acon_c, tensors), (acon_b, tensors[:3]), (swish, tensors[:2])):
        assert torch.autograd.gradcheck(function, inputs, check_forward_ad=True)
        assert torch.autograd.gradgradcheck(function, inputs, check_fwd_over_rev=True)


@pytest.mark.parametrize("layer", [PReLU(3), Swish(3), AconA(3), AconB(3), AconC(3), MetaAcon(3), SwiGLU(3)])
def test_the_parameters_of_layers_have_derivatives_in_forward_mode(layer):
    generator = torch.Generator().manual_seed(0)
    layer = copy.deepcopy(layer).double().eval()
    x = torch.randn(4, 3, generator=generator, dtype=torch.double)
    parameters = {name: p.detach() for name, p in layer.named_parameters()}

    def loss(parameters):
        return torch.func.functional_call(layer, parameters, (x,)).square().sum()

    directions = {name: torch.randn(p.shape, generator=generator).double() for name, p in parameters.items()}
    gradients = grad(loss)(parameters)
    expected = sum((gradients[name] * directions[name]).sum() for name in parameters)
    torch.testing.assert_close(jvp(loss, (parameters,), (directions,))[1], expected)


def test_the_family_of_acon():
    x = torch.linspace(-6, 6, 241, dtype=torch.double)
    torch.testing.assert_close(acon_a(x, 1.0), F.silu(x))
    torch.testing.assert_close(swish(x, 0.0), x / 2)
    torch.testing.assert_close(acon_c(x, 1.2, -0.4, 0.0), 0.4 * x)
    torch.testing.assert_close(acon_c(x, 1.2, -0.4, 1e6), torch.maximum(1.2 * x, -0.4 * x))
    torch.testing.assert_close(acon_b(x, 0.25, 1e6), F.leaky_relu(x, 0.25))
    naive = 1.6 * x * torch.sigmoid(3 * 1.6 * x) - 0.4 * x
    torch.testing.assert_close(acon_c(x, 1.2, -0.4, 3.0), naive)
    torch.testing.assert_close(acon_c(x, -0.4, 1.2, 3.0), naive)  # a maximum has no order


@settings(deadline=None, max_examples=60, derandomize=True)
@given(st.floats(-3, 3), st.floats(-3, 3), st.floats(0.05, 20))
def test_the_slope_of_acon_keeps_its_bounds(p1, p2, beta):
    x = torch.linspace(-50, 50, 2001, dtype=torch.double, requires_grad=True)
    (slopes,) = torch.autograd.grad(acon_c(x, p1, p2, beta).sum(), x)
    high, low = max(p1, p2), min(p1, p2)
    assert slopes.max() <= 1.0998 * high - 0.0998 * low + 1e-4 * (high - low) + 1e-12
    assert slopes.min() >= 1.0998 * low - 0.0998 * high - 1e-4 * (high - low) - 1e-12


@pytest.mark.parametrize("shape", [(4, 6), (4, 6, 5), (4, 6, 5, 2), (4, 6, 2, 2, 2)])
@pytest.mark.parametrize("layer", [Swish, AconB, AconC, MetaAcon, PReLU])
def test_channels_count_along_dimension_1(layer, shape):
    torch.manual_seed(0)
    brick = layer(6)
    x = torch.randn(shape)
    y = brick.eval()(x)
    assert y.shape == shape
    before = [parameter.detach().clone() for parameter in brick.parameters(recurse=False)]
    for channel in range(6):
        for parameter in brick.parameters(recurse=False):
            parameter.data[channel] += 1
        changed = (
            (brick(x) != y).flatten(2).any(dim=2).any(dim=0) if x.ndim > 2 else (brick(x) != y).any(dim=0)
        )
        assert changed.tolist() == [c == channel for c in range(6)]
        for parameter, values in zip(brick.parameters(recurse=False), before, strict=True):
            parameter.data.copy_(values)


@pytest.mark.parametrize("layer", [Swish(3), AconB(3), AconC(3), MetaAcon(3)])
def test_a_wrong_number_of_channels_is_told(layer):
    for shape in [(4, 5), (4, 5, 3), (3,)]:
        with pytest.raises(
            ValueError, match=rf"x must have 3 channels in dimension 1, got the shape \({shape[0]}"
        ):
            layer(torch.randn(shape))


def test_meta_acon_is_acon_c_with_a_beta_of_its_own():
    generator = torch.Generator().manual_seed(0)
    layer = MetaAcon(40, reduction=8, generator=generator).eval()
    assert layer.squeeze.out_features == 8 and MetaAcon(400, reduction=8).squeeze.out_features == 50
    assert MetaAcon(4).squeeze.out_features == 16 and MetaAcon(320).squeeze.out_features == 20
    x = torch.randn(5, 40, 6, 7, generator=generator)
    beta = layer.beta(x)
    assert beta.shape == (5, 40) and ((beta > 0) & (beta < 1)).all() and beta.std(dim=0).min() > 0
    mean = x.mean(dim=(2, 3))
    hidden = (
        mean @ layer.squeeze.weight.T + layer.squeeze.bias
    )  # new batch norms are the identity, up to epsilon
    torch.testing.assert_close(
        beta, torch.sigmoid(hidden @ layer.widen.weight.T + layer.widen.bias), rtol=0, atol=1e-4
    )
    p1, p2 = layer.p1[:, None, None], layer.p2[:, None, None]
    torch.testing.assert_close(layer(x), acon_c(x, p1, p2, beta[:, :, None, None]))


@pytest.mark.parametrize("make", [partial(AconC, 5), partial(AconC, p1=1.0, p2=0.0), partial(MetaAcon, 5)])
def test_what_is_no_generator_is_named(make):
    with pytest.raises(TypeError, match="generator must be a torch Generator, got 5"):
        make(generator=5)


def test_draws_come_from_the_generator_alone():
    before = torch.get_rng_state()
    for make in (
        lambda g: AconC(5, generator=g),
        lambda g: MetaAcon(5, generator=g),
        lambda g: SwiGLU(5, generator=g),
    ):
        one, two = (make(torch.Generator().manual_seed(3)) for _ in range(2))
        assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))
    assert torch.equal(torch.get_rng_state(), before)


def test_a_planted_beta_is_found_again():
    x = 3 * torch.randn(2000, generator=torch.Generator().manual_seed(0))
    layer = Swish(beta=1.5)
    optimizer = torch.optim.Adam(layer.parameters(), lr=0.05)
    for _ in range(200):
        optimizer.zero_grad()
        (layer(x) - swish(x, 0.5)).square().mean().backward()
        optimizer.step()
    assert layer.beta.item() == pytest.approx(0.5, abs=0.001)


def test_the_gated_family():
    gate, value = torch.randn(2, 7, 3, generator=torch.Generator().manual_seed(0)).unbind()
    torch.testing.assert_close(glu(gate, value), F.glu(torch.cat([value, gate], dim=-1)))
    for function, bend in [(bilinear, lambda g: g), (reglu, F.relu), (geglu, F.gelu), (swiglu, F.silu)]:
        torch.testing.assert_close(function(gate, value), bend(gate) * value)


def test_swiglu_keeps_the_parameters_of_a_plain_block():
    block = SwiGLU(96)
    assert sum(p.numel() for p in block.parameters()) == 2 * 96 * 4 * 96
    x = torch.randn(2, 5, 96)
    expected = (F.silu(x @ block.gate.weight.T) * (x @ block.value.weight.T)) @ block.output.weight.T
    torch.testing.assert_close(block(x), expected)
    assert sum(p.numel() for p in SwiGLU(4, hidden=6, bias=True).parameters()) == 3 * 24 + 16
    spread = torch.cat([p.flatten() for p in SwiGLU(400).gate.parameters()])
    assert spread.abs().max() <= 400**-0.5 and spread.std().item() == pytest.approx(
        (3 * 400) ** -0.5, rel=0.01
    )
    assert SwiGLU(1, hidden=1)(torch.ones(3, 1)).shape == (3, 1)


@pytest.mark.filterwarnings("ignore:There is a performance drop")
@pytest.mark.parametrize("function", [gelu, mish, swish, sigmoid, leaky_relu, hardsigmoid])
def test_vmap_and_nested_gradients(function):
    x = torch.randn(3, 4, generator=torch.Generator().manual_seed(0), dtype=torch.double)
    torch.testing.assert_close(vmap(function)(x), function(x))

    def total(row):
        return function(row).sum()

    slopes = vmap(grad(total))(x)
    second = vmap(grad(lambda row: grad(total)(row).sum()))(x)
    y = x.clone().requires_grad_()
    (expected,) = torch.autograd.grad(function(y).sum(), y, create_graph=True)
    torch.testing.assert_close(slopes, expected.detach())
    if expected.requires_grad:
        torch.testing.assert_close(second, torch.autograd.grad(expected.sum(), y)[0])


def test_vmap_over_parameters():
    x, beta = torch.randn(6, 4, dtype=torch.double), torch.rand(3, dtype=torch.double)
    stacked = vmap(swish, in_dims=(None, 0))(x, beta)
    torch.testing.assert_close(stacked, torch.stack([swish(x, b) for b in beta]))


@pytest.mark.parametrize("place", range(4))
def test_vmap_over_any_one_argument(place):
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(6, generator=generator, dtype=torch.double)
    arguments = [x, *torch.randn(3, generator=generator, dtype=torch.double)]
    arguments[place] = torch.randn(5, *arguments[place].shape, generator=generator, dtype=torch.double)
    places = tuple(0 if i == place else None for i in range(4))

    def slopes(*inputs):
        return grad(lambda *numbers: acon_c(*numbers).sum(), argnums=(0, 1, 2, 3))(*inputs)

    def one(i):
        return [a[i] if j == place else a for j, a in enumerate(arguments)]

    for function in (acon_c, slopes):
        expected = [function(*one(i)) for i in range(5)]
        found = vmap(function, in_dims=places)(*arguments)
        if function is acon_c:
            found, expected = (found,), [(row,) for row in expected]
        for batched, rows in zip(found, zip(*expected, strict=True), strict=True):
            torch.testing.assert_close(batched, torch.stack(rows))


@pytest.mark.filterwarnings("ignore:There is a performance drop")
def test_a_batch_of_gradients_flows_back():
    x = torch.randn(6, dtype=torch.double, requires_grad=True)
    for function in (gelu, mish, swish, hardsigmoid, lambda x: acon_c(x, 1.2, -0.4, 0.7)):
        (rows,) = torch.autograd.grad(function(x), x, torch.eye(6, dtype=torch.double), is_grads_batched=True)
        torch.testing.assert_close(rows, torch.diag(torch.autograd.grad(function(x).sum(), x)[0]))


@pytest.mark.parametrize("name", ["mish", "gelu", "swish", "acon_c", "softplus", "hardsigmoid"])
def test_compiles_and_exports(name):
    layer, x = brick(name, torch.float), torch.randn(2, 3, requires_grad=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the compiler, about itself
        compiled = torch.compile(layer, backend="aot_eager", fullgraph=True)
        torch.testing.assert_close(compiled(x), layer(x))
        (slopes,) = torch.autograd.grad(compiled(x).sum(), x)
        exported = torch.export.export(layer, (x.detach(),))
    torch.testing.assert_close(slopes, torch.autograd.grad(layer(x).sum(), x)[0])
    torch.testing.assert_close(exported.module()(x.detach()), layer(x.detach()))


@pytest.mark.parametrize("name", ["mish", "gelu", "swish", "acon_c", "hardsigmoid"])
def test_a_hessian_compiles_whole(name):
    function, x = brick(name), torch.tensor([0.5, -1.0, 4.0], dtype=torch.double)
    whole = hessian(lambda x: function(x).sum())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the compiler, about itself
        found = torch.compile(whole, backend="aot_eager", fullgraph=True)(x)
    torch.testing.assert_close(found, whole(x))


@pytest.mark.filterwarnings("ignore:.*should not be instantiated")  # of the compiler, about itself
@pytest.mark.parametrize(
    "function",
    [leaky_relu, elu, lambda x: swish(x, 2.0), lambda x: acon_a(x, 2.0), lambda x: acon_b(x, 0.2, 3), AconB(),
     AconB(4), Elementwise(leaky_relu), Elementwise(lambda x: acon_c(x, 1, 0.2, 2.0))],
)  # fmt: skip
def test_what_takes_numbers_compiles_whole(function):
    x = torch.linspace(-3, 3, 8).view(2, 4)
    compiled = torch.compile(function, backend="eager", fullgraph=True)
    assert torch.equal(compiled(x), function(x))


def test_meta_acon_needs_more_than_one_example_in_training_alone():
    layer = MetaAcon(3)
    with pytest.raises(ValueError, match="Expected more than 1 value per channel"):
        layer(torch.ones(1, 3))
    assert layer.eval()(torch.ones(1, 3)).shape == (1, 3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Swish(0), r"channels must be at least 1, got 0"),
        (lambda: PReLU(0), r"channels must be at least 1, got 0"),
        (lambda: MetaAcon(4, reduction=0), r"reduction must be at least 1, got 0"),
        (lambda: SwiGLU(0), r"width must be at least 1, got 0"),
        (lambda: SwiGLU(4, hidden=0), r"hidden must be at least 1, got 0"),
        (lambda: swish(torch.ones(3), torch.ones(2, 3)), r"beta must broadcast .*\(3,\), got \(2, 3\)"),
        (lambda: acon_c(torch.ones(4), torch.ones(3), 0.0), r"p1 must broadcast .*\(4,\), got \(3,\)"),
    ],
)
def test_errors_name_the_argument_the_rule_and_the_value(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_elementwise_makes_a_layer_of_a_function():
    layer = Elementwise(SEARCH_CANDIDATES["cos(x) - x"])
    assert layer(torch.zeros(2)).tolist() == [1, 1] and "cos_minus_x" in repr(layer)


def test_prelu_and_leaky_relu_differ_by_who_chooses():
    x = torch.randn(4, 3)
    assert torch.equal(prelu(x, torch.tensor([0.01])), leaky_relu(x))
    layer = PReLU(3, slope=0.1)
    layer(x).sum().backward()
    torch.testing.assert_close(layer.weight.grad, x.clamp(max=0).sum(dim=0))


def test_tanh_is_a_stretched_sigmoid_and_relu_has_slope_0_at_0():
    x = torch.linspace(-9, 9, 101, dtype=torch.double)
    torch.testing.assert_close(tanh(x), 2 * sigmoid(2 * x) - 1, rtol=0, atol=1e-15)
    zero = torch.zeros((), requires_grad=True)
    assert torch.autograd.grad(relu(zero), zero)[0] == 0


class Everything(nn.Module):
    """All activations and candidates beside one another."""

    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(brick(name, torch.float) for name in ACTIVATIONS)

    def forward(self, x):
        return torch.stack(
            [*(layer(x) for layer in self.layers), *(f(x) for f in SEARCH_CANDIDATES.values())]
        )


def test_all_of_them_export_to_onnx():
    import onnx.reference

    model, x = Everything().eval(), torch.linspace(-5, 5, 24).reshape(4, 6)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the exporter, about itself
        program = torch.onnx.export(model, (x,), dynamo=True, verbose=False)
    runner = onnx.reference.ReferenceEvaluator(program.model_proto)
    (y,) = runner.run(None, {runner.input_names[0]: x.numpy()})
    torch.testing.assert_close(torch.from_numpy(y), model(x).detach(), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", [*ACTIVATIONS, *SEARCH_CANDIDATES])
def test_the_slope_of_training_is_the_one_that_can_be_differentiated_again(name):
    """Backward passes take shortcuts where nothing more is asked of them."""
    torch.manual_seed(0)  # some bricks draw parameters
    brick = SEARCH_CANDIDATES[name] if name in SEARCH_CANDIDATES else ACTIVATIONS[name]().double().eval()
    x = torch.linspace(-5, 5, 101, dtype=torch.float64, requires_grad=True)
    (quick,) = torch.autograd.grad(brick(x).sum(), x)
    (again,) = torch.autograd.grad(brick(x).sum(), x, create_graph=True)
    assert torch.allclose(quick, again, rtol=1e-14, atol=1e-14)


def test_acon_with_huge_slopes_is_zero_at_zero():
    x = torch.tensor([0.0, 1.0, -1.0], requires_grad=True)
    parameters = [torch.tensor(value, requires_grad=True) for value in (1e20, 0.0, 1e20)]
    y = acon_c(x, *parameters)
    assert y.tolist() == pytest.approx([0.0, 1e20, 0.0])
    y[0].backward()
    assert x.grad[0].item() == pytest.approx(5e19) and all(p.grad.isfinite() for p in parameters)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
@pytest.mark.parametrize("number", [float, torch.tensor])
def test_a_beta_of_infinity_is_a_hard_maximum(dtype, number):
    x = torch.tensor([-2.0, -0.0, 0.0, 3.0], dtype=dtype, requires_grad=True)
    for beta in (math.inf, 1e30):
        y = swish(x, number(beta))
        assert y.tolist() == [0, 0, 0, 3]
        (slope,) = torch.autograd.grad(y.sum(), x)
        assert slope.tolist() == [0, 0.5, 0.5, 1]
        y = acon_c(x, number(1.0), number(-0.5), number(beta))
        assert y.tolist() == [1, 0, 0, 3]
        assert acon_c(x, number(1.0), number(1.0), number(beta)).tolist() == x.tolist()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_numbers_of_single_precision_stay_so_beside_half_precision(dtype):
    x = torch.full((4096, 64), 2.0, dtype=dtype)
    for make in (Swish, AconB, AconC):
        half = make()
        single = copy.deepcopy(half)
        half(x).float().sum().backward()
        single(x.float()).sum().backward()
        for found, expected in zip(half.parameters(), single.parameters(), strict=True):
            assert found.grad.dtype == torch.float32
            torch.testing.assert_close(found.grad, expected.grad, rtol=1e-4, atol=0)
    steep = torch.tensor([-20.0, -40.0], dtype=dtype)
    for beta in (0.251, torch.tensor(0.251)):
        exact = swish(steep.double(), torch.tensor(0.251, dtype=torch.double))
        torch.testing.assert_close(swish(steep, beta), exact.to(dtype))


def test_acon_of_the_largest_slopes_has_a_finite_gradient_of_its_switch():
    beta = torch.tensor(1.0, requires_grad=True)
    acon_c(torch.tensor(1.0), torch.tensor(1e30), torch.tensor(0.0), beta).backward()
    assert beta.grad.item() == 0.0


@pytest.mark.parametrize("brick", [gelu, mish, hardsigmoid, swish])
def test_a_second_derivative_by_reverse_mode_twice(brick):
    x = torch.tensor([0.5, -1.0], dtype=torch.double)
    found = torch.func.jacrev(torch.func.jacrev(lambda x: brick(x).sum()))(x)
    h = 1e-5
    steps = [
        (slope_of(brick, x + h * e) - slope_of(brick, x - h * e)) / (2 * h) for e in torch.eye(2).double()
    ]
    assert torch.allclose(found, torch.stack(steps), atol=1e-6)


def slope_of(brick, x):
    return torch.func.grad(lambda x: brick(x).sum())(x)


@pytest.mark.parametrize("gated", [glu, bilinear, reglu, geglu, swiglu])
def test_a_gate_of_another_dtype_does_not_overflow(gated):
    """PyTorch would compute in that of the tensor with dimensions, here half precision."""
    gate, value = torch.tensor(1e30, dtype=torch.bfloat16), torch.zeros(2, 2, dtype=torch.float16)
    found = gated(gate, value)
    assert found.dtype == torch.float32 and not found.any()
    same = gated(gate.half(), value.bfloat16().half())
    assert same.dtype == torch.float16


@pytest.mark.parametrize("dtype", [torch.half, torch.bfloat16])
@pytest.mark.parametrize("mixed", [False, True])
def test_the_gradient_of_a_slope_is_summed_in_its_own_precision(dtype, mixed):
    layer = lego.activations.PReLU()
    with torch.autocast("cpu", dtype, enabled=mixed):
        y = layer(torch.full((4096, 64), -2.0, dtype=dtype))
    assert y.dtype == dtype
    y.float().sum().backward()
    assert layer.weight.grad.item() == -2 * 4096 * 64


def test_the_gradient_of_a_double_beside_half_precision_does_not_overflow():
    x = torch.full((4096, 64), 2.0, dtype=torch.half)
    beta = torch.tensor(0.0, dtype=torch.double, requires_grad=True)
    swish(x, beta).float().sum().backward()
    assert beta.grad.item() == 4096 * 64  # x² σ'(0) each


@pytest.mark.parametrize(
    ("x", "p2", "slope"), [(0.0, 0.0, 5e29), (1.0, 0.0, 1e30), (1e10, -1e30, 1e30), (-1e10, 0.0, 0.0)]
)
def test_acons_change_is_finite_where_its_slope_is(x, p2, slope):
    x = torch.tensor(x)
    _, change = jvp(lambda x: acon_c(x, 1e30, p2), (x,), (torch.ones_like(x),))
    assert change.item() == pytest.approx(slope)
