import numpy as np
import pytest
import torch

import lego.activations
from lego.activations import ACTIVATIONS, relu, sigmoid, tanh

FORMULAS = {  # in NumPy, from the papers
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "tanh": lambda x: (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x)),
    "relu": lambda x: np.maximum(0, x),
}
LIMITS = {
    "sigmoid": (0.0, 0.5, 1.0),
    "tanh": (-1.0, 0.0, 1.0),
    "relu": (0.0, 0.0, float("inf")),
}
BOTH = [(name, form) for name in ACTIVATIONS for form in ("function", "module")]


def brick(name, form):
    return getattr(lego.activations, name) if form == "function" else ACTIVATIONS[name]()


def test_every_activation_has_an_oracle():
    assert list(ACTIVATIONS) == list(FORMULAS) == list(LIMITS)


@pytest.mark.parametrize(("name", "form"), BOTH)
def test_agrees_with_the_formula(name, form):
    x = torch.linspace(-20, 20, 1001, dtype=torch.double)
    np.testing.assert_allclose(brick(name, form)(x), FORMULAS[name](x.numpy()), rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_gradient_matches_finite_differences(name):
    x = torch.tensor([-3.1, -0.7, 0.4, 2.2], dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(ACTIVATIONS[name]().double(), x)
    assert torch.autograd.gradgradcheck(ACTIVATIONS[name]().double(), x)


@pytest.mark.parametrize("dtype", [torch.double, torch.float, torch.bfloat16, torch.half])
@pytest.mark.parametrize(("name", "form"), BOTH)
def test_keeps_dtype_and_shape_in_every_dtype(name, form, dtype):
    x = torch.linspace(-4, 4, 24, dtype=torch.double).reshape(2, 3, 4)
    y = brick(name, form)(x.to(dtype))
    assert y.dtype == dtype and y.shape == x.shape
    expected = FORMULAS[name](x.to(dtype).double().numpy())
    np.testing.assert_allclose(y.double(), expected, rtol=2 * torch.finfo(dtype).eps, atol=1e-6)


@pytest.mark.parametrize("dtype", [torch.double, torch.float, torch.bfloat16])
@pytest.mark.parametrize(("name", "form"), BOTH)
def test_extreme_inputs_give_the_limits_and_finite_slopes(name, form, dtype):
    x = torch.tensor([-torch.inf, -1e30, -0.0, 0.0, 1e30], dtype=dtype, requires_grad=True)
    low, zero, high = LIMITS[name]
    y = brick(name, form)(x)
    assert y[:4].tolist() == [low, low, zero, zero]
    assert y[4].item() == pytest.approx(min(high, x[4].item()))
    assert brick(name, form)(torch.tensor(torch.inf)).item() == high
    (slopes,) = torch.autograd.grad(y.sum(), x)
    assert slopes.isfinite().all() and (slopes[:2] == 0).all()


@pytest.mark.parametrize(("name", "form"), BOTH)
def test_nan_passes_and_an_empty_tensor_stays_empty(name, form):
    assert brick(name, form)(torch.tensor(torch.nan)).isnan()
    assert brick(name, form)(torch.empty(0, 3)).shape == (0, 3)


def test_the_slopes_in_the_docstrings():
    x = torch.linspace(-30, 30, 601, dtype=torch.double, requires_grad=True)
    for function, expected, peak in (
        (sigmoid, sigmoid(x) * (1 - sigmoid(x)), 0.25),
        (tanh, 1 - tanh(x) ** 2, 1.0),
        (relu, (x > 0).double(), 1.0),
    ):
        (slopes,) = torch.autograd.grad(function(x).sum(), x)
        torch.testing.assert_close(slopes, expected.detach())
        assert slopes.max().item() == pytest.approx(peak, abs=1e-15)


def test_tanh_is_a_stretched_sigmoid():
    x = torch.linspace(-9, 9, 101, dtype=torch.double)
    torch.testing.assert_close(tanh(x), 2 * sigmoid(2 * x) - 1, rtol=0, atol=1e-15)
