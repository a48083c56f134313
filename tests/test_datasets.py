import math

import pytest
import torch

from lego.datasets import spirals
from lego.stack import mlp
from lego.training import accuracy, fit


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(("classes", "count"), [(3, 300), (2, 7), (5, 5), (1, 4)])
def test_shapes_types_and_balance(classes, count):
    x, y = spirals(classes, count, generator=seeded())
    assert x.shape == (count, 2) and x.dtype == torch.float
    assert y.shape == (count,) and y.dtype == torch.int64
    shares = y.bincount(minlength=classes)
    assert len(shares) == classes and shares.max() - shares.min() <= 1


def test_without_noise_the_points_follow_the_formula():
    x, y = spirals(3, 300, 0.0, turns=1.0, generator=seeded())
    radius = x.double().norm(dim=1) / math.sqrt(6)
    assert radius.sort().values.tolist() == pytest.approx([(i // 3 + 1) / 100 for i in range(300)], abs=1e-6)
    angle = 2 * math.pi * (y / 3 + radius)
    expected = radius[:, None] * math.sqrt(6) * torch.stack([angle.cos(), angle.sin()], dim=1)
    torch.testing.assert_close(x.double(), expected, rtol=0, atol=1e-5)


def test_noise_turns_the_points_by_its_deviation():
    (clean, _), (noisy, _) = (spirals(3, 3000, noise, generator=seeded()) for noise in (0.0, 0.1))
    turned = torch.atan2(*noisy.T.flip(0)) - torch.atan2(*clean.T.flip(0))
    turned = (turned + math.pi) % (2 * math.pi) - math.pi
    assert turned.std().item() == pytest.approx(0.1, rel=0.05)
    torch.testing.assert_close(clean.norm(dim=1), noisy.norm(dim=1))


def test_unit_scale_in_random_order():
    x, y = spirals(generator=seeded())
    assert x.std(dim=0).tolist() == pytest.approx([1, 1], abs=0.05)
    assert x.mean(dim=0).tolist() == pytest.approx([0, 0], abs=0.05)
    half = x[:150].norm(dim=1).mean() / x[150:].norm(dim=1).mean()
    assert half.item() == pytest.approx(1, abs=0.2)
    assert y[:150].bincount().min() > 30


def test_a_generator_decides_and_the_global_state_stays():
    before = torch.get_rng_state()
    first, again, other = (spirals(generator=seeded(seed))[0] for seed in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(first, again) and not torch.equal(first, other)
    torch.manual_seed(0)
    assert torch.equal(spirals()[0], first)


@pytest.mark.parametrize(("name", "init"), [("relu", "he_normal"), ("tanh", "xavier_normal")])
def test_six_layers_learn_it_and_a_straight_line_does_not(name, init):
    x, y = spirals(generator=seeded())
    deep, straight = (
        mlp([2] + [64] * 5 + [3], name, init=init, generator=seeded()),
        mlp([2, 3], generator=seeded()),
    )
    for model in (deep, straight):
        fit(model, x, y, steps=200, lr=0.003, optimizer="adam")
    assert accuracy(deep, x, y) > 0.95
    assert accuracy(straight, x, y) < 0.6


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"classes": 0}, "classes must be at least 1, got 0"),
        ({"classes": 4, "count": 3}, "count must be at least the 4 classes, got 3"),
        ({"noise": -0.1}, "noise must be at least 0, got -0.1"),
    ],
)
def test_errors_name_argument_rule_and_value(arguments, message):
    with pytest.raises(ValueError, match=message):
        spirals(**arguments)
