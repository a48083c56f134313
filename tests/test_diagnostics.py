import collections
import copy
import dataclasses
import functools
import math
import statistics
import threading
import types
import warnings
from typing import NamedTuple

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import prune
from torch.nn.utils.parametrizations import weight_norm
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
from torch.utils.flop_counter import FlopCounterMode

from lego import diagnostics
from lego._layers import hidden_layers
from lego.activations import AconC, Swish
from lego.datasets import digits
from lego.diagnostics import Finding, Report, Watch, diagnose, gradient_norms, slope
from lego.initialization import initialize
from lego.preprocessing import Standardize
from lego.regularization import AlphaDropout, DropConnect, Dropout, GaussianNoise, smooth_labels
from lego.stack import mlp
from lego.training import fit
from tests.models import Buffers, scripted


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def vectors(count=128, features=32, dtype=torch.float):
    generator = seeded(7)
    x = torch.randn(count, features, dtype=dtype, generator=generator)
    return x, torch.randint(10, (count,), generator=generator)


def images(count=64):
    generator = seeded(7)
    return torch.randn(count, 3, 16, 16, generator=generator), torch.randint(
        10, (count,), generator=generator
    )


def deep(activation="relu", init="he_normal", depth=8, **options):
    return mlp([32] * depth + [10], activation, init=init, generator=seeded(), **options)


class Convolutional(nn.Module):
    """Nothing but functions between the weighted layers."""

    def __init__(self, bend=F.relu):
        super().__init__()
        self.bend = bend
        self.first = nn.Conv2d(3, 16, 3, padding=1)
        self.second = nn.Conv2d(16, 32, 3, padding=1)
        self.third = nn.Conv2d(32, 32, 3, padding=1)
        self.fourth = nn.Linear(32 * 16, 64)
        self.last = nn.Linear(64, 10)
        initialize(self, "he_normal", generator=seeded())

    def forward(self, x):
        x = F.max_pool2d(self.bend(self.first(x)), 2)
        x = self.bend(self.third(self.bend(self.second(x))))
        x = self.bend(self.fourth(F.max_pool2d(x, 2).flatten(1)))
        return self.last(x)


class Residual(nn.Module):
    """A post-activation block that works in place wherever it can."""

    def __init__(self, channels=16, last_scale=1.0):
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.first_norm = nn.BatchNorm2d(channels)
        self.second = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.second_norm = nn.BatchNorm2d(channels)
        nn.init.constant_(self.second_norm.weight, last_scale)

    def forward(self, x):
        y = self.second_norm(self.second(F.relu_(self.first_norm(self.first(x)))))
        y += x
        return F.relu_(y)


def residual(last_scale=1.0):
    stem = [nn.Conv2d(3, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(inplace=True)]
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10)]
    return initialize(
        nn.Sequential(*stem, *(Residual(last_scale=last_scale) for _ in range(3)), *head),
        "he_normal",
        generator=seeded(),
    )


class Shared(nn.Module):
    """One cell used five times."""

    def __init__(self, bend=torch.tanh, scale=1.0):
        super().__init__()
        self.bend = bend
        self.cell = initialize(nn.Linear(32, 32), "lecun_normal", gain=scale, generator=seeded())
        self.out = initialize(nn.Linear(32, 10), "lecun_normal", generator=seeded(1))

    def forward(self, x):
        for _ in range(5):
            x = self.bend(self.cell(x))
        return self.out(x)


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.norm = nn.Embedding(10, 16), nn.LayerNorm(16)
        self.query, self.key, self.value, self.merge = (nn.Linear(16, 16) for _ in range(4))
        self.out = nn.Linear(16, 10)
        initialize(self, "xavier_normal", generator=seeded())
        nn.init.normal_(self.embed.weight, generator=seeded())

    def forward(self, tokens):
        x = self.embed(tokens)
        h = self.norm(x)
        h = F.scaled_dot_product_attention(self.query(h), self.key(h), self.value(h))
        return self.out(x + self.merge(h)).transpose(1, 2)


class Counting(nn.Module):
    """Replaces its buffer, and draws random numbers, in every call."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(32, 10)
        self.register_buffer("calls", torch.zeros(()))
        self.kept = self.calls

    def forward(self, x):
        self.calls = self.calls + 1
        return self.layer(x + 0.01 * torch.randn_like(x))


def frozen():
    model = deep()
    for layer in model[:6]:
        layer.requires_grad_(False)
    return model


def tokens():
    return (numbers := torch.randint(10, (32, 6), generator=seeded())), numbers


HEALTHY = {
    "relu": (deep, vectors),
    "relu by default": (lambda: deep("relu", "pytorch", depth=4), vectors),
    "tanh": (lambda: deep("tanh", "xavier_normal"), vectors),
    "gelu": (lambda: deep(nn.GELU), vectors),
    "functional": (Convolutional, images),
    "residual": (residual, images),
    "residual, last scale zero": (lambda: residual(0.0), images),
    "batch norm": (lambda: deep(norm="batch"), vectors),
    "batch norm, sigmoid": (
        lambda: deep("sigmoid", "xavier_normal", norm="batch"),
        vectors,
    ),
    "layer norm": (lambda: deep(norm="layer"), vectors),
    "shared": (Shared, vectors),
    "frozen": (frozen, vectors),
    "dropout": (lambda: deep(dropout=0.5), vectors),
    "attention": (Attention, tokens),
    "one layer": (lambda: mlp([32, 10], generator=seeded()), vectors),
    "the layer itself": (
        lambda: initialize(nn.Linear(32, 10), "lecun_normal", generator=seeded()),
        vectors,
    ),
    "widths": (lambda: mlp([32, 1024, 512, 256, 128, 10], generator=seeded()), vectors),
    "counting": (Counting, vectors),
}

RANDOM = ("dropout", "counting")


# slope


@pytest.mark.parametrize("dtype", [torch.double, torch.float, torch.bfloat16, torch.half])
def test_slope_in_every_dtype(dtype):
    x = torch.linspace(-4, 4, 30, dtype=dtype).reshape(2, 3, 5)
    gradient = slope(torch.tanh, x)
    assert gradient.dtype == dtype and gradient.shape == x.shape
    assert not gradient.requires_grad and not x.requires_grad
    expected = 1 / np.cosh(x.double().numpy()) ** 2
    np.testing.assert_allclose(gradient.double(), expected, atol=2 * torch.finfo(dtype).eps)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (torch.relu, [0.0, 0.0, 1.0]),
        (lambda x: x * 3, [3.0, 3.0, 3.0]),
        (torch.ones_like, [0.0, 0.0, 0.0]),
        (lambda x: torch.zeros_like(x).requires_grad_(), [0.0, 0.0, 0.0]),
        (nn.LeakyReLU(0.1), [0.1, 0.1, 1.0]),
        (lambda x: F.relu(x, inplace=True), [0.0, 0.0, 1.0]),
        (nn.PReLU(init=0.5), [0.5, 0.5, 1.0]),
    ],
)
def test_slope_of_functions_and_modules(function, expected):
    x = torch.tensor([-2.0, 0.0, 2.0])
    with torch.no_grad():
        assert slope(function, x).tolist() == pytest.approx(expected)
    assert x.tolist() == [-2, 0, 2]
    assert all(parameter.grad is None for parameter in getattr(function, "parameters", list)())


def test_slope_leaves_a_gradient_that_x_has():
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    (x * 5).sum().backward()
    assert slope(torch.square, x).tolist() == [2.0, 4.0]
    assert x.grad.tolist() == [5.0, 5.0]


def test_slope_errors_name_argument_rule_and_value():
    with pytest.raises(ValueError, match=r"x must be floating point, got torch.int64"):
        slope(torch.relu, torch.arange(3))
    with pytest.raises(ValueError, match=r"function must keep the shape \(3,\), got \(\)"):
        slope(torch.sum, torch.ones(3))


# gradient_norms


@pytest.mark.parametrize("name", [name for name in HEALTHY if name not in RANDOM])
def test_gradient_norms_are_those_of_backward(name):
    make, data = HEALTHY[name]
    model, (x, y) = make(), data()
    norms = gradient_norms(model, x, y)
    F.cross_entropy(model(x), y).backward()
    expected = {
        layer or "model": module.weight.grad.norm().item()
        for layer, module in model.named_modules()
        if getattr(module, "weight", None) is not None
        and module.weight.ndim > 1
        and module.weight.requires_grad
    }
    assert norms == pytest.approx(expected, rel=1e-4)


def test_gradient_norms_stand_in_forward_order():
    class Backwards(nn.Module):
        def __init__(self):
            super().__init__()
            self.last, self.unused, self.first = (
                nn.Linear(8, 10),
                nn.Linear(3, 3),
                nn.Linear(32, 8),
            )

        def forward(self, x):
            return self.last(torch.tanh(self.first(x)))

    assert list(gradient_norms(Backwards(), *vectors())) == ["first", "last"]


def test_gradient_norms_of_frozen_and_unreached_layers():
    model = mlp([32, 8, 10]).requires_grad_(False)
    assert gradient_norms(model, *vectors()) == {}
    model[0].requires_grad_(True)
    norms = gradient_norms(
        model,
        *vectors(),
        loss=lambda output, target: output.detach().sum() + model[0].bias.sum(),
    )
    assert norms == {"0": 0.0}


def test_gradient_norms_of_parametrized_weights():
    plain = mlp([32, 16, 10], "tanh", generator=seeded()).double()
    wrapped = copy.deepcopy(plain)
    weight_norm(wrapped[0])
    x, y = vectors(dtype=torch.double)
    assert gradient_norms(wrapped, x, y) == pytest.approx(gradient_norms(plain, x, y))


# What must not change


def snapshot(model):
    return {
        "tensors": [(id(t), t.detach().clone()) for t in (*model.parameters(), *model.buffers())],
        "gradients": [p.grad if p.grad is None else (id(p.grad), p.grad.clone()) for p in model.parameters()],
        "flags": [(p.requires_grad, p._version) for p in model.parameters()],
        "modes": [m.training for m in model.modules()],
        "hooks": [
            {
                key: list(value)
                for key, value in vars(m).items()
                if key.endswith("_hooks") and value is not None
            }
            for m in model.modules()
        ],
        "random": torch.get_rng_state(),
    }


def same(one, two):
    if isinstance(one, torch.Tensor):
        return one.dtype == two.dtype and torch.equal(one, two)
    if isinstance(one, dict):
        return one.keys() == two.keys() and all(same(one[key], two[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(two) and all(map(same, one, two))
    return one == two


def prepared(name):
    """A model with gradients from an earlier step, a hook of its own, mixed modes, and its data."""
    make, data = HEALTHY[name]
    model, (x, y) = make(), data()
    F.cross_entropy(model(x), y).backward()
    next(model.modules()).register_forward_hook(lambda *_: None)
    for module in list(model.modules())[1::3]:
        module.training = False
    return model, x, y


@pytest.mark.parametrize("tool", [diagnose, gradient_norms])
@pytest.mark.parametrize("name", HEALTHY)
def test_everything_is_as_before(name, tool):
    model, x, y = prepared(name)
    before, inputs = snapshot(model), x.clone()
    tool(model, (x, y)) if tool is diagnose else tool(model, x, y)
    assert same(snapshot(model), before)
    assert torch.equal(x, inputs) and not x.requires_grad


@pytest.mark.parametrize("tool", [diagnose, gradient_norms])
@pytest.mark.parametrize("name", HEALTHY)
def test_everything_is_as_before_after_an_exception(name, tool):
    model, x, y = prepared(name)
    before = snapshot(model)

    def broken(output, target):
        torch.rand(3)
        raise ArithmeticError("broken on purpose")

    with pytest.raises(ArithmeticError, match="on purpose"):
        tool(model, (x, y), broken) if tool is diagnose else tool(model, x, y, broken)
    assert same(snapshot(model), before)


def test_the_snapshot_can_tell():
    model, x, y = prepared("batch norm")
    for change in (
        lambda: model(x),
        lambda: torch.rand(1),
        lambda: model.train(),
        lambda: F.cross_entropy(model(x), y).backward(),
        lambda: model[0].register_forward_hook(lambda *_: None),
        lambda: model.requires_grad_(False),
    ):
        before = snapshot(model)
        change()
        assert not same(snapshot(model), before)


def test_a_graph_that_the_caller_holds_stays_valid():
    model, (x, y) = deep("tanh", "xavier_normal"), vectors()
    loss = F.cross_entropy(model(x), y)
    diagnose(model, (x, y))
    loss.backward()
    assert model[0].weight.grad.norm().item() == pytest.approx(gradient_norms(model, x, y)["0"])


def test_a_model_may_keep_what_it_computed():
    class Keeping(nn.Linear):
        def forward(self, x):
            self.kept = super().forward(x)
            return self.kept

    model = nn.Sequential(Keeping(32, 16), nn.Tanh(), nn.Linear(16, 10))
    F.cross_entropy(model(vectors()[0]), vectors()[1]).backward()
    assert diagnose(model, vectors()).findings == []


def test_works_where_gradients_are_off():
    model = deep()
    with torch.no_grad():
        assert diagnose(model, vectors()) == diagnose(model, vectors())
        assert not torch.is_grad_enabled()


def test_training_goes_the_same_way_with_and_without():
    x, y = vectors()
    model, twin = (deep(norm="batch", dropout=0.2) for _ in range(2))
    torch.manual_seed(0)
    alone = fit(model, x, y, steps=5, lr=0.1)
    torch.manual_seed(0)
    watched = fit(
        twin,
        x,
        y,
        steps=5,
        lr=0.1,
        watch=lambda step, model: gradient_norms(model, x, y),
    )
    assert alone.loss == watched.loss
    assert list(watched.watched) == [str(i) for i in range(0, 32, 4)]


# The numbers of the rows


def test_rows_against_numpy():
    """Two layers, tanh between: every number of the first row by hand."""
    model = mlp([3, 4, 2], "tanh", init="lecun_normal", generator=seeded()).double()
    x = 3 * torch.randn(20, 3, dtype=torch.double, generator=seeded())
    y = torch.randn(20, 2, dtype=torch.double, generator=seeded(1))
    report = diagnose(model, (x, y), F.mse_loss)
    w, b, v, c = (parameter.detach().numpy() for parameter in model.parameters())
    z = x.numpy() @ w.T + b
    output = np.tanh(z) @ v.T + c
    upstream = 2 * (output - y.numpy()) / output.size
    gradient = upstream @ v / np.cosh(z) ** 2
    first, last = report.layers
    assert (first.name, first.kind, last.name) == ("0", "Linear", "2")
    assert first.mean == pytest.approx(z.mean())
    assert first.std == pytest.approx(z.std())
    assert first.weight_gradient == pytest.approx(np.linalg.norm(gradient.T @ x.numpy()))
    assert first.output_gradient == pytest.approx(np.sqrt((gradient**2).mean()))
    assert first.saturated == pytest.approx((1 / np.cosh(z) ** 2 < 0.01).mean())
    assert first.saturated > 0.05
    assert first.dead == 0
    assert (last.saturated, last.dead) == (None, None)
    assert report.loss == pytest.approx(((output - y.numpy()) ** 2).mean())


@pytest.mark.parametrize("bend", [F.relu, torch.tanh, torch.sigmoid, F.gelu, F.hardtanh])
def test_functions_and_modules_give_the_same_report(bend):
    class Functional(nn.Module):
        def __init__(self, layers):
            super().__init__()
            self.layers = nn.ModuleList(layers)

        def forward(self, x):
            for layer in self.layers[:-1]:
                x = bend(layer(x))
            return self.layers[-1](x)

    modules = {
        F.relu: nn.ReLU,
        torch.tanh: nn.Tanh,
        torch.sigmoid: nn.Sigmoid,
        F.gelu: nn.GELU,
    }
    model = deep(modules.get(bend, nn.Hardtanh))
    ours, theirs = (
        diagnose(Functional(model[::2]), vectors()),
        diagnose(model, vectors()),
    )
    assert [(row.saturated, row.dead, row.std) for row in ours.layers] == [
        (row.saturated, row.dead, row.std) for row in theirs.layers
    ]
    assert ours.gradient_factor == theirs.gradient_factor


def test_shares_of_dead_and_saturated_units_are_counted():
    model = nn.Sequential(
        nn.Linear(8, 8, bias=True),
        nn.Hardtanh(),
        nn.Linear(8, 8),
        nn.ReLU(),
        nn.Linear(8, 10),
    )
    initialize(model, "lecun_normal", generator=seeded())
    with torch.no_grad():
        model[0].weight.mul_(0.01)
        model[0].bias[:3] = 9.0  # three of eight at the upper bound
        model[2].bias[:] = torch.tensor([-99.0] * 5 + [99.0] * 3)  # five of eight off
    first, second, _ = diagnose(model, vectors(features=8)).layers
    assert (first.saturated, first.dead) == (3 / 8, 3 / 8)
    assert (second.saturated, second.dead) == (0, 5 / 8)


def test_dead_channels_are_seen_through_pooling_and_flattening():
    model = Convolutional()
    with torch.no_grad():
        model.first.bias[:4] = -99
        model.third.bias[:8] = -99
        model.fourth.bias[:16] = -99
    first, second, third, fourth, _ = diagnose(model, images()).layers
    assert first.dead == 4 / 16 and first.saturated is None
    assert third.dead == pytest.approx(8 / 32) and second.saturated == 0
    assert fourth.dead >= 16 / 64


def test_activations_that_work_in_place_change_nothing():
    for norm in (None, "batch"):
        models = (
            deep(nn.ReLU, norm=norm),
            deep(functools.partial(nn.ReLU, inplace=True), norm=norm),
        )
        for model in models:
            nn.init.constant_(model[1 if norm else 0].bias[:8], -99.0)
        copying, in_place = (diagnose(model, vectors()) for model in models)
        assert in_place == copying and copying.layers[0].dead >= 8 / 32


@pytest.mark.parametrize("mix", [functools.partial(F.softmax, dim=1), lambda z: F.layer_norm(z, z.shape[1:])])
def test_what_mixes_units_is_not_called_saturated(mix):
    class Mixed(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.last = deep(depth=1), deep(depth=1)
            self.middle = nn.Linear(10, 32)

        def forward(self, x):
            return self.last(self.middle(mix(self.first(x))))

    first, middle, _ = diagnose(Mixed(), vectors()).layers
    assert (first.saturated, middle.saturated) == (None, 0)
    assert first.dead == 0


def test_norm_layers_are_part_of_what_comes_before_the_activation():
    """A scale of 100 in a batch norm saturates tanh; one of zero kills nothing that a skip carries."""
    model = deep("tanh", norm="batch")
    nn.init.constant_(model[1].weight, 100.0)
    rows = diagnose(model, vectors()).layers
    assert rows[0].saturated > 0.9 > 0.1 > rows[1].saturated
    assert all(row.dead in (0, None) for row in diagnose(residual(0.0), images()).layers)


def test_dropout_is_off_meanwhile():
    without, with_dropout = (
        diagnose(deep(), vectors()),
        diagnose(deep(dropout=0.5), vectors()),
    )
    assert [row.std for row in without.layers] == [row.std for row in with_dropout.layers]
    assert without.loss == with_dropout.loss


def test_a_shared_layer_has_a_row_for_each_use():
    rows = diagnose(Shared(), vectors()).layers
    assert [row.name for row in rows] == [
        "cell",
        "cell (2)",
        "cell (3)",
        "cell (4)",
        "cell (5)",
        "out",
    ]
    assert len({row.weight_gradient for row in rows}) == 2
    assert len({row.std for row in rows}) == 6


def test_frozen_layers_have_rows_but_no_gradient():
    rows = diagnose(frozen(), vectors()).layers
    assert [row.weight_gradient is None for row in rows] == [True] * 3 + [False] * 5
    assert all(row.output_gradient > 0 for row in rows)
    everything = diagnose(deep().requires_grad_(False), vectors())
    assert everything.gradient_factor == pytest.approx(diagnose(deep(), vectors()).gradient_factor)


def test_a_layer_run_without_gradients_is_not_called_sick():
    class Backbone(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.head = deep(norm="batch"), deep()

        def forward(self, x):
            with torch.no_grad():
                h = self.body[:-1](x)
            return self.head(h)

    report = diagnose(Backbone(), vectors())
    assert report.layers[0].output_gradient is None
    assert [finding.severity for finding in report.findings] == ["note", "note"]
    ran, never = report.findings
    assert "they run, but the loss" in ran.message and never.layer == "body.21"


# Findings


def names(report):
    return [finding.name for finding in report.findings]


@pytest.mark.parametrize("name", HEALTHY)
def test_healthy_models_have_no_findings(name):
    make, data = HEALTHY[name]
    report = diagnose(make(), data())
    assert names(report) == (["frozen parameters"] if name == "frozen" else [])
    assert name == "frozen" or str(report).endswith("no findings")


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("activation", "init"), [("relu", "he_normal"), ("tanh", "xavier_normal")])
def test_healthy_models_stay_so_in_training(activation, init, seed):
    model = mlp([32] * 6 + [10], activation, init=init, generator=seeded(seed))
    x, _ = vectors()
    y = (x[:, 0] > 0).long()
    fit(model, x, y, steps=60, lr=0.05)
    assert diagnose(model, (x, y)).findings == []


def scaled(gain):
    return initialize(deep(), "lecun_normal", gain=gain, generator=seeded())


SICK = {
    "sigmoid": (lambda: deep("sigmoid", "xavier_normal"), ["vanishing gradient"]),
    "sigmoid by default": (lambda: deep("sigmoid", "pytorch"), ["vanishing gradient"]),
    "relu by default": (
        lambda: deep("relu", "pytorch", depth=6),
        ["vanishing gradient", "dead units"],
    ),
    "relu too large": (lambda: scaled(2 * 2**0.5), ["exploding gradient"]),
    "tanh too large": (
        lambda: initialize(deep("tanh"), "normal", std=1.5, generator=seeded()),
        ["exploding gradient", "saturated units"],
    ),
    "zeros": (
        lambda: deep("relu", "zeros"),
        ["vanishing gradient", "dead units", "identical units"],
    ),
    "zeros, tanh": (
        lambda: deep("tanh", "zeros"),
        ["vanishing gradient", "identical units"],
    ),
    "constant": (
        lambda: mlp([32, 16, 10], "tanh", init="constant"),
        ["identical units"],
    ),
    "recurrent": (lambda: Shared(torch.relu, 3.0), ["exploding gradient"]),
    "recurrent, small": (lambda: Shared(torch.relu, 0.3), ["vanishing gradient"]),
}


@pytest.mark.parametrize("name", SICK)
def test_sick_models_have_their_findings(name):
    make, expected = SICK[name]
    report = diagnose(make(), vectors())
    assert [name for name in names(report) if name != "loss above chance"] == expected
    rows = {row.name: row for row in report.layers}
    for finding in report.findings:
        assert isinstance(finding, Finding) and (finding.layer in rows or finding.name == "loss above chance")
        assert (finding.value < finding.threshold) is (finding.name == "vanishing gradient")
        assert finding.message and finding.remedy and finding.name in str(report)


def test_a_gradient_vanishes_where_little_of_it_is_left():
    """Linear chains w·I: half of it is lost at each of four or five layers more."""
    for weight, depth, expected in ((0.45, 5, False), (0.45, 6, True), (0.55, 9, False), (0.3, 4, True)):
        layers = [nn.Linear(6, 6, bias=False) for _ in range(depth)]
        for layer in layers:
            nn.init.eye_(layer.weight).data.mul_(weight)
        report = diagnose(nn.Sequential(*layers), vectors(features=6), lambda output, _: output.sum())
        assert ("vanishing gradient" in names(report)) is expected


@pytest.mark.parametrize(("depth", "expected"), [(4, ["vanishing gradient"]), (3, [])])
def test_a_factor_needs_four_layers(depth, expected):
    report = diagnose(deep("sigmoid", "xavier_normal", depth=depth), vectors())
    assert names(report) == expected
    assert (report.gradient_factor is None) is (depth == 3)


def test_gradient_factor_of_a_linear_chain_is_its_weight():
    """Ten layers w·I: each multiplies the gradient by exactly w."""
    layers = [nn.Linear(6, 6, bias=False) for _ in range(10)]
    for layer in layers:
        nn.init.eye_(layer.weight).data.mul_(0.25)
    report = diagnose(nn.Sequential(*layers), vectors(features=6), lambda output, _: output.sum())
    assert report.gradient_factor == pytest.approx(0.25, rel=1e-6)
    assert names(report)[0] == "vanishing gradient"


def test_underflow_of_squares_is_no_underflow_of_the_norm():
    layers = [nn.Linear(6, 6, bias=False) for _ in range(7)]
    for layer in layers:
        nn.init.eye_(layer.weight).data.mul_(1e-5)
    report = diagnose(nn.Sequential(*layers), vectors(features=6), lambda output, _: output.sum())
    assert report.gradient_factor == pytest.approx(1e-5, rel=1e-4)
    assert report.layers[0].output_gradient == pytest.approx(1e-30, rel=1e-4)


@pytest.mark.parametrize("width", [3, 5, 33, 64, 67])
@pytest.mark.parametrize("dtype", [torch.float, torch.double])
def test_identical_units_are_found_in_spite_of_rounding(width, dtype):
    model = mlp([32, width, width, 10], "tanh", init="constant").to(dtype)
    x, y = vectors(dtype=dtype)
    assert "identical units" in names(diagnose(model, (x, y)))
    fit(model, x, y, steps=5, lr=0.1)
    assert "identical units" in names(diagnose(model, (x, y)))


def test_identical_units_of_a_transposed_convolution():
    x, y = torch.randn(8, 4, 2, 2, generator=seeded()), torch.arange(8) % 2
    for kind, groups, share in (
        (nn.ConvTranspose2d, 1, 0.75),
        (nn.Conv2d, 1, 0.75),
        (nn.ConvTranspose2d, 2, 0.0),  # not looked for
    ):
        model = nn.Sequential(kind(4, 4, 1, bias=False, groups=groups), nn.Flatten(), nn.Linear(16, 2))
        with torch.no_grad():
            outputs = 1 if kind is nn.ConvTranspose2d else 0
            model[0].weight.copy_(model[0].weight.narrow(outputs, 0, 1).expand_as(model[0].weight))
            model[2].weight.copy_(model[2].weight[:, :4].repeat(1, 4))
        assert diagnose(model, (x, y)).layers[0].identical == share
        nn.init.normal_(model[0].weight)
        assert diagnose(model, (x, y)).layers[0].identical == 0


def test_zero_weights_are_not_identical_if_their_gradients_differ():
    model = mlp([32, 16, 10], generator=seeded())
    nn.init.zeros_(model[2].weight)
    assert "identical units" not in names(diagnose(model, vectors()))


def test_dead_units_after_a_large_negative_bias():
    model = deep(depth=3)
    nn.init.constant_(model[2].bias, -50.0)
    (finding,) = diagnose(model, vectors()).findings
    assert (finding.name, finding.layer, finding.value) == ("dead units", "2", 1.0)


@pytest.mark.parametrize(("examples", "found"), [(15, []), (16, ["dead units"])])
def test_fewer_than_sixteen_examples_say_nothing_of_dead_units(examples, found):
    model = deep(depth=3)
    nn.init.constant_(model[2].bias, -50.0)
    x, y = vectors(examples)
    x = (x - x.mean(dim=0)) / x.std(dim=0, correction=0)
    assert [name for name in names(diagnose(model, (x, y))) if name == "dead units"] == found


# What is not finite


def test_a_loss_of_nan_is_a_finding():
    report = diagnose(
        deep(),
        vectors(),
        lambda output, target: F.cross_entropy(output, target) * torch.nan,
    )
    (finding,) = report.findings
    assert (finding.name, finding.layer) == ("non-finite", "loss")
    assert "nan" in str(report)


def test_the_first_layer_that_is_not_finite_is_named():
    model = deep()
    nn.init.constant_(model[4].weight, torch.inf)
    (finding,) = diagnose(model, vectors()).findings
    assert (finding.name, finding.layer) == ("non-finite", "4")
    x, y = vectors()
    assert diagnose(deep(), (x * torch.inf, y)).findings[0].layer == "0"


class Log(nn.Module):
    def forward(self, x):
        return torch.log(x)


def spoiled_norm():
    norm = nn.BatchNorm1d(16)
    nn.init.constant_(norm.weight, torch.nan)
    return norm


def negative_variance():
    norm = nn.BatchNorm1d(16).eval()
    norm.running_var.fill_(-1.0)
    return norm


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (Log, "this Log gives the first output that is not finite"),
        (
            spoiled_norm,
            "this BatchNorm1d gives the first output that is not finite, with weight not finite already",
        ),
        (negative_variance, "this BatchNorm1d gives the first output that is not finite"),
    ],
)
def test_a_layer_without_a_row_that_gives_the_first_nan_is_named(make, problem, last):
    model = nn.Sequential(nn.Linear(32, 16), make(), *[nn.Linear(16, 10)] * (not last))
    before = snapshot(model)
    (finding,) = diagnose(model, vectors()).findings
    assert (finding.name, finding.layer, finding.message) == ("non-finite", "1", problem)
    after = snapshot(model)
    assert all(same(after[key], before[key]) for key in ("modes", "hooks", "random"))


def test_a_function_that_gives_the_first_nan_is_named_by_the_layer_that_gets_or_returns_it():
    class Between(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.last = nn.Linear(32, 16), nn.Linear(16, 10)

        def forward(self, x):
            return self.last(torch.log_(self.first(x)))

    class AtTheEnd(nn.Linear):
        def forward(self, x):
            return super().forward(x).log()

    (finding,) = diagnose(Between(), vectors()).findings
    assert (finding.layer, finding.message) == ("last", "this Linear gets the first input that is not finite")
    (finding,) = diagnose(nn.Sequential(Between(), nn.Linear(10, 10)), vectors()).findings
    assert (finding.layer, finding.message) == (
        "0.last",
        "this Linear gets the first input that is not finite",
    )
    (finding,) = diagnose(AtTheEnd(32, 10), vectors()).findings
    assert finding.layer == "model"
    assert finding.message == "this AtTheEnd gives the first output that is not finite"


def test_the_call_of_a_shared_layer_that_gives_the_first_infinity_is_named():
    model = Shared(bend=lambda x: 1e16 * x)
    (finding,) = diagnose(model, vectors()).findings
    assert (finding.name, finding.layer) == ("non-finite", "cell (4)")


def test_a_gradient_of_nan_under_a_finite_loss_is_a_finding():
    """The root has an infinite slope at zero, and infinity times zero is NaN."""
    model = mlp([32, 8, 8, 10], "tanh", init="zeros")
    report = diagnose(model, vectors(), lambda output, _: output.square().sum().sqrt() + 1)
    assert report.loss == 1
    assert all(np.isnan(row.output_gradient) for row in report.layers)
    assert [(finding.name, finding.layer) for finding in report.findings] == [("non-finite", "4")]


# Any module, any batch


@pytest.mark.parametrize("dtype", [torch.double, torch.float, torch.bfloat16, torch.half])
def test_every_dtype(dtype):
    model = deep(depth=5).to(dtype)
    report = diagnose(model, vectors(dtype=dtype))
    assert report.findings == []
    exact = diagnose(deep(depth=5).double(), vectors(dtype=torch.double))
    assert report.gradient_factor == pytest.approx(exact.gradient_factor, rel=0.05)


@pytest.mark.parametrize("name", ["relu", "tanh", "functional", "layer norm", "shared", "attention"])
def test_a_batch_of_one(name):
    make, data = HEALTHY[name]
    x, y = data()
    assert names(diagnose(make(), (x[:1], y[:1]))) == []


def test_one_example_without_a_batch_dimension():
    x, y = vectors()
    assert diagnose(deep(depth=5), (x[0], y[0])).gradient_factor is not None
    (picture, *_), _ = images()
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 2, 3))
    model[0].bias.data[1] = -99.0
    report = diagnose(model, (picture, None), lambda output, _: output.mean())
    assert report.layers[0].dead == 1 / 4


def test_channels_last_and_layers_called_by_keyword():
    x, y = images()
    report = diagnose(Convolutional(), (x.contiguous(memory_format=torch.channels_last), y))
    assert report.gradient_factor == pytest.approx(
        diagnose(Convolutional(), (x, y)).gradient_factor, rel=1e-3
    )

    class Keyword(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.last = nn.Linear(32, 8), nn.Linear(8, 10)

        def forward(self, x):
            return self.last(input=torch.tanh(self.first(input=x)))

    assert diagnose(Keyword(), vectors()).layers[0].saturated == 0


def test_errors_name_argument_rule_and_value():
    with pytest.raises(
        ValueError,
        match=r"loss must return a scalar tensor with a gradient; average it, got tensor.*\.\.\.$",
    ):
        diagnose(deep(), vectors(), functools.partial(F.cross_entropy, reduction="none"))
    with pytest.raises(ValueError, match=r"loss must return a scalar tensor with a gradient, got 1.0"):
        diagnose(deep(), vectors(), lambda output, target: 1.0)
    with pytest.raises(ValueError, match=r"model must call a layer with a weight, got Tanh"):
        diagnose(
            nn.Tanh(),
            (torch.ones(3, requires_grad=True), None),
            lambda output, _: output.sum(),
        )


def test_the_report_fits_a_terminal():
    model = nn.Sequential()
    model.add_module("a_name_that_is_much_longer_than_its_column", deep("sigmoid", "pytorch"))
    report = diagnose(model, vectors())
    assert isinstance(report, Report)
    lines = str(report).splitlines()
    assert max(map(len, lines)) <= 80
    assert len({len(line) for line in lines[:9]}) == 1
    assert [line.split()[1] for line in lines[1:9]] == ["Linear"] * 8
    heads = lines[0].replace("grad ", "grad-").split()
    rows = [dict(zip(heads, line.split(), strict=True)) for line in lines[1:9]]
    for row, layer in zip(rows, report.layers, strict=True):
        assert float(row["grad/W"]) == pytest.approx(layer.gradient_to_weight, rel=0.05)
        assert float(row["mean"]) == pytest.approx(layer.mean, rel=0.05)
        assert float(row["rank"]) == pytest.approx(layer.effective_rank, abs=0.5)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    lines = str(diagnose(model, vectors(), optimizer=optimizer)).splitlines()
    assert "step/W" in lines[0] and {len(line) for line in lines[:9]} == {86}
    assert "vanishing gradient at" in str(report) and "Try:" in str(report)


def test_thresholds_are_the_measured_ones():
    measured = {
        "vanishing": 0.5,
        "shrunk": 1 / 30,
        "exploding": 1.4,
        "grown": 10,
        "saturated": 0.3,
        "dead": 0.4,
        "identical": 0,
    }
    measured |= {"slow": 1e-4, "fast": 0.2, "uncentered": 2, "unscaled": 1000, "chance": 3, "overfit": 0.1}
    measured |= {"targets": 100, "decay": 0.01, "dropout": 0.85}
    assert measured == diagnostics.THRESHOLDS and diagnostics.FLAT_SLOPE == 0.01


def test_thresholds_can_be_others():
    model = deep("sigmoid", "xavier_normal")
    assert names(diagnose(model, vectors(), thresholds={"vanishing": 0.0})) == []
    assert names(diagnose(deep(), vectors(), thresholds={"dead": -1})) == ["dead units"]
    with pytest.raises(
        ValueError, match=r"thresholds must be a name in THRESHOLDS \(nearest: dead.*got 'daed'"
    ):
        diagnose(model, vectors(), thresholds={"daed": 0.5})


def trained(norm=None, seed=0):
    """A net that has learned the digits by heart."""
    data = digits(generator=seeded()).train
    model = mlp([64, 64, 64, 64, 10], norm=norm, generator=seeded(seed))
    fit(
        model,
        *data,
        steps=400,
        lr=3e-3,
        optimizer=torch.optim.Adam,
        batch_size=64,
        generator=seeded(),
        progress=False,
    )
    return model, data


@pytest.mark.parametrize("norm", [None, "batch", "layer"])
def test_a_trained_net_is_healthy(norm):
    model, (x, y) = trained(norm)
    report = diagnose(model, (x[:256], y[:256]))
    assert report.loss < 0.05 and report.findings == []


def test_growth_is_a_finding_where_all_of_it_is_much():
    model = nn.Sequential(*(nn.Linear(1, 1, bias=False) for _ in range(5)))
    batch = torch.ones(2, 1), torch.zeros(2, 1)
    cases = {1.5: [], 1.75: [], 1.8: ["exploding gradient"]}  # to the fourth: 5, 9.4, 10.5
    for weight, expected in cases.items():
        for layer in model:
            nn.init.constant_(layer.weight, weight)
        report = diagnose(model, batch, F.mse_loss)
        assert names(report) == expected and report.gradient_factor == pytest.approx(weight)


def pooled(size):
    """Convolutions whose weights keep the signal, a mean over all positions, and a layer of classes."""
    layers = [nn.Conv2d(3, 16, 3, padding=1), nn.ReLU()]
    for _ in range(4):
        layers += [nn.Conv2d(16, 16, 3, padding=1), nn.ReLU()]
    model = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 4))
    initialize(model, "he_normal", generator=seeded())
    return model, (torch.randn(8, 3, size, size, generator=seeded(1)), torch.arange(8) % 4)


@pytest.mark.parametrize("size", [8, 48])
def test_a_mean_over_positions_is_no_vanishing_gradient(size):
    model, batch = pooled(size)
    report = diagnose(model, batch)
    assert names(report) == [] and 0.7 < report.gradient_factor < 1.4


# Inputs, loss, parameters, modes


def table(scales, offset=0.0):
    generator = torch.Generator().manual_seed(0)
    x = (torch.randn(128, len(scales), generator=generator) + offset) * torch.tensor(scales)
    return x, torch.randint(3, (128,), generator=generator)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (table([1.0] * 4), []),
        (table([1.0] * 4, offset=5.0), ["uncentered input"]),
        (table([1e-3, 1.0, 1.0, 3.0]), ["unscaled input"]),
        (table([1.0, 1.0, 1.0, 0.0]), []),
    ],
)
def test_inputs_are_looked_at_feature_by_feature(data, expected):
    model = mlp([4, 16, 3], generator=torch.Generator().manual_seed(0))
    found = [name for name in names(diagnose(model, data)) if "input" in name]
    assert found == expected


def test_the_table_keeps_its_columns_whatever_a_layer_is_called():
    class LinearOfALongName(nn.Linear):
        pass

    model = nn.Sequential(nn.Sequential(LinearOfALongName(4, 16)), nn.ReLU(), nn.Linear(16, 3))
    head, *rows = str(diagnose(model, table([1.0] * 4))).split("\n")[:3]
    assert "LinearOfA" in rows[0] and {len(row) for row in rows} == {len(head)}


def test_an_offset_is_counted_in_spreads_of_the_batch_itself():
    x = torch.tensor([[9.0, -9.0], [11.0, -11.0]]).repeat(50, 1)  # a mean of 10, a spread of 1
    model = mlp([2, 16, 3], generator=torch.Generator().manual_seed(0))
    found = {f.name: f.value for f in diagnose(model, (x, torch.arange(100) % 3)).findings}
    assert found["uncentered input"] == pytest.approx(10, rel=1e-12)


def test_channels_of_images_are_features():
    x = torch.rand(8, 3, 6, 6) * torch.tensor([1e-4, 1.0, 1.0])[:, None, None]
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(64, 3))
    assert "unscaled input" in names(diagnose(model, (x, torch.arange(8) % 3)))


def test_a_loss_far_above_guessing_is_a_finding_for_classes_alone():
    x, y = table([1.0] * 4)
    model = mlp([4, 16, 3], generator=torch.Generator().manual_seed(0))
    model[-1].weight.data *= 30
    (finding,) = diagnose(model, (x, y)).findings
    assert finding.name == "loss above chance" and finding.value == pytest.approx(
        F.cross_entropy(model(x), y).item() / math.log(3)
    )
    assert names(diagnose(model, (x, model(x).detach() + 99), F.mse_loss)) == []


def yes_and_no(y):
    return F.one_hot(y, 3).float()


@pytest.mark.parametrize(
    ("loss", "change", "chance"),
    [
        (F.binary_cross_entropy_with_logits, yes_and_no, 2),
        (nn.BCEWithLogitsLoss(), yes_and_no, 2),
        (functools.partial(F.binary_cross_entropy_with_logits, reduction="sum"), yes_and_no, 2),
        (F.nll_loss, None, 3),
        (nn.NLLLoss(), None, 3),
        (functools.partial(F.nll_loss, ignore_index=0), None, 3),
    ],
)
def test_losses_of_logits_and_log_probabilities_are_compared_with_guessing(loss, change, chance):
    x, y = table([1.0] * 4)
    y = y if change is None else change(y)
    head = [nn.LogSoftmax(1)] * (change is None)
    model = nn.Sequential(*mlp([4, 16, 3], generator=seeded()), *head)
    assert names(diagnose(model, (x, y), loss)) == []
    model[2].weight.data *= 300
    (finding,) = diagnose(model, (x, y), loss).findings
    counted = y.numel() if isinstance(loss, functools.partial) and "reduction" in loss.keywords else 1
    assert finding.name == "loss above chance" and finding.value == pytest.approx(
        loss(model(x), y).item() / counted / math.log(chance)
    )
    assert f"guessing among {chance} classes" in finding.message


def test_a_loss_of_ones_own_is_not_recognized():
    x, y = table([1.0] * 4)
    model = mlp([4, 16, 3], generator=seeded())
    model[-1].weight.data *= 300
    assert names(diagnose(model, (x, y), lambda output, targets: F.cross_entropy(output, targets))) == []


def test_frozen_and_unreachable_parameters_are_notes():
    model = mlp([4, 16, 3], generator=torch.Generator().manual_seed(0))
    model.spare = nn.Linear(3, 3)
    model[0].requires_grad_(False)

    class Skip(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = model

        def forward(self, x):
            return self.net[2](self.net[1](self.net[0](x)))

    findings = {finding.name: finding for finding in diagnose(Skip(), table([1.0] * 4)).findings}
    assert set(findings) == {"frozen parameters", "unreachable parameters"}
    assert (
        findings["frozen parameters"].value
        == findings["unreachable parameters"].value
        == pytest.approx(2 / 6)
    )
    assert {finding.severity for finding in findings.values()} == {"note"}
    assert findings["unreachable parameters"].layer == "net.spare"


@pytest.mark.parametrize("make", [lambda: nn.Dropout(0.5), lambda: nn.BatchNorm1d(16)])
@pytest.mark.parametrize("training", [True, False])
def test_a_layer_left_in_the_other_mode_is_a_finding(make, training):
    model = nn.Sequential(nn.Linear(4, 16), make(), nn.ReLU(), nn.Linear(16, 3)).train(training)
    assert names(diagnose(model, table([1.0] * 4))) == []
    model[1].train(not training)
    (finding,) = diagnose(model, table([1.0] * 4)).findings
    assert finding.name == "mixed modes" and finding.layer == "1"
    other, mode = ("evaluation", "training") if training else ("training", "evaluation")
    assert finding.message == f"in {other} mode, while the model is in {mode} mode"
    assert model.training is training and model[1].training is not training


class Recurrent(nn.Module):
    def __init__(self, dropout):
        super().__init__()
        torch.manual_seed(0)
        self.layer, self.last = nn.GRU(4, 16, num_layers=2, dropout=dropout), nn.Linear(16, 3)

    def forward(self, x):
        return self.last(self.layer(x[None])[0][0])


@pytest.mark.parametrize(
    ("make", "where"),
    [
        (lambda: mlp([4, 16, 3], norm="batch", generator=seeded()), "1"),
        (lambda: mlp([4, 16, 3], dropout=0.5, generator=seeded()), "2"),
        (lambda: mlp([4, 16, 3], norm="layer", generator=seeded()), None),
        (lambda: Recurrent(dropout=0.5), "layer"),
        (lambda: Recurrent(dropout=0.0), None),
    ],
)
def test_a_model_left_in_evaluation_mode_is_a_finding_with_an_optimizer(make, where):
    model = make()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    assert names(diagnose(model, table([1.0] * 4), optimizer=optimizer)) == []
    model.eval()
    assert names(diagnose(model, table([1.0] * 4))) == []
    findings = diagnose(model, table([1.0] * 4), optimizer=optimizer).findings
    assert [finding.layer for finding in findings] == [where] * (where is not None)
    for finding in findings:
        assert finding.name == "mixed modes" and "model.train()" in finding.remedy
        assert finding.message == "in evaluation mode, while an optimizer trains the model"


# The optimizer


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9), []),
        (lambda p: torch.optim.Adam(p, lr=1e-3), []),
        (lambda p: torch.optim.Adam(p, lr=1e-7), ["learning rate too low"]),
        (lambda p: torch.optim.Adam(p, lr=0.5), ["learning rate too high"]),
        (lambda p: torch.optim.SGD(p, lr=0.0), ["learning rate too low"]),
    ],
)
def test_the_next_update_is_measured_and_taken_back(make, expected):
    model, (x, y) = mlp([4, 32, 32, 3], generator=torch.Generator().manual_seed(0)), table([1.0] * 4)
    optimizer = make(model.parameters())
    for _ in range(2):  # so that it has a state
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
    weights = [p.detach().clone() for p in model.parameters()]
    gradients = [p.grad.clone() for p in model.parameters()]
    state = copy.deepcopy(optimizer.state_dict())
    report = diagnose(model, (x, y), optimizer=optimizer)
    assert [name for name in names(report) if "rate" in name] == expected
    assert all(torch.equal(a, b) for a, b in zip(weights, model.parameters(), strict=True))
    assert all(torch.equal(a, p.grad) for a, p in zip(gradients, model.parameters(), strict=True))
    for key, values in optimizer.state_dict()["state"].items():
        for name, value in values.items():
            assert (
                torch.equal(torch.as_tensor(value), torch.as_tensor(state["state"][key][name]))
                or value is None
            )
    optimizer.zero_grad()
    F.cross_entropy(model(x), y).backward()
    optimizer.step()
    for row, module, old in zip(report.layers, (model[0], model[2], model[4]), weights[::2], strict=True):
        expected_ratio = (module.weight.detach() - old).norm() / old.norm()
        assert row.update_to_weight == pytest.approx(expected_ratio.item(), rel=1e-4, abs=1e-12)


@pytest.mark.parametrize(("lr", "limit"), [(0.0, "slow"), (0.5, "fast")])
def test_an_update_of_the_very_size_of_the_limit_is_no_finding(lr, limit):
    model = mlp([4, 16, 3], generator=torch.Generator().manual_seed(0))
    adam, batch = torch.optim.Adam(model.parameters(), lr=lr), table([1.0] * 4)
    (finding,) = diagnose(model, batch, optimizer=adam).findings
    assert finding.name.startswith("learning rate too")
    assert diagnose(model, batch, optimizer=adam, thresholds={limit: finding.value}).findings == []


def test_parameters_that_nobody_trains_are_a_finding():
    model = mlp([4, 16, 3], generator=torch.Generator().manual_seed(0))
    optimizer = torch.optim.Adam(model[0].parameters(), lr=1e-3)
    (finding,) = diagnose(model, table([1.0] * 4), optimizer=optimizer).findings
    assert finding.name == "parameters without optimizer" and finding.layer == "2"
    assert (finding.value, finding.threshold) == (0.5, 0)


def test_a_net_that_cannot_overfit_one_batch():
    model = mlp([4, 64, 64, 3], generator=torch.Generator().manual_seed(0))
    x, y = (part[:32] for part in table([1.0] * 4))
    before = [p.detach().clone() for p in model.parameters()]
    assert names(diagnose(model, (x, y), overfit=200)) == []
    assert all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))
    (finding,) = diagnose(model, (torch.ones_like(x) * x.std(), y), overfit=50).findings[-1:]
    assert finding.name == "cannot overfit one batch" and finding.value > 0.1


def test_the_share_that_is_left_of_a_loss_without_classes():
    model, y = nn.Linear(1, 1), torch.tensor([[3.0], [-1.0]])  # the mean can be learned, the rest not
    nn.init.zeros_(model.bias)
    (finding,) = diagnose(model, (torch.zeros(2, 1), y), F.mse_loss, overfit=2000).findings[-1:]
    assert finding.name == "cannot overfit one batch" and finding.value == pytest.approx(4 / 5, rel=1e-4)


def test_the_share_of_the_loss_that_is_left_of_one_batch():
    model = mlp([4, 16, 3], generator=torch.Generator().manual_seed(0))
    x, y = torch.ones(12, 4), torch.arange(12) % 3
    finding = diagnose(model, (x, y), overfit=5).findings[-1]
    optimizer, losses = torch.optim.Adam(model.parameters(), lr=0.01), []
    for _ in range(6):
        loss = F.cross_entropy(model(x), y)
        losses.append(loss.item())
        optimizer.zero_grad(), loss.backward(), optimizer.step()
    assert finding.name == "cannot overfit one batch" and losses[0] > 1.01 * losses[1]
    assert finding.value == pytest.approx(losses[-1] / losses[0], rel=1e-5)
    assert f"still {losses[-1]:.3g}, from {losses[0]:.3g}" in finding.message


# More of each layer, and of the report


def test_effective_rank_counts_the_directions():
    class Make(nn.Module):
        def __init__(self, rank):
            super().__init__()
            self.first, self.second = nn.Linear(16, rank, bias=False), nn.Linear(rank, 32, bias=False)
            nn.init.orthogonal_(self.first.weight), nn.init.orthogonal_(self.second.weight)

        def forward(self, x):
            return self.second(self.first(x))

    x = torch.linalg.qr(torch.randn(64, 16, generator=torch.Generator().manual_seed(0)))[0]
    x = torch.linalg.qr(x - x.mean(dim=0))[0]
    for rank in (1, 4, 16):
        rows = diagnose(Make(rank), (x, torch.arange(64) % 32)).layers
        assert [row.effective_rank for row in rows] == pytest.approx([rank, rank], rel=0.01)
    pair = diagnose(Make(16), (x[:2], torch.arange(2))).layers
    assert [row.effective_rank for row in pair] == pytest.approx([1, 1], rel=0.01), "of one line"
    alike = x[:1].expand(64, 16)
    assert [row.effective_rank for row in diagnose(Make(4), (alike, torch.arange(64) % 32)).layers] == [0, 0]


def test_a_report_can_not_be_changed():
    report = diagnose(mlp([4] * 11 + [3], "sigmoid"), table([1.0] * 4))
    for part, name in ((report, "layers"), (report.layers[0], "name"), (report.findings[0], "value")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(part, name, None)


def test_gradient_to_weight():
    model, (x, y) = mlp([4, 8, 3], generator=torch.Generator().manual_seed(0)), table([1.0] * 4)
    row = diagnose(model, (x, y)).layers[0]
    assert row.gradient_to_weight == pytest.approx(
        row.weight_gradient / model[0].weight.norm().item(), rel=1e-5
    )


def test_a_report_becomes_a_dict_and_a_picture():
    import json

    import matplotlib.pyplot as plt

    report = diagnose(deep("sigmoid", "xavier_normal"), vectors())
    data = json.loads(json.dumps(report.to_dict()))
    assert data["findings"][0]["name"] == "vanishing gradient" and len(data["layers"]) == len(report.layers)
    axes = report.plot()
    assert [len(line.get_xdata()) for line in axes.get_lines()] == [len(report.layers)] * 2
    plt.close("all")


def test_inputs_in_a_dict_go_to_the_model_by_name():
    class Named(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(4, 3)

        def forward(self, *, features, scale):
            return self.layer(features * scale)

    x, y = table([1.0] * 4)
    for kind in (dict, collections.UserDict):
        assert diagnose(Named(), (kind(features=x, scale=1.0), y)).layers[0].name == "layer"


@pytest.mark.parametrize("kind", [tuple, list])
def test_inputs_in_a_tuple_or_list_go_to_the_model_one_after_the_other(kind):
    class Twofold(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Bilinear(4, 4, 3)

        def forward(self, left, right):
            return self.layer(left, right)

    x, y = table([1.0] * 4)
    model = Twofold()
    expected = F.cross_entropy(model(x, 2 * x), y).item()
    assert diagnose(model, (kind([x, 2 * x]), y)).loss == pytest.approx(expected)
    assert list(gradient_norms(model, kind([x, x]), y)) == ["layer"]


def test_a_packed_sequence_has_a_row():
    class Packed(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.head = nn.GRU(4, 8, batch_first=True), nn.Linear(8, 3)

        def forward(self, x):
            lengths = torch.arange(len(x)) % 5 + 1
            packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
            padded, _ = pad_packed_sequence(self.body(packed)[0], batch_first=True)
            return self.head(padded.mean(dim=1))

    x, y = torch.randn(30, 5, 4, generator=seeded()), torch.arange(30) % 3
    model = Packed()
    report = diagnose(model, (x, y))
    assert [row.name for row in report.layers] == ["body", "head"]
    assert report.loss == pytest.approx(F.cross_entropy(model(x), y).item())
    assert report.layers[0].weight_gradient > 0 and report.layers[0].output_gradient > 0


def test_layers_that_draw_from_a_generator_of_their_own_are_off():
    generator = seeded()
    layers = [
        GaussianNoise(1.0, generator=generator),
        DropConnect(nn.Linear(4, 16), generator=generator),
        nn.SELU(),
        AlphaDropout(generator=generator),
        Dropout(generator=generator),
        nn.Linear(16, 3),
    ]
    model = nn.Sequential(*layers)
    x, y = table([1.0] * 4)
    state = generator.get_state()
    report = diagnose(model, (x, y), overfit=1)
    assert torch.equal(generator.get_state(), state) and all(layer.training for layer in layers)
    assert [row.name for row in report.layers] == ["1.layer", "5"]
    assert report.loss == pytest.approx(F.cross_entropy(model.eval()(x), y).item())
    layers[4].train()
    assert ("mixed modes", "4") in {(f.name, f.layer) for f in diagnose(model, (x, y)).findings}


@pytest.mark.parametrize(
    ("make", "batch"),
    [
        (lambda: mlp([512] * 7 + [10]), lambda: (torch.randn(256, 512), torch.arange(256) % 10)),
        (lambda: Convolutional(), lambda: images(128)),
    ],
)
def test_it_computes_one_plain_step(make, batch):
    torch.manual_seed(0)
    model, (x, y) = make(), batch()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)

    def step():
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()

    def operations(function):  # of matrix products and convolutions; benchmarks/diagnose.py takes the time
        with FlopCounterMode(display=False) as counter:
            function()
        return counter.get_total_flops()

    assert operations(lambda: diagnose(model, (x, y), optimizer=optimizer)) == operations(step) > 0


def test_a_weight_is_compared_once_and_what_a_layer_gets_is_traced_back_once(monkeypatch):
    compared, traced = [], []
    unique, grad = torch.unique, torch.autograd.grad
    monkeypatch.setattr(
        torch, "unique", lambda *args, **given: compared.append(args) or unique(*args, **given)
    )
    monkeypatch.setattr(
        torch.autograd, "grad", lambda *args, **given: traced.append(args) or grad(*args, **given)
    )
    diagnose(Shared(), vectors())
    assert len(compared) == 2 and len(traced) == 2 * 5 + 1  # two weights; six calls, and the loss
    traced.clear()
    report = diagnose(Attention(), tokens())
    assert len(traced) <= 2 * (len(report.layers) - 1) + 1  # query, key and value in one go


def test_dropout_as_a_function_stays_on():
    class Dropping(nn.Linear):
        def forward(self, x):
            return F.dropout(super().forward(x), training=self.training)

    model, losses = Dropping(32, 10), set()
    for seed in range(3):
        torch.manual_seed(seed)
        losses.add(diagnose(model, vectors()).loss)
    assert len(losses) == 3


def test_a_watch_examines_at_chosen_steps_and_changes_nothing():
    from lego.training import fit

    x, y = table([1.0] * 4)
    losses = []
    for watch in (None, Watch((x, y), every=4)):
        generator = torch.Generator().manual_seed(0)
        model = mlp([4, 16, 16, 16, 3], dropout=0.2, generator=generator)
        torch.manual_seed(0)
        history = fit(model, x, y, steps=10, lr=0.1, batch_size=32, watch=watch, generator=generator)
        losses.append(history.loss)
    assert losses[0] == losses[1]
    assert list(watch.reports) == [0, 4, 8] and len(history.watched["dead"]) == 3
    assert history.watched["gradient factor"][0] == pytest.approx(watch.reports[0].gradient_factor)
    updates = [layer.update_to_weight for layer in watch.reports[4].layers]
    assert (
        history.watched["update to weight"][1] == pytest.approx(statistics.median(updates)) and updates[0] > 0
    )
    strict = Watch((x, y), thresholds={"vanishing": 2.0, "shrunk": 10.0, "exploding": 3.0})
    strict(0, model)
    assert "vanishing gradient" in {finding.name for finding in strict.reports[0].findings}
    assert watch.reports[8].findings == []
    with pytest.raises(ValueError, match="every must be at least 1, got 0"):
        Watch((x, y), every=0)


class Sequence(nn.Module):
    def __init__(self, body):
        super().__init__()
        self.body, self.head = body, nn.Linear(16, 3)

    def forward(self, x):
        if isinstance(self.body, nn.MultiheadAttention):
            return self.head(self.body(x, x, x)[0].mean(dim=1))
        return self.head(self.body(x)[0][:, -1])


@pytest.mark.parametrize(
    "make",
    [
        lambda: nn.LSTM(16, 16, 2, batch_first=True),
        lambda: nn.GRU(16, 16, batch_first=True),
        lambda: nn.RNN(16, 16, batch_first=True),
        lambda: nn.MultiheadAttention(16, 4, batch_first=True),
    ],
)
def test_recurrent_layers_and_attention_have_rows(make):
    torch.manual_seed(0)
    model = Sequence(make())
    x, y = torch.randn(32, 7, 16), torch.arange(32) % 3
    before = model(x)
    report = diagnose(model, (x, y))
    assert [row.name for row in report.layers] == ["body", "head"] and report.findings == []
    row = report.layers[0]
    expected = model.body(x, x, x)[0] if isinstance(model.body, nn.MultiheadAttention) else model.body(x)[0]
    assert row.std == pytest.approx(expected.std(correction=0).item(), rel=1e-5)
    assert row.weight_gradient > 0 and row.output_gradient > 0 and row.effective_rank > 1
    assert torch.equal(model(x), before) and not model.body._forward_hooks


def test_overfit_is_a_number_of_steps():
    model = nn.Linear(3, 2)
    with pytest.raises(ValueError, match="overfit must be a number of steps, such as 200, got"):
        diagnose(model, (torch.randn(8, 3), torch.randint(2, (8,))), overfit=-1)


@pytest.mark.parametrize("overfit", [True, 2.5, "200"])
def test_overfit_is_a_whole_number(overfit):
    with pytest.raises(TypeError, match="overfit must be a whole number, got"):
        diagnose(nn.Linear(32, 10), vectors(), overfit=overfit)


def test_an_optimizer_of_two_models_moves_neither():
    model, other = mlp([32, 16, 10], generator=seeded()), nn.Linear(2, 2)
    other.weight.grad = torch.ones(2, 2)
    optimizer = torch.optim.Adam([*model.parameters(), *other.parameters()], lr=0.1)
    before = other.weight.detach().clone()
    report = diagnose(model, vectors(), optimizer=optimizer)
    assert torch.equal(other.weight, before) and torch.equal(other.weight.grad, torch.ones(2, 2))
    assert not optimizer.state and report.layers[0].update_to_weight > 0


class MasterWeights(torch.optim.Optimizer):
    """Trains weights of half precision by a copy of single precision, and counts its steps."""

    def __init__(self, parameters, lr):
        super().__init__(parameters, {"lr": lr})
        self.steps, self.generator = 0, (value for value in ())  # nobody can copy a generator

    @torch.no_grad()
    def step(self, closure=None):
        self.steps += 1
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    state = self.state[weight]
                    state.setdefault("master", weight.float().clone())
                    state["master"] -= group["lr"] * weight.grad.float()
                    weight.copy_(state["master"])


def test_an_optimizer_is_left_as_it_was_in_everything_that_it_keeps():
    batch = torch.randn(8, 3, generator=seeded()).bfloat16(), torch.arange(8) % 2
    models = [nn.Linear(3, 2).bfloat16() for _ in range(2)]
    models[1].load_state_dict(models[0].state_dict())
    watch = Watch(batch, every=1)
    plain, watched = (
        fit(
            model,
            *batch,
            steps=100,
            lr=0.002,
            optimizer=MasterWeights,
            watch=watch if model is models[1] else None,
        )
        for model in models
    )
    assert plain.loss == watched.loss and torch.equal(models[0].weight, models[1].weight)
    assert watch.optimizer.steps == 100
    group, state = watch.optimizer.param_groups[0], watch.optimizer.state[models[1].weight]["master"]
    ratio = diagnose(models[1], batch, optimizer=watch.optimizer).layers[0].update_to_weight
    assert ratio > 0 and watch.optimizer.steps == 100
    assert watch.optimizer.param_groups[0] is group and group["params"][0] is models[1].weight
    assert watch.optimizer.state[models[1].weight]["master"] is state and state.dtype == torch.float32


def test_a_weight_of_zeros_has_no_share_that_moves():
    model = mlp([32, 16, 10], generator=seeded())
    nn.init.zeros_(model[2].weight)
    layers = diagnose(model, vectors(), optimizer=torch.optim.Adam(model.parameters(), lr=0.1)).layers
    assert layers[1].update_to_weight is None and layers[1].weight_gradient > 0


def test_marks_on_weights_reach_the_optimizer():
    class Marked(torch.optim.SGD):
        def step(self, closure=None):
            for weight in self.param_groups[0]["params"]:
                weight.grad *= getattr(weight, "factor", 1.0)
            return super().step(closure)

    model = mlp([32, 3, 10], generator=seeded())
    ratios = []
    for factor in (1.0, 3.0):
        model[0].weight.factor = factor
        report = diagnose(model, vectors(), optimizer=Marked(model.parameters(), lr=0.1))
        ratios.append([layer.update_to_weight for layer in report.layers])
    assert ratios[1] == [pytest.approx(3 * ratios[0][0]), ratios[0][1]]


def test_layers_with_a_generator_of_their_own_draw_the_same_afterward():
    class Noisy(nn.Module):
        def __init__(self):
            super().__init__()
            self.generator = seeded()

        def forward(self, x):
            return x + torch.randn(x.shape, generator=self.generator)

    model = nn.Sequential(Noisy(), nn.Linear(32, 10))
    state = model[0].generator.get_state()
    diagnose(model, vectors())
    assert torch.equal(model[0].generator.get_state(), state)


def test_a_graph_that_the_caller_holds_stays_valid_with_an_optimizer():
    model, (x, y) = mlp([32, 16, 10], generator=seeded()), vectors()
    value = F.cross_entropy(model(x), y)
    (expected,) = torch.autograd.grad(value, model[0].weight, retain_graph=True)
    diagnose(model, (x, y), optimizer=torch.optim.SGD(model.parameters(), lr=0.1))
    value.backward()
    assert torch.equal(model[0].weight.grad, expected)


def test_an_optimizer_that_runs_the_model_itself_is_refused():
    model = nn.Linear(32, 10)
    with pytest.raises(ValueError, match="optimizer must need no closure, got LBFGS"):
        diagnose(model, vectors(), optimizer=torch.optim.LBFGS(model.parameters()))


@pytest.mark.parametrize(
    ("make", "inputs"),
    [
        (lambda: nn.LSTM(4, 8, num_layers=2, dropout=0.5, batch_first=True), torch.ones(3, 5, 4)),
        (lambda: nn.TransformerEncoderLayer(4, 2, 8, dropout=0.5, batch_first=True), torch.ones(3, 5, 4)),
    ],
)
def test_dropout_within_recurrent_layers_and_attention_is_off(make, inputs):
    torch.manual_seed(0)
    model = make()
    chances = [
        module.dropout for module in model.modules() if isinstance(getattr(module, "dropout", 0), float)
    ]

    def loss(output, _):
        output = output[0] if isinstance(output, tuple) else output
        return output.square().mul(torch.arange(output.shape[-1])).sum()

    norms = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        norms.append(gradient_norms(model, inputs, torch.zeros(3), loss))
    assert norms[0] == norms[1]
    assert chances == [
        module.dropout for module in model.modules() if isinstance(getattr(module, "dropout", 0), float)
    ]
    assert 0.5 in chances


def test_a_threshold_is_a_number():
    with pytest.raises(ValueError, match="thresholds must be numbers, got NaN for 'vanishing'"):
        diagnose(nn.Linear(32, 10), vectors(), thresholds={"vanishing": math.nan})


# What others do to a model


def test_slopes_in_inference_mode():
    x = torch.tensor([0.0, 1.0])
    expected = slope(torch.tanh, x)
    with torch.inference_mode():
        inside = torch.tensor([0.0, 1.0])
        assert torch.equal(slope(torch.tanh, x), expected) and torch.equal(
            slope(torch.tanh, inside), expected
        )
    assert torch.equal(slope(torch.tanh, inside), expected)


def test_a_report_in_inference_mode():
    model, batch = deep(), vectors()
    expected = diagnose(model, batch)
    with torch.inference_mode():
        assert diagnose(model, batch) == expected


@pytest.mark.parametrize(
    "wrap",
    [
        nn.utils.parametrizations.weight_norm,
        nn.utils.parametrizations.spectral_norm,
        nn.utils.parametrizations.orthogonal,
    ],
)
def test_a_parametrized_net_can_overfit_one_batch(wrap):
    torch.manual_seed(0)
    model = nn.Sequential(wrap(nn.Linear(4, 64)), nn.ReLU(), wrap(nn.Linear(64, 3)))
    x, y = (part[:12] for part in table([1.0] * 4))
    limits = {"overfit": 0.3}  # two of them bound the weights
    report = diagnose(model, (x * 3, y), overfit=400, thresholds=limits)
    assert "cannot overfit one batch" not in names(report)


@pytest.mark.parametrize("prepare", ["prune", "weight_norm", "spectral_norm"])
def test_weights_that_are_made_before_each_call_have_their_gradient(prepare):
    model, (x, y) = mlp([4, 16, 3], generator=seeded()), table([1.0] * 4)
    expected = gradient_norms(model, x, y)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if prepare == "prune":
            prune.identity(model[0], "weight")
        else:
            getattr(nn.utils, prepare)(model[0])
    found = gradient_norms(model, x, y)
    assert list(found) == list(expected) and found["0"] > 0
    if prepare != "spectral_norm":
        assert found["0"] == pytest.approx(expected["0"], rel=1e-5)


def test_a_compiled_net_has_the_same_report():
    model, (x, y) = mlp([4, 16, 16, 3], generator=seeded()), table([1.0] * 4)
    expected = diagnose(model, (x, y))
    compiled = torch.compile(model, backend="aot_eager")
    compiled(x)
    report = diagnose(compiled, (x, y))
    assert report.loss == pytest.approx(expected.loss) and len(report.layers) == 3
    assert list(gradient_norms(compiled, x, y).values()) == pytest.approx(
        list(gradient_norms(model, x, y).values())
    )


class Gated(nn.Module):
    """Residual branches, each times a factor."""

    def __init__(self, factor):
        super().__init__()
        self.stem, self.head = nn.Linear(8, 16), nn.Linear(16, 3)
        self.branches = nn.ModuleList(mlp([16, 16, 16], generator=seeded(i)) for i in range(3))
        self.factors = nn.Parameter(torch.full((3, 16), factor))

    def forward(self, x):
        x = self.stem(x)
        for branch, factor in zip(self.branches, self.factors, strict=True):
            x = x + factor * branch(x)
        return self.head(x)


@pytest.mark.parametrize("factor", [1.0, 1e-6, 0.0])
def test_a_branch_with_a_small_factor_is_not_saturated(factor):
    torch.manual_seed(0)
    report = diagnose(Gated(factor), (torch.randn(64, 8), torch.arange(64) % 3))
    assert names(report) == []


def test_what_is_saturated_to_the_last_unit_still_is():
    model = mlp([8, 16, 3], "sigmoid", generator=seeded())
    x = 1e6 * torch.randn(64, 8, generator=seeded())
    row = diagnose(model, (x, torch.arange(64) % 3)).layers[0]
    assert 0.4 < row.saturated < 0.6 and row.dead == 1, "an output of zero does not count as saturated"


SOFT = {  # all near ReLU: flat below zero, with a tiny output
    "swish 10": functools.partial(Swish, beta=10),
    "swish 50": functools.partial(Swish, beta=50),
    "acon": functools.partial(AconC, p1=1, p2=0, beta=50),
    "softplus": functools.partial(nn.Softplus, beta=50),
}


@pytest.mark.parametrize("name", SOFT)
def test_what_is_off_is_not_saturated(name):
    x, y = digits(generator=seeded()).train
    x = Standardize(x)(x)
    model = mlp([64, 64, 64, 10], SOFT[name], init="he_normal", generator=seeded())
    for count in (1, 15, 16, len(x)):
        assert "saturated units" not in names(diagnose(model, (x[:count], y[:count])))
    for dtype in (torch.double, torch.bfloat16, torch.half):
        assert names(diagnose(copy.deepcopy(model).to(dtype), (x.to(dtype), y))) == []
    fit(model, x, y, steps=100, lr=0.1, batch_size=64, generator=seeded(), progress=False)
    report = diagnose(model, (x, y))
    assert report.loss < 0.2 and report.findings == []


@pytest.mark.parametrize("name", SOFT)
def test_what_is_off_at_every_position_is_saturated(name):
    model = mlp([32, 64, 10], SOFT[name], generator=seeded())
    with torch.no_grad():
        model[0].weight[:32] *= 0.1
        model[0].bias[:32] = -1.5  # half of the units: never on, but with some gradient left
    first = diagnose(model, vectors()).layers[0]
    assert (first.saturated, first.dead) == (pytest.approx(0.5, abs=0.02), 0)


@pytest.mark.parametrize("bias", [0.0, -8.0, 8.0])
@pytest.mark.parametrize("scale", [1, 3, 10])
def test_a_sigmoid_is_saturated_at_either_end(scale, bias):
    model = mlp([32, 64, 10], "sigmoid", generator=seeded())
    nn.init.constant_(model[0].bias, bias)
    x, y = vectors()
    z = model[0](scale * x).detach()
    slopes = torch.sigmoid(z) * torch.sigmoid(-z)
    share = (slopes < 0.01).double().mean().item()
    assert diagnose(model, (scale * x, y)).layers[0].saturated == pytest.approx(share, abs=0.02)


@pytest.mark.parametrize("activation", ["gelu", "mish", "swish"])
def test_as_much_is_saturated_in_half_precision(activation, monkeypatch):
    """Slopes that are rounded are still those of an elementwise function."""
    monkeypatch.setattr(diagnostics, "OFF_SHARE", 0.0)  # counts the tails, where slopes are small
    model, x = mlp([8, 16, 3], activation, generator=seeded()), 6 * torch.randn(64, 8, generator=seeded())
    single, half = (
        diagnose(model.to(dtype), (x.to(dtype), torch.arange(64) % 3)).layers[0].saturated
        for dtype in (torch.float, torch.half)
    )
    assert half == pytest.approx(single, abs=0.05) and single > 0


@pytest.mark.parametrize(
    ("loss", "soften"),
    [
        (nn.CrossEntropyLoss(label_smoothing=0.1), lambda y: y),
        (F.cross_entropy, lambda y: smooth_labels(y, 3, 0.1)),
        (F.cross_entropy, lambda y: torch.randn(len(y), 3, generator=seeded()).softmax(1)),
        (nn.CrossEntropyLoss(ignore_index=-1), lambda y: torch.where(torch.arange(len(y)) < 3, -1, y)),
        (nn.CrossEntropyLoss(ignore_index=255), lambda y: torch.where(torch.arange(len(y)) < 3, 255, y)),
    ],
)
def test_soft_targets_can_be_overfitted(loss, soften):
    model = mlp([4, 64, 64, 3], generator=seeded())
    x, y = (part[:32] for part in table([1.0] * 4))
    assert names(diagnose(model, (x, soften(y)), loss, overfit=300)) == []
    same = torch.ones_like(x) * x.std()
    assert names(diagnose(model, (same, soften(y)), loss, overfit=50))[-1:] == ["cannot overfit one batch"]


def test_a_batch_that_was_learned_before_is_no_finding():
    model, (x, y) = trained()
    assert names(diagnose(model, (x[:64], y[:64]), overfit=20)) == []


def test_a_sum_over_the_batch_is_not_above_chance():
    model = mlp([4, 16, 3], generator=seeded())
    assert names(diagnose(model, table([1.0] * 4), nn.CrossEntropyLoss(reduction="sum"))) == []


def test_a_head_of_zeros_opens_after_one_step():
    torch.manual_seed(0)
    model = Gated(1.0)
    nn.init.zeros_(model.head.weight)
    for branch in model.branches:
        nn.init.zeros_(branch[-1].weight)
    x, y = torch.randn(64, 8), torch.arange(64) % 3
    report = diagnose(model, (x, y))
    assert names(report) == [] and report.gradient_factor is None


class Pair(NamedTuple):
    h: torch.Tensor
    other: int


class Several(nn.Linear):
    """A layer that returns more than its output."""

    def __init__(self, make):
        super().__init__(4, 3)
        self.make = make

    def forward(self, x):
        return self.make(super().forward(x))


@pytest.mark.parametrize(
    ("make", "take"),
    [
        (lambda h: (h,), lambda out: out[0]),
        (lambda h: (h, 1), lambda out: out[0]),
        (lambda h: Pair(h, 1), lambda out: out.h),
    ],
)
def test_a_layer_returns_what_it_returned(make, take):
    torch.manual_seed(0)
    layer, (x, y) = Several(make), table([1.0] * 4)
    report = diagnose(layer, (x, y), lambda out, y: F.cross_entropy(take(out), y))
    plain = nn.Linear(4, 3)
    plain.load_state_dict(layer.state_dict())
    assert report.loss == diagnose(plain, (x, y)).loss


def test_buffers_that_share_memory_or_come_in_the_forward_pass():
    model = Buffers()
    diagnose(model, table([1.0] * 4))
    assert model.late is None and model.mask.shape == (3, 4)


def test_models_that_cannot_be_examined_are_refused():
    batch = table([1.0] * 4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        traced = torch.jit.trace(mlp([4, 3]), batch[0])
    for call in (lambda model: diagnose(model, batch), lambda model: gradient_norms(model, *batch)):
        with pytest.raises(
            TypeError, match="model must be no scripted or traced one, got TopLevelTracedModule"
        ):
            call(traced)
        with pytest.raises(
            ValueError, match=r"model must have seen a batch, got the lazy parameter '0\.weight'"
        ):
            call(nn.Sequential(nn.LazyLinear(3)))
    with pytest.raises(
        ValueError, match=r"batch must hold an example at least, got inputs of the shape \(0, 4\)"
    ):
        diagnose(mlp([4, 3]), (batch[0][:0], batch[1][:0]))


@pytest.mark.parametrize("shape", [(8, 8), (8,)])
def test_a_norm_over_several_dimensions_is_no_layer_of_its_own(shape):
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Linear(64, 64), nn.Unflatten(1, (8, 8)), nn.LayerNorm(shape), nn.Flatten(), nn.Linear(64, 3)
    )
    report = diagnose(net, (torch.randn(32, 64), torch.randint(3, (32,))))
    assert [row.kind for row in report.layers] == ["Linear", "Linear"]


def test_a_layer_that_gets_no_example_hides_nothing():
    class Experts(nn.Module):
        def __init__(self):
            super().__init__()
            self.busy, self.idle = nn.Linear(4, 3), nn.Linear(4, 3)

        def forward(self, x):
            return self.busy(x) + self.idle(x[:0]).sum()

    torch.manual_seed(0)
    report = diagnose(Experts(), (torch.randn(16, 4), torch.randint(3, (16,))))
    assert [row.name for row in report.layers] == ["busy"]
    assert "non-finite" not in {finding.name for finding in report.findings}


def test_a_pruned_net_and_short_integers_can_be_overfitted():
    torch.manual_seed(0)
    net = mlp([8, 32, 3], generator=torch.Generator().manual_seed(0))
    x, y = torch.randn(16, 8), torch.randint(3, (16,), dtype=torch.uint8)
    whole = diagnose(net, (x, y), overfit=60)
    prune.identity(net[0], "weight")
    net(x)  # which makes a weight that is no leaf
    pruned = diagnose(net, (x, y), overfit=60)
    assert [finding.name for finding in pruned.findings] == [finding.name for finding in whole.findings]
    assert "cannot overfit one batch" not in {finding.name for finding in pruned.findings}


def test_a_watch_forgets_the_optimizer_of_the_run_before():
    watch = Watch((torch.randn(16, 4), torch.randint(3, (16,))), every=1)
    model = nn.Linear(4, 3)
    fit(model, *watch.batch, steps=1, lr=0.1, watch=watch)
    assert watch.optimizer is not None and watch.reports[0].layers[0].update_to_weight is not None
    fit(model, *watch.batch, steps=1, lr=0.1, optimizer=torch.optim.LBFGS, watch=watch)
    assert watch.optimizer is None and watch.reports[0].layers[0].update_to_weight is None


def test_what_waits_for_a_step_does_not_run():
    """A copy of the weights, say, that is averaged after each step."""
    model, ran = mlp([3, 3, 2]), []
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    owner = types.SimpleNamespace(add=lambda *_: ran.append("own"), lock=threading.Lock())  # can't be copied
    optimizer.register_step_post_hook(owner.add)
    optimizer.register_step_pre_hook(lambda *_: ran.append(owner))
    report = diagnose(model, (torch.randn(9, 3), torch.arange(9) % 2), optimizer=optimizer)
    assert ran == [] and all(layer.update_to_weight > 0 for layer in report.layers)


def test_a_scripted_layer_is_named():
    model = nn.Sequential(nn.Linear(2, 2), scripted(nn.Linear(2, 2)))
    with pytest.raises(TypeError, match="no scripted or traced one, got RecursiveScriptModule at '1'"):
        diagnose(model, (torch.ones(3, 2), torch.zeros(3, dtype=torch.long)))


def test_an_empty_batch_among_several_inputs_is_named():
    y = torch.empty(0, dtype=torch.long)
    for inputs in ((torch.empty(0, 3),), {"input": torch.empty(0, 3)}):
        with pytest.raises(
            ValueError, match=r"batch must hold an example at least, got inputs of the shape \(0, 3\)"
        ):
            diagnose(nn.Sequential(nn.Linear(3, 2)), (inputs, y))


def test_embeddings_with_sparse_gradients_can_learn_a_batch():
    model = nn.Sequential(nn.Embedding(9, 4, sparse=True), nn.Flatten(), nn.Linear(4, 3))
    report = diagnose(model, (torch.arange(9)[:, None], torch.arange(9) % 3), overfit=200)
    assert "cannot overfit one batch" not in {finding.name for finding in report.findings}


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_cross_entropy_with_arguments_given_is_judged_as_the_module(smoothing):
    model, x, y = mlp([4, 16, 3]), torch.randn(32, 4), torch.arange(32) % 3
    model[-1].weight.data *= 100
    found = [
        diagnose(copy.deepcopy(model), (x, y), loss=loss, overfit=50).findings
        for loss in (
            functools.partial(F.cross_entropy, label_smoothing=smoothing),
            nn.CrossEntropyLoss(label_smoothing=smoothing),
        )
    ]
    assert found[0] == found[1] and "loss above chance" in {finding.name for finding in found[0]}


def test_a_split_output_has_no_dead_half():
    class Split(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.gate, self.last = nn.Linear(8, 32), nn.Linear(16, 16), nn.Linear(16, 3)

        def forward(self, x):
            u, v = self.first(x).chunk(2, 1)
            return self.last(u * torch.tanh(self.gate(torch.relu(v))))

    torch.manual_seed(0)
    model, batch = Split(), (torch.randn(64, 8), torch.arange(64) % 3)
    report = diagnose(model, batch)
    assert names(report) == [] and report.layers[0].dead == 0
    with torch.no_grad():
        model.first.bias[-4:] = -100.0
    assert diagnose(model, batch).layers[0].dead == 4 / 32


def test_units_that_are_dead_behind_a_norm_that_mixes_them_are_counted():
    model = deep(norm="layer", depth=2)
    nn.init.constant_(model[1].bias[:8], -100.0)
    assert diagnose(model, vectors()).layers[0].dead == 8 / 32


@pytest.mark.parametrize(("lr", "expected"), [(1e-3, []), (1e-7, ["learning rate too low"])])
def test_the_learning_rate_is_that_of_what_the_optimizer_holds(lr, expected):
    model, batch = mlp([4, 32, 32, 3], generator=seeded()), table([1.0] * 4)
    watch = Watch(batch, optimizer=torch.optim.Adam(model[-1].parameters(), lr=lr))
    seen = watch(0, model)
    report = watch.reports[0]
    assert [name for name in names(report) if "rate" in name] == expected
    updates = [row.update_to_weight for row in report.layers]
    assert updates[:2] == [None, None] and seen["update to weight"] == updates[2] > 0


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (-0.00012, "-1.2e-4"),
        (0.00012, "0.00012"),
        (-0.0012, "-0.0012"),
        (-1.2e-10, "-1e-10"),
        (1.2e-100, "1e-100"),
        (-1.2e-100, "-1e-100"),
        (1.2e-10, "1.2e-10"),
        (-1.2e30, "-1.2e30"),
        (-math.inf, "-inf"),
        (None, "-"),
    ],
)
def test_a_number_fits_its_column(number, text):
    assert diagnostics._number(number) == text and len(text) <= 7


def test_one_batch_is_overfitted_in_inference_mode():
    model, batch = mlp([4, 64, 3], generator=seeded()), table([1.0] * 4)
    expected = diagnose(model, batch, overfit=5, thresholds={"overfit": 0.0})
    with torch.inference_mode():
        assert diagnose(model, batch, overfit=5, thresholds={"overfit": 0.0}) == expected
    assert "cannot overfit one batch" in names(expected)


def test_what_stands_beside_something_that_nobody_can_copy_is_copied():
    model, other = mlp([32, 16, 10], generator=seeded()), nn.Linear(2, 2)
    other.weight.grad = torch.ones(2, 2)
    held, lock = [*model.parameters(), *other.parameters()], threading.Lock()
    optimizer = torch.optim.SGD([{"params": held, "lock": lock}], lr=0.1, momentum=0.9)
    kept, made = torch.zeros_like(model[0].weight), model[0].weight * 2  # which is no leaf
    optimizer.state[model[0].weight] = {"lock": lock, "momentum_buffer": kept, "made": [made, (lock, kept)]}
    optimizer.groups = optimizer.param_groups
    before = other.weight.detach().clone()
    plain = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    expected = diagnose(model, vectors(), optimizer=plain)
    assert diagnose(model, vectors(), optimizer=optimizer) == expected
    assert torch.equal(other.weight, before) and torch.equal(other.weight.grad, torch.ones(2, 2))
    assert list(optimizer.state) == [model[0].weight] and not kept.any()
    memo = {id(weight): weight.detach().clone() for weight in held}
    groups, state, again = (
        diagnostics._copied(value, memo)
        for value in (optimizer.param_groups, optimizer.state, optimizer.groups)
    )
    twin = state[memo[id(model[0].weight)]]
    assert again is groups and groups[0]["params"] == [memo[id(weight)] for weight in held]
    assert groups[0]["lock"] is twin["lock"] is twin["made"][1][0] is lock
    assert twin["momentum_buffer"] is twin["made"][1][1] and twin["momentum_buffer"] is not kept
    assert torch.equal(twin["made"][0], made) and twin["made"][0] is not made
    assert type(state) is type(optimizer.state) and state[other.weight] == {}


@pytest.mark.parametrize("kind", [nn.Linear, nn.Conv2d])
def test_a_layer_may_return_a_scalar(kind):
    class Scalar(kind):
        def forward(self, x):
            return super().forward(x).square().mean()

    model = Scalar(8, 1) if kind is nn.Linear else Scalar(3, 4, 3)
    x = vectors(features=8)[0] if kind is nn.Linear else images()[0]
    (row,) = diagnose(model, (x, None), lambda output, _: output).layers
    assert row.std == 0 and row.weight_gradient > 0 and row.identical == 0


def test_an_optimizer_whose_step_needs_a_closure_is_refused():
    class Search(torch.optim.SGD):
        def step(self, closure):
            return super().step(closure)

    model = nn.Linear(32, 10)
    with pytest.raises(ValueError, match="optimizer must need no closure, got Search, whose step"):
        diagnose(model, vectors(), optimizer=Search(model.parameters(), lr=0.1))


@pytest.mark.parametrize("inside", [False, True])
def test_where_compiled_code_hides_the_layers_the_error_says_so(inside, monkeypatch):
    """PyTorch before 2.6 has no stance that runs a model as it was written."""
    monkeypatch.delattr(torch.compiler, "set_stance", raising=False)
    model, (x, y) = mlp([4, 16, 3], generator=seeded()), table([1.0] * 4)
    assert not hidden_layers(model)
    compiled = torch.compile(model, backend="aot_eager")
    compiled = nn.Sequential(compiled) if inside else compiled
    compiled(x)
    with pytest.raises(ValueError, match=r"model must call a layer .*, got \w+: before PyTorch 2.6 compiled"):
        diagnose(compiled, (x, y))
    model.compile(backend="aot_eager")
    assert hidden_layers(nn.Sequential(model))


def test_one_of_several_inputs_may_hold_nothing_of_each_example():
    class Table(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(8, 3)

        def forward(self, numbers, classes):
            return self.layer(torch.cat([numbers, classes.float()], 1))

    inputs = torch.randn(64, 8), torch.empty(64, 0, dtype=torch.long)
    assert diagnose(Table(), (inputs, torch.arange(64) % 3)).layers


# Healthy nets that look sick


class Scaled(nn.Module):
    """A residual branch times a small number (LayerScale) or zero (ReZero)."""

    def __init__(self, scale, width=32):
        super().__init__()
        self.first, self.second = nn.Linear(width, width), nn.Linear(width, width)
        self.scale = nn.Parameter(torch.tensor(scale))

    def forward(self, x):
        return x + self.scale * self.second(F.relu(self.first(F.layer_norm(x, x.shape[-1:]))))


@pytest.mark.parametrize("scale", [1e-6, 1e-3, 1.0])
def test_a_branch_of_small_scale_is_not_the_path_of_the_gradient(scale):
    torch.manual_seed(0)
    stem = [nn.Conv2d(3, 32, 4, stride=4), nn.Conv2d(32, 32, 1), nn.Conv2d(32, 32, 1), nn.Conv2d(32, 32, 1)]
    mean = [nn.Flatten(2), nn.AdaptiveAvgPool1d(1), nn.Flatten()]
    blocks = [nn.Sequential(*mean), Scaled(scale), Scaled(scale)]
    model = nn.Sequential(*stem, *blocks, nn.Linear(32, 10))
    report = diagnose(model, images())
    assert "exploding gradient" not in names(report) and 0.3 < report.gradient_factor < 3
    tokens = nn.Sequential(nn.Flatten(2), nn.Linear(256, 32), *(Scaled(scale) for _ in range(4)))
    pooled = nn.Sequential(tokens, nn.Flatten(1), nn.Unflatten(1, (3, 32)), Middle(), nn.Linear(32, 10))
    assert "gradient" not in " ".join(names(diagnose(pooled, images())))


class Middle(nn.Module):
    def forward(self, x):
        return x.mean(dim=1)


def test_a_light_head_beside_the_main_one_is_not_the_end_of_the_path():
    class Heads(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.main, self.side = deep(depth=5)[:-1], nn.Linear(32, 10), nn.Linear(32, 10)

        def forward(self, x):
            h = self.body(x)
            return self.main(h), self.side(h)

    def loss(output, y):
        return F.cross_entropy(output[0], y) + 1e-4 * F.cross_entropy(output[1], y)

    torch.manual_seed(0)
    report = diagnose(Heads(), vectors(), loss)
    assert report.findings == [] and report.gradient_factor < 1.4


@pytest.mark.parametrize("stem", [True, False])
def test_a_gate_of_zero_that_will_open_is_healthy(stem):
    torch.manual_seed(0)
    model = nn.Sequential(*[nn.Linear(32, 32)] * stem, *(Scaled(0.0) for _ in range(3)), nn.Linear(32, 10))
    adam = torch.optim.Adam(model.parameters(), lr=1e-3)
    assert diagnose(model, vectors(), optimizer=adam).findings == []
    for block in model[int(stem) : -1]:
        block.scale.requires_grad_(False)  # now it stays shut
    found = names(diagnose(model, vectors(), optimizer=adam))
    assert [*found] == ["blocked gradient" if stem else "vanishing gradient", "frozen parameters"]


def test_a_zero_that_is_added_is_no_gate():
    class Embedded(nn.Module):
        def __init__(self):
            super().__init__()
            self.position, self.net = nn.Parameter(torch.zeros(32)), deep("sigmoid", "xavier_normal")

        def forward(self, x):
            return self.net(x + self.position)

    assert "vanishing gradient" in names(diagnose(Embedded(), vectors()))


class LowRank(nn.Module):
    """LoRA: a frozen layer, and beside it a product that begins at zero."""

    def __init__(self, fan_in, fan_out):
        super().__init__()
        self.down, self.up = nn.Linear(fan_in, 4, bias=False), nn.Linear(4, fan_out, bias=False)
        self.base = nn.Linear(fan_in, fan_out).requires_grad_(False)
        nn.init.zeros_(self.up.weight)

    def forward(self, x):
        return self.up(self.down(x)) + self.base(x)


def test_weights_without_a_gradient_say_nothing_of_the_learning_rate():
    torch.manual_seed(0)
    model = nn.Sequential(LowRank(32, 64), nn.ReLU(), LowRank(64, 64), nn.ReLU(), LowRank(64, 10))
    adam = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-3)
    assert names(diagnose(model, vectors(), optimizer=adam)) == ["frozen parameters"]


def learned(loss, targets):
    x, _ = vectors()
    y = targets(x)
    model = mlp([32, 64, 64, y.shape[1] if y.is_floating_point() else 10], generator=seeded())
    fit(model, x, y, steps=600, lr=3e-3, optimizer=torch.optim.Adam, loss=loss, progress=False)
    return model, (x, y)


@pytest.mark.parametrize(
    ("loss", "targets"),
    [
        (F.cross_entropy, lambda x: (x[:, 0] > 0).long()),
        (nn.BCEWithLogitsLoss(), lambda x: (x[:, :1] > 0) * 0.8 + 0.1),
        (nn.MSELoss(), lambda x: x[:, :1]),
        (lambda output, y: F.relu(1 - output * y).mean(), lambda x: x[:, :1].sign()),
    ],
)
def test_a_net_that_has_learned_may_take_small_steps(loss, targets):
    model, batch = learned(loss, targets)
    sgd = torch.optim.SGD(model.parameters(), lr=1e-3)
    assert diagnose(model, batch, loss, optimizer=sgd, overfit=20).findings == []
    fresh = mlp([32, 64, 64, model[-1].out_features], generator=seeded())
    sgd = torch.optim.SGD(fresh.parameters(), lr=1e-6)
    assert "learning rate too low" in names(diagnose(fresh, batch, loss, optimizer=sgd))


def test_a_schedule_that_begins_or_ends_is_a_note():
    def found(make, lr=1e-3):
        model = mlp([32, 64, 64, 10], generator=seeded())
        optimizer = torch.optim.Adam(model.parameters(), lr=lr)
        make(optimizer)
        return diagnose(model, vectors(), optimizer=optimizer).findings

    schedules = torch.optim.lr_scheduler
    (note,) = found(lambda adam: schedules.LambdaLR(adam, lambda step: step / 100))
    assert (note.name, note.severity, note.value) == ("scheduled learning rate", "note", 0)
    assert note.message == "the schedule has the rate at 0, from 0.001" and "scheduler.step()" in note.remedy
    assert found(lambda adam: schedules.LinearLR(adam, 0.02)) == []
    assert found(lambda adam: schedules.OneCycleLR(adam, 1e-3, total_steps=100)) == []
    (low,) = found(lambda adam: schedules.LinearLR(adam, 0.02), lr=1e-6)
    assert low.name == "learning rate too low", "even at its highest"
    assert found(lambda adam: schedules.ExponentialLR(adam, 1.0)) == []


def test_a_net_of_half_precision_can_overfit_one_batch():
    x, y = vectors(32, dtype=torch.half)
    assert names(diagnose(mlp([32, 64, 10], generator=seeded()).half(), (x, y), overfit=60)) == []


def test_columns_that_hardly_vary_have_no_scale():
    x, y = vectors()
    rounding, rare = x.clone(), x.clone()
    rounding[:, 3] = torch.where(x[:, 3] > 0, 0.1, 0.1 + 1e-8)
    assert rounding[:, 3].std() > 0
    rare[:, 3] = torch.where(torch.arange(128) < 3, 1e-4, 0.0)
    for inputs in (rounding, rare, torch.cat([x, torch.full((128, 1), 0.1)], 1)):
        model = mlp([inputs.shape[1], 16, 10], generator=seeded())
        assert names(diagnose(model, (inputs, y))) == []
    rare[:, 3] = torch.where(torch.arange(128) < 64, 1e-4, 0.0)
    assert names(diagnose(mlp([32, 16, 10], generator=seeded()), (rare, y))) == ["unscaled input"]


@pytest.mark.parametrize(("frozen", "expected"), [(0, True), (4, True), (5, False), (8, False)])
def test_a_gradient_vanishes_only_on_its_way_to_what_learns(frozen, expected):
    model = deep("sigmoid", "xavier_normal", depth=8)
    for layer in model[::2][:frozen]:
        layer.requires_grad_(False)
    assert ("vanishing gradient" in names(diagnose(model, vectors()))) is expected


def test_a_model_may_use_autocast():
    class Mixed(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = nn.TransformerEncoderLayer(32, 4, 64, batch_first=True)
            self.head = nn.Linear(32, 10)

        def forward(self, x):
            with torch.autocast("cpu", torch.bfloat16):  # what the layers make is added to single precision
                return self.head(self.body(x).mean(dim=1)).float()

    torch.manual_seed(0)
    batch = torch.randn(64, 8, 32), torch.arange(64) % 10
    assert diagnose(Mixed(), batch).findings == []


class After(nn.Module):
    """ReLU or tanh, and something after it."""

    def __init__(self, bend, after):
        super().__init__()
        self.first, self.last = nn.Linear(32, 32), nn.Linear(32, 10)
        self.bend, self.after = bend, after

    def forward(self, x):
        return self.last(self.after(self.bend(self.first(x)), x))


@pytest.mark.parametrize(
    "after",
    [lambda h, x: h + x, lambda h, x: h * torch.sigmoid(x), lambda h, x: 2 * h - 1, lambda h, x: 3 - h],
)
def test_what_comes_after_relu_does_not_saturate_it(after):
    torch.manual_seed(0)
    assert diagnose(After(F.relu, after), vectors()).findings == []


@pytest.mark.parametrize("after", [lambda h, x: h, lambda h, x: 2 * h - 1, lambda h, x: 3 - h])
def test_what_comes_after_a_saturated_unit_does_not_hide_it(after):
    torch.manual_seed(0)
    x, y = vectors()
    assert diagnose(After(torch.tanh, after), (x, y)).findings == []
    assert "saturated units" in names(diagnose(After(torch.tanh, after), (100 * x, y)))


def test_a_frozen_part_may_stay_in_evaluation_mode():
    torch.manual_seed(0)
    body = nn.Sequential(nn.Linear(32, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.5))
    model = nn.Sequential(body, nn.Linear(32, 10))
    body.eval()
    assert "mixed modes" in names(diagnose(model, vectors()))
    body.requires_grad_(False)
    assert names(diagnose(model, vectors())) == ["frozen parameters"]


def test_a_lower_rate_is_tried_before_a_net_is_said_not_to_overfit(monkeypatch):
    rates = []
    adam = torch.optim.Adam
    monkeypatch.setattr(
        torch.optim, "Adam", lambda p, lr, **given: rates.append(lr) or adam(p, lr=lr, **given)
    )
    model = nn.Sequential(nn.Linear(32, 64), Sine(), nn.Linear(64, 10))
    x, y = vectors(32)
    assert names(diagnose(model, (x, y), overfit=100)) == [] and rates == [0.01, 0.001]


class Sine(nn.Module):
    def forward(self, x):
        return torch.sin(100 * x)
