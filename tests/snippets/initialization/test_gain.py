import math

import numpy as np
import pytest
import torch

from lego.activations import ACTIVATIONS

CONSTANTS = {
    "tanh": 1.5925,
    "elu": 1.2452,
    "silu": 1.6765,
    "gelu": 1.5335,
    "relu_squared": 0.8165,
    "sigmoid": 1.8462,
}


def test_the_gains_are_the_known_ones(run_snippet):
    found = run_snippet("initialization/gain")
    for name, value in CONSTANTS.items():
        assert found["forward"][name] == pytest.approx(value, abs=1e-4)
    assert found["forward"]["relu"] == pytest.approx(math.sqrt(2))
    assert found["backward"]["relu"] == pytest.approx(math.sqrt(2))
    assert found["forward"]["selu"] == pytest.approx(1)
    assert found["forward"]["silu"] ** 2 == pytest.approx(2.8, abs=0.05)  # too much, in the first layer


def test_forward_and_backward_are_near_where_the_mean_square_is_no_constant(run_snippet):
    found = run_snippet("initialization/gain")
    apart = {name: abs(found["backward"][name] / found["forward"][name] - 1) for name in found["names"]}
    assert {name for name, difference in apart.items() if difference >= 0.16} == {"sigmoid", "softplus"}
    zero = torch.zeros(1)
    assert {name for name in apart if not torch.equal(ACTIVATIONS[name]()(zero), zero)} == {
        "sigmoid",
        "softplus",
    }


def test_a_gain_is_that_of_draws(run_snippet):
    found = run_snippet("initialization/gain")
    z = np.random.default_rng(0).standard_normal(1_000_000)
    assert found["forward"]["mish"] == pytest.approx((z * np.tanh(np.log1p(np.exp(z)))).std() ** -1, rel=0.2)
    second_moment = np.mean((z * np.tanh(np.log1p(np.exp(z)))) ** 2)
    assert found["forward"]["mish"] == pytest.approx(second_moment**-0.5, rel=0.01)


def test_pytorch_has_none_for_ten_and_another_for_three(run_snippet):
    found = run_snippet("initialization/gain")
    assert len(found["missing"]) == 10 and {"gelu", "silu", "mish", "elu"} <= set(found["missing"])
    others = [n for n, value in found["pytorch"].items() if abs(value - found["forward"][n]) > 0.01]
    assert others == ["sigmoid", "tanh", "selu"]
