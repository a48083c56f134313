import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from torch import nn

from lego.preprocessing import Center, ImageStandardize, MinMax, Standardize, Whiten, condition_number


def data(count=60, features=4, dtype=torch.double, seed=0):
    generator = torch.Generator().manual_seed(seed)
    mixed = torch.randn(count, features, generator=generator, dtype=torch.double)
    mixed = mixed @ torch.randn(features, features, generator=generator, dtype=torch.double)
    return (mixed * torch.tensor([1e-3, 1.0, 50.0, 1e4])[:features] + 7).to(dtype)


def test_agrees_with_scikit_learn():
    train, test = data(), data(seed=1)
    np.testing.assert_allclose(
        Standardize(train)(test), StandardScaler().fit(train).transform(test), atol=1e-9
    )
    np.testing.assert_allclose(MinMax(train)(test), MinMaxScaler().fit(train).transform(test), atol=1e-9)
    expected = MinMaxScaler((-1, 3)).fit(train).transform(test)
    np.testing.assert_allclose(MinMax(train, -1, 3)(test), expected, atol=1e-9)
    np.testing.assert_allclose(Center(train)(test), test - train.mean(dim=0))
    pca = PCA(whiten=True).fit(train)
    ours = Whiten(train)(test) * np.sqrt((len(train) - 1) / len(train))  # its variance divides by n - 1
    np.testing.assert_allclose(ours.abs(), abs(pca.transform(test)), rtol=1e-4)


@pytest.mark.parametrize("make", [Center, Standardize, MinMax, Whiten, lambda x: Whiten(x, "zca")])
def test_the_inverse_brings_the_data_back(make):
    train, test = data(), data(seed=1)
    fitted = make(train)
    torch.testing.assert_close(fitted.inverse(fitted(test)), test, rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("method", ["pca", "zca"])
def test_whitened_data_has_the_identity_as_its_covariance(method):
    y = Whiten(data(), method)(data())
    torch.testing.assert_close(y.T @ y / len(y), torch.eye(4, dtype=torch.double), atol=1e-6, rtol=0)
    torch.testing.assert_close(y.mean(dim=0), torch.zeros(4, dtype=torch.double), atol=1e-6, rtol=0)


def test_zca_is_symmetric_and_pca_ordered():
    train = data()
    zca = Whiten(train, "zca").matrix
    torch.testing.assert_close(zca, zca.T, rtol=1e-6, atol=1e-9)
    scores = (train - train.mean(dim=0)) @ torch.linalg.pinv(Whiten(train).matrix)
    assert Whiten(train)(train).shape == scores.shape
    ratios = 1 / Whiten(train).matrix.norm(dim=1)
    assert (ratios.diff() < 0).all()


def test_images_are_standardized_by_channel():
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(20, 3, 8, 6, generator=generator) * torch.tensor([255.0, 10, 1])[:, None, None]
    fitted = ImageStandardize(images)
    y = fitted(images)
    torch.testing.assert_close(y.mean(dim=(0, 2, 3)), torch.zeros(3), atol=1e-5, rtol=0)
    torch.testing.assert_close(y.std(dim=(0, 2, 3), correction=0), torch.ones(3))
    assert fitted(torch.rand(2, 3, 5, 5)).shape == (2, 3, 5, 5), "images of another size are fine"
    assert Center(images)(images).mean(dim=0).abs().max() < 1e-4, "a mean for each pixel"


def test_a_constant_column_becomes_zero_and_stays_invertible():
    train = torch.tensor([[1.0, 0.1], [2.0, 0.1], [3.0, 0.1]])
    for make in (Standardize, MinMax):
        y = make(train)(train)
        assert y[:, 1].abs().max() < 1e-6 and y.isfinite().all()
        torch.testing.assert_close(make(train).inverse(y), train)
    assert (MinMax(train, 2, 5)(train)[:, 1] == 2).all()
    expected = StandardScaler().fit(train).transform(train)
    np.testing.assert_allclose(Standardize(train)(train), expected, atol=1e-6)


@pytest.mark.parametrize("dtype", [torch.half, torch.bfloat16, torch.float, torch.double])
def test_a_large_offset_does_not_cancel_and_the_dtype_stays(dtype):
    x = torch.arange(8, dtype=torch.double) + 1e8
    y = Standardize(x[:, None])(x[:, None])
    torch.testing.assert_close(y[:, 0], (x - x.mean()) / x.std(correction=0))
    assert Standardize(data(dtype=dtype)[:, :2])(data(dtype=dtype)[:, :2]).dtype == dtype
    assert Standardize(torch.arange(6).reshape(3, 2))(torch.arange(2).reshape(1, 2)).dtype == torch.float


def test_statistics_live_in_the_model():
    train = data(dtype=torch.float)
    model = nn.Sequential(Standardize(train), nn.Linear(4, 2))
    other = nn.Sequential(Standardize(torch.zeros(1, 4)), nn.Linear(4, 2))
    other.load_state_dict(model.state_dict())
    torch.testing.assert_close(other(train), model(train))
    assert not any(parameter.shape == (4,) for parameter in model.parameters()), "nothing to train in it"


@settings(deadline=None, max_examples=50, derandomize=True)
@given(
    st.lists(st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=3), min_size=1, max_size=20),
    st.floats(-5, 5),
)
def test_any_data_stays_in_range_and_comes_back(rows, low):
    train = torch.tensor(rows, dtype=torch.double)
    fitted = MinMax(train, low, low + 2)
    y = fitted(train)
    assert (y >= low - 1e-6).all() and (y <= low + 2 + 1e-6).all()
    torch.testing.assert_close(fitted.inverse(y), train, rtol=1e-9, atol=1e-6)
    standard = Standardize(train)
    assert standard(train).isfinite().all()
    torch.testing.assert_close(standard.inverse(standard(train)), train, rtol=1e-9, atol=1e-6)


def test_condition_number():
    x = data()
    low, high = np.linalg.eigvalsh((x.T @ x / len(x)).numpy())[[0, -1]]
    assert condition_number(x) == pytest.approx(high / low, rel=1e-3)
    assert condition_number(torch.tensor([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]])) == float("inf")
    assert condition_number(torch.ones(1, 2)) == float("inf") and condition_number(torch.ones(3, 1)) == 1
    mean = torch.tensor([3.0, 4.0])
    x = torch.randn(200_000, 2, generator=torch.Generator().manual_seed(0)) + mean
    assert condition_number(x) == pytest.approx(26, rel=0.02)  # 1 + |mean|²


NAN = torch.tensor([[1.0, float("nan")], [2.0, float("inf")]])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Standardize(NAN), r"train must be finite, got 2 NaN or infinite numbers in 1 features"),
        (lambda: MinMax(torch.empty(0, 3)), r"train must hold at least one example, got the shape \(0, 3\)"),
        (lambda: MinMax(torch.ones(2, 2), 1, 1), r"low must be below high, got 1 and 1"),
        (lambda: Standardize(torch.ones(5, 3))(torch.ones(5, 2)), r"x must .* \(count, 3\), got \(5, 2\)"),
        (lambda: Standardize(torch.ones(5, 1))(torch.ones(5, 2)), r"x must .* \(count, 1\), got \(5, 2\)"),
        (lambda: Standardize(torch.ones(5, 3)).inverse(torch.ones(3)), r"y must .* \(count, 3\), got \(3,\)"),
        (
            lambda: ImageStandardize(torch.ones(5, 3)),
            r"train must have the shape \(count, channels, .*got \(5, 3\)",
        ),
        (
            lambda: ImageStandardize(torch.ones(5, 3, 2, 2))(torch.ones(1, 1, 2, 2)),
            r"\(count, 3, any, any\), got \(1, 1, 2, 2\)",
        ),
        (lambda: Whiten(torch.ones(5)), r"train must have the shape \(count, features\), got \(5,\)"),
        (lambda: Whiten(data(), "svd"), r"method must be 'pca' or 'zca', got 'svd'"),
        (lambda: Whiten(data(), epsilon=-1), r"epsilon must be at least 0, got -1"),
        (lambda: Whiten(torch.ones(5, 2)), r"epsilon must be above 0 .*\(2 of 2 have none\), got 0.0"),
        (lambda: condition_number(torch.ones(3)), r"x must have the shape \(count, features\), got \(3,\)"),
        (lambda: condition_number(NAN), r"x must be finite"),
    ],
)
def test_errors_name_the_argument_the_rule_and_the_value(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_flat_direction_can_be_whitened_with_an_epsilon():
    x = data()
    doubled = torch.cat([x, x], dim=1)
    with pytest.raises(ValueError, match=r"4 of 8 have none"):
        Whiten(doubled)
    assert Whiten(doubled, "zca", epsilon=1e-3)(doubled).isfinite().all()
