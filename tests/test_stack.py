from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from lego.activations import FACTS
from lego.initialization import INITIALIZERS
from lego.stack import mlp


def kinds(model):
    return [type(layer).__name__ for layer in model]


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


BY_HAND = {
    "sigmoid": lambda z: 1 / (1 + torch.exp(-z)),
    "tanh": torch.tanh,
    "relu": lambda z: z.clamp(min=0),
    "leaky_relu": lambda z: torch.where(z > 0, z, z / 100),
    "swish": lambda z: z * torch.sigmoid(z),
    "cos(x) - x": lambda z: torch.cos(z) - z,
}


@pytest.mark.parametrize("name", BY_HAND)
def test_the_formula_by_hand(name):
    model = mlp([3, 5, 4, 2], name, init="pytorch", generator=seeded()).double()
    x = torch.randn(7, 3, dtype=torch.double)
    f = BY_HAND[name]
    first, second, last = (layer for layer in model if isinstance(layer, nn.Linear))
    h = f(f(x @ first.weight.T + first.bias) @ second.weight.T + second.bias)
    torch.testing.assert_close(model(x), h @ last.weight.T + last.bias)


@pytest.mark.parametrize("name", FACTS)
def test_every_activation_and_candidate_has_a_net(name):
    model = mlp([3, 8, 2], name, generator=seeded())
    x = torch.linspace(-2, 2, 12).reshape(4, 3)
    assert model(x).shape == (4, 2) and model(x).isfinite().all()
    torch.testing.assert_close(model[2](model[1](model[0](x))), model(x))


def test_order_of_the_bricks():
    hidden = ["Linear", "BatchNorm1d", "Tanh", "Dropout"]
    assert kinds(mlp([2, 8, 8, 3], "tanh", norm="batch", dropout=0.1)) == [
        *hidden,
        *hidden,
        "Linear",
    ]
    assert kinds(mlp([2, 8, 3], norm="layer")) == [
        "Linear",
        "LayerNorm",
        "ReLU",
        "Linear",
    ]
    assert kinds(mlp([2, 3])) == ["Linear"]
    assert kinds(mlp((2, 4, 3), nn.GELU)) == ["Linear", "GELU", "Linear"]
    assert mlp([2, 8, 3], dropout=0.25)[2].p == 0.25


def test_each_layer_has_an_activation_of_its_own():
    model = mlp([2, 4, 4, 3], nn.PReLU)
    assert model[1] is not model[3]


@pytest.mark.parametrize("init", INITIALIZERS)
def test_a_generator_decides_and_the_global_state_stays(init):
    before = torch.get_rng_state()
    first, again = (mlp([2, 8, 3], init=init, generator=seeded()) for _ in range(2))
    assert torch.equal(torch.get_rng_state(), before)
    for one, two in zip(first.parameters(), again.parameters(), strict=True):
        assert torch.equal(one, two)
        assert one.dtype == torch.float and one.requires_grad and one.device.type == "cpu"


def test_without_a_generator_the_global_seed_decides():
    models = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        models.append(mlp([2, 8, 3]))
    assert torch.equal(models[0][0].weight, models[1][0].weight)
    assert not torch.equal(models[0][0].weight, models[2][0].weight)


def test_default_initialization_is_he():
    weight = mlp([300, 300, 300], generator=seeded())[2].weight
    assert weight.var().item() == pytest.approx(2 / 300, rel=0.03)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"widths": [3]}, r"widths must be at least two positive integers, got \[3\]"),
        ({"widths": []}, r"widths must be at least two positive integers, got \[\]"),
        (
            {"widths": [3, 0, 2]},
            r"widths must be at least two positive integers, got \[3, 0, 2\]",
        ),
        (
            {"widths": [3, 2.5, 2]},
            r"widths must be at least two positive integers, got \[3, 2.5, 2\]",
        ),
        (
            {"widths": [3, 2**63, 2]},
            r"widths must be at least two positive integers, got \[3, 9223372036854775808, 2\]",
        ),
        ({"activation": "Relu6"}, r"activation must .*nearest: relu.*got 'Relu6'"),
        (
            {"activation": nn.ReLU()},
            r"activation must be a name or what makes a module, got the module ReLU\(\)",
        ),
        ({"init": "xavire"}, r"init must .*nearest: xavier_.*got 'xavire'"),
        ({"dropout": 1.0}, r"dropout must be at least 0 and below 1, got 1.0"),
        ({"dropout": -0.1}, r"dropout must be at least 0 and below 1, got -0.1"),
        ({"norm": "bach"}, r"norm must be 'batch', 'layer' or None, got 'bach'"),
    ],
)
def test_errors_name_argument_rule_and_value(arguments, message):
    with pytest.raises(ValueError, match=message):
        mlp(**{"widths": [2, 4, 3], **arguments})


@pytest.mark.parametrize(
    ("activation", "message"),
    [
        (F.relu, "activation must make a module without arguments, got <function relu at "),
        (nn.Linear, "activation must make a module without arguments, got <class .*Linear'>"),
        (lambda: 0.5, "what activation makes must be a torch Module, got 0.5"),
    ],
)
def test_what_makes_no_module_is_named(activation, message):
    with pytest.raises(TypeError, match=message):
        mlp([2, 4, 3], activation)


def test_the_generator_draws_the_slopes_of_acon_too():
    def slopes(seed):
        torch.manual_seed(seed)
        net = mlp([2, 3, 1], "acon_c", generator=torch.Generator().manual_seed(5))
        return net[1].p1.item(), torch.get_rng_state()

    first, state = slopes(0)
    assert first == slopes(1)[0] and torch.equal(state, torch.manual_seed(0).get_state())


@pytest.mark.parametrize("init", ["lsuv", "fixup"])
def test_a_scheme_that_needs_more_than_the_network_is_refused(init):
    with pytest.raises(ValueError, match=f"init must be a name in INITIALIZERS, got '{init}': call {init}_"):
        mlp([2, 3, 1], init=init)


def test_a_width_that_no_memory_holds_is_left_to_pytorch():
    with pytest.raises(RuntimeError):
        mlp([2**62, 2])


def test_widths_of_numpy_are_numbers_and_booleans_are_not():
    assert mlp(np.array([2, 3, 1]))[0].in_features == 2
    with pytest.raises(ValueError, match=r"widths must be at least two positive integers, got \[True, 3\]"):
        mlp([True, 3])


@pytest.mark.parametrize("dropout", [np.array(0.5), Fraction(1, 2), Decimal("0.5"), torch.tensor(0.5)])
def test_the_share_that_is_dropped_is_a_number_of_any_kind(dropout):
    model = mlp([2, 8, 2], dropout=dropout)
    assert model[2].p == 0.5 and model(torch.ones(3, 2)).shape == (3, 2)
