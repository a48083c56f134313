import copy
import io
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine
from sklearn.decomposition import PCA
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from torch import nn

from lego.preprocessing import Center, ImageStandardize, MinMax, Standardize, Whiten, condition_number

TABLES = {
    "wine": load_wine().data,
    "breast_cancer": load_breast_cancer().data,
    "diabetes": load_diabetes(scaled=False).data,
    "digits": load_digits().data,
}
BRICKS = [Center, Standardize, MinMax, Whiten]
FLOATS = [torch.float16, torch.bfloat16, torch.float32, torch.float64]


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def cloud(count=50, features=3, dtype=torch.double, seed=0):
    return (torch.randn(count, features, generator=seeded(seed), dtype=torch.double) * 2 + 5).to(dtype)


def table(name):
    return torch.tensor(TABLES[name])


def close(found, expected, tolerance=1e-10):
    expected = torch.as_tensor(np.asarray(expected))
    torch.testing.assert_close(found, expected, rtol=tolerance, atol=tolerance)


# agreement with scikit-learn and with the definitions


@pytest.mark.parametrize("name", TABLES)
def test_standardize_agrees_with_scikit_learn(name):
    x = table(name)
    train, rest = x[::2], x[1::2]
    twin = StandardScaler().fit(train)
    standardize = Standardize(train)
    close(standardize(rest), twin.transform(rest))
    close(standardize.std, twin.scale_)
    close(standardize.inverse(rest), twin.inverse_transform(rest))
    close(Center(train)(rest), rest - train.mean(dim=0))


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize(("low", "high"), [(0, 1), (-1, 1), (2.5, 7)])
def test_min_max_agrees_with_scikit_learn(name, low, high):
    x = table(name)
    train, rest = x[::2], x[1::2]
    twin = MinMaxScaler((low, high)).fit(train)
    scale = MinMax(train, low, high)
    close(scale(rest), twin.transform(rest))
    close(scale.inverse(rest), twin.inverse_transform(rest))


@pytest.mark.parametrize("name", ["wine", "breast_cancer", "diabetes"])
def test_pca_agrees_with_scikit_learn_but_for_n_and_sign(name):
    x = table(name)
    x = (x - x.mean(dim=0)) / x.std(dim=0)
    train, rest = x[::2], x[1::2]
    twin = PCA(whiten=True, svd_solver="full").fit(train)
    expected = torch.tensor(twin.transform(rest)) * math.sqrt(len(train) / (len(train) - 1))
    whiten = Whiten(train)
    found = whiten(rest)
    signs = (found * expected).sum(dim=0).sign()
    close(found, expected * signs, 1e-8)
    assert all(row[row.abs().argmax()] > 0 for row in whiten.matrix)


@pytest.mark.parametrize("method", ["pca", "zca"])
@pytest.mark.parametrize("name", ["wine", "breast_cancer", "diabetes"])
def test_whitened_features_are_uncorrelated_with_variance_one(name, method):
    x = table(name)  # on scales that differ by a million
    y = Whiten(x, method)(x)
    close(y.mean(dim=0), np.zeros(x.shape[1]), 1e-9)
    close(torch.cov(y.T, correction=0), np.eye(x.shape[1]), 1e-9)


def test_zca_is_the_inverse_root_of_the_covariance():
    x = cloud() @ torch.tensor([[1.0, 2, 0], [0, 1, 0], [1, 0, 3]]).double()
    values, vectors = np.linalg.eigh(np.cov(x.T.numpy(), bias=True))
    close(Whiten(x, "zca").matrix, vectors @ np.diag(values**-0.5) @ vectors.T)
    close(Whiten(x, "zca", epsilon=0.5).matrix, vectors @ np.diag((values + 0.5) ** -0.5) @ vectors.T)


def test_pca_turns_to_the_largest_variance_first():
    x = cloud(500) * torch.tensor([1.0, 10.0, 0.1])
    close(Whiten(x).matrix.abs().argmax(dim=1), [1, 0, 2], 0)


def test_pca_and_zca_differ_by_a_rotation():
    x = cloud(100, 4)
    turn = Whiten(x, "zca").matrix @ torch.linalg.inv(Whiten(x, "pca").matrix)
    close(turn @ turn.T, np.eye(4))


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
def test_images_are_standardized_by_channel(dtype):
    images = torch.randint(256, (20, 3, 5, 4), generator=seeded()).to(dtype)
    images[:, 1] //= 10
    standardize = ImageStandardize(images)
    expected = images.numpy().astype(float)
    mean, std = expected.mean((0, 2, 3)), expected.std((0, 2, 3))
    close(standardize.mean.flatten(), mean)
    close(standardize.std.flatten(), std)
    found = standardize(images)
    assert found.dtype == torch.float
    close(found.double(), (expected - mean[:, None, None]) / std[:, None, None], 1e-6)
    assert standardize(images[0]).equal(found[0])
    assert standardize(images[:, :, :2, :3]).equal(found[:, :, :2, :3])
    close(standardize.inverse(found).double(), expected, 1e-4)


def test_centering_images_subtracts_the_mean_image():
    images = torch.rand(10, 3, 4, 4, generator=seeded())
    close(Center(images)(images), (images.double() - images.double().mean(dim=0)).float(), 0)


# precision


@pytest.mark.parametrize("offset", [1e8, -1e12])
def test_a_large_offset_does_not_cancel(offset):
    steps = torch.tensor([-3.0, -1.0, 1.0, 3.0, 0.0], dtype=torch.double) / 1024
    train = offset + steps[:, None]  # exact
    expected = steps / (steps.square().mean().sqrt())
    close(Standardize(train)(train).flatten(), expected, 1e-12)
    close(Center(train)(train).flatten(), steps, 0)
    close(MinMax(train)(train).flatten(), (steps + 3 / 1024) / (6 / 1024), 1e-15)
    close(Whiten(train)(train).flatten(), expected, 1e-12)


def test_many_examples_with_an_offset_stay_exact():
    train = (1e8 + 50 * torch.randn(4000, 1, generator=seeded(), dtype=torch.double)).float()  # steps of 8
    values = [int(value) for value in train.flatten().tolist()]
    total = sum(values)
    squares = sum((4000 * value - total) ** 2 for value in values)  # integers: exact
    standardize = Standardize(train)
    assert standardize.mean.item() == total / 4000
    assert standardize.std.item() == pytest.approx(math.sqrt(squares / 4000) / 4000, rel=1e-14)


@pytest.mark.parametrize("scale", [1e-310, 1e-200, 1e-30, 1e30, 1e200, 9e299])
def test_extreme_scales_neither_overflow_nor_vanish(scale):
    train = torch.tensor([[-1.0], [1.0], [0.5], [-0.5]], dtype=torch.double) * scale
    expected = [-1 / math.sqrt(0.625), 1 / math.sqrt(0.625), 0.5 / math.sqrt(0.625), -0.5 / math.sqrt(0.625)]
    close(Standardize(train)(train).flatten(), expected, 1e-12)
    close(MinMax(train)(train).flatten(), [0, 1, 0.75, 0.25], 1e-12)


@pytest.mark.parametrize("brick", BRICKS)
@pytest.mark.parametrize("dtype", FLOATS)
def test_every_float_gives_the_rounded_result_of_double(brick, dtype):
    x = cloud(dtype=dtype)
    fitted, exact = brick(x), brick(x.double())
    for name, statistic in fitted.state_dict().items():
        assert statistic.dtype == torch.double, name
        assert statistic.equal(exact.state_dict()[name])
    assert fitted(x).dtype == dtype
    assert fitted(x).equal(exact(x.double()).to(dtype))
    assert fitted.inverse(x).equal(exact.inverse(x.double()).to(dtype))


def test_half_precision_neither_overflows_nor_drifts():
    train = torch.full(
        (3000, 1), 60000.0, dtype=torch.half
    )  # the sum and the squares exceed the range of half
    train[::2] = 50000
    close(Standardize(train)(train)[:2].flatten().float(), torch.tensor([-1.0, 1.0]), 0)


@pytest.mark.parametrize("brick", BRICKS)
@pytest.mark.parametrize("dtype", [torch.uint8, torch.int16, torch.int64])
def test_integers_give_the_default_dtype(brick, dtype):
    x = torch.randint(100, (20, 3), generator=seeded()).to(dtype)
    fitted = brick(x)
    assert fitted(x).dtype == torch.float
    assert fitted(x).equal(brick(x.double())(x.double()).float())


# constant columns, one example


def test_constant_columns_agree_with_scikit_learn():
    x = cloud(10, 4)
    x[:, 1], x[:, 3] = 0.1, -7e9  # ten times 0.1 does not sum to 1
    later = cloud(10, 4, seed=1)
    close(Standardize(x)(later), StandardScaler().fit(x).transform(later))
    close(MinMax(x, -1, 1)(later), MinMaxScaler((-1, 1)).fit(x).transform(later))
    assert (Standardize(x)(x)[:, [1, 3]] == 0).all()
    assert (MinMax(x, -1, 1)(x)[:, [1, 3]] == -1).all()
    for brick in (Center, Standardize, MinMax):
        close(brick(x).inverse(brick(x)(x)), x, 1e-12)


@pytest.mark.parametrize(
    "values",
    [[0.1 + 0.2, 0.3, 0.3, 0.3], [1.0, 1.0, math.nextafter(1.0, 2.0)], [-7e9, math.nextafter(-7e9, 0.0)]],
)
def test_rounding_alone_does_not_make_a_column_vary(values):
    train = torch.tensor(values, dtype=torch.double)[:, None]
    later = train[:1] + 0.01
    images = ImageStandardize(train[:, :, None, None])
    assert Standardize(train).std.item() == MinMax(train).span.item() == images.std.item() == 1
    for fitted in (Standardize(train), MinMax(train)):
        assert fitted(later).item() == pytest.approx(0.01, abs=1e-5)  # 7e9 has steps of 1e-6
        close(fitted.inverse(fitted(later)), later, 1e-15)
    assert images(later[:, :, None, None]).item() == pytest.approx(0.01, abs=1e-5)


@pytest.mark.parametrize(
    "exponent", [-50, -10, 900, -500, -1074], ids=["one", "1e12", "huge", "tiny", "subnormal"]
)
@pytest.mark.parametrize(
    ("steps", "constant"), [([0, 0, 0, 1], True), ([1, 0, 1, 0], True), ([0, 0, 0, 2**20], False)]
)
@pytest.mark.parametrize(
    ("brick", "twin"), [(Standardize, StandardScaler), (MinMax, MinMaxScaler)], ids=["z-score", "min-max"]
)
def test_a_column_is_constant_where_scikit_learn_has_it_so_in_any_unit(
    brick, twin, steps, constant, exponent
):
    """The twin sees the column near 1: MinMaxScaler looks at units, and a StandardScaler's squares leave float64."""
    train = 2**50 + torch.tensor(steps, dtype=torch.double)[:, None]  # a step is four times float64's
    later = torch.tensor([[1.5 * 2**50]], dtype=torch.double)
    near_one = twin().fit(train * 2.0**-50)
    assert (near_one.scale_ == 1).all() == constant
    unit = 2.0**exponent  # exact
    expected = near_one.transform(later * 2.0**-50).item() * (unit * 2**50 if constant else 1)
    assert brick(train * unit)(later * unit).item() == pytest.approx(expected, rel=1e-6, abs=0)


@pytest.mark.parametrize("count", [2, 3, 10, 100, 3000])
@pytest.mark.parametrize("mean", [1.0, -1.3, 4e7])
def test_the_border_of_what_is_constant_is_scikit_learns(count, mean):
    spreads = count * np.finfo(float).eps * abs(mean) * np.geomspace(0.1, 10, 40)
    train = mean + spreads * (np.arange(count) % 2)[:, None]
    found = Standardize(torch.tensor(train)).std
    expected = StandardScaler().fit(train).scale_
    assert 0 < (expected == 1).sum() < 40
    assert ((found == 1).numpy() == (expected == 1)).all()


@pytest.mark.parametrize("steps", [1, 9, 11, 30])
def test_the_border_of_what_min_max_leaves_is_scikit_learns_near_one(steps):
    train = torch.tensor([[1.0], [1 + steps * 2.0**-52]], dtype=torch.double)
    assert (MinMax(train).span.item() == 1) == (MinMaxScaler().fit(train).scale_.item() == 1) == (steps < 10)


@pytest.mark.parametrize("dtype", FLOATS[:3])
def test_a_step_of_a_shorter_float_is_a_variation(dtype):
    train = torch.tensor([[1.0], [1.0], [1.0], [1 + torch.finfo(dtype).eps]], dtype=dtype)
    close(Standardize(train).std, StandardScaler().fit(train.float()).scale_)
    assert MinMax(train)(train).flatten().tolist() == [0, 0, 0, 1]


def test_a_deviation_too_small_for_a_number_counts_as_zero():
    train = torch.tensor([[0.0]] * 99 + [[5e-324]], dtype=torch.double)
    assert Standardize(train)(train).abs().max() < 1e-300


@pytest.mark.parametrize("brick", [Center, Standardize, MinMax])
def test_one_example_is_all_constant_columns(brick):
    assert brick(cloud(1))(cloud(1)).tolist() == [[0, 0, 0]]


def test_one_image_has_statistics():
    images = torch.rand(1, 2, 4, 4, generator=seeded(), dtype=torch.double)
    close(ImageStandardize(images)(images).std(dim=(0, 2, 3), correction=0), [1.0, 1.0])
    gray = torch.full((3, 1, 2, 2), 0.7)
    assert (ImageStandardize(gray)(gray) == 0).all()


# whitening without full rank


def test_whitening_digits_names_what_is_missing():
    with pytest.raises(
        ValueError, match=r"all 64 directions, or epsilon be above 0, got 1797 examples that vary in 61"
    ) as caught:
        Whiten(table("digits"))
    assert str(caught.value).endswith("constant in 3 of 64 columns (0, 32, 39)")
    varied = table("digits").std(dim=0) > 0
    x = table("digits")[:, varied]
    close(torch.cov(Whiten(x)(x).T, correction=0), np.eye(61), 1e-9)


@pytest.mark.parametrize("dtype", FLOATS)
def test_dependent_columns_have_no_full_rank_even_after_rounding(dtype):
    x = torch.randn(300, 3, generator=seeded(), dtype=torch.double)
    x = torch.cat([x, x[:, :1] / 3 + 2 * x[:, 1:2]], dim=1).to(dtype)
    with pytest.raises(ValueError, match=r"4 directions.* got 300 examples that vary in 3$"):
        Whiten(x)
    Whiten(x[:, :3])


def test_nothing_but_zeros_varies_in_no_direction():
    with pytest.raises(ValueError, match="got 5 examples that vary in 0, constant in 2 of 2 columns"):
        Whiten(torch.zeros(5, 2))


def test_fewer_examples_than_features_need_an_epsilon():
    x = cloud(4, 6)
    with pytest.raises(
        ValueError, match="all 6 directions, or epsilon be above 0, got 4 examples that vary in 3"
    ):
        Whiten(x)
    for method in ("pca", "zca"):
        whiten = Whiten(x, method, epsilon=0.1)
        y = whiten(x)
        values = torch.linalg.eigvalsh(torch.cov(x.T, correction=0))
        found = torch.linalg.eigvalsh(torch.cov(y.T, correction=0))
        close(found, values / (values + 0.1), 1e-9)
        close(whiten.inverse(y), x)


# inverse, loading, moving


@pytest.mark.parametrize("brick", [*BRICKS, lambda x: Whiten(x, "zca"), lambda x: Whiten(x, epsilon=0.3)])
@settings(deadline=None, max_examples=20, derandomize=True)
@given(seed=st.integers(0, 1000), features=st.integers(1, 5), offset=st.floats(-1e6, 1e6))
def test_the_inverse_goes_back(brick, seed, features, offset):
    train, x = (offset + cloud(30, features, seed=s) for s in (seed, seed + 1))
    fitted = brick(train)
    torch.testing.assert_close(fitted.inverse(fitted(x)), x, rtol=1e-12, atol=1e-9)
    torch.testing.assert_close(fitted(fitted.inverse(x - offset)), x - offset, rtol=1e-8, atol=1e-8)


@settings(deadline=None, max_examples=30, derandomize=True)
@given(factor=st.floats(1e-3, 1e3), offset=st.floats(-1e3, 1e3))
def test_units_do_not_matter(factor, offset):
    x = cloud()
    for brick in (Standardize, MinMax):
        close(brick(x * factor + offset)(x * factor + offset), brick(x)(x), 1e-7)


@pytest.mark.parametrize(
    "make",
    [
        Center,
        Standardize,
        lambda x: MinMax(x, -2, 3),
        Whiten,
        lambda x: Whiten(x, "zca", epsilon=0.5),
        lambda x: ImageStandardize(x[:, :, None, None]),
    ],
)
def test_a_saved_state_restores_everything(make):
    x = cloud()
    fitted = make(x)
    file = io.BytesIO()
    torch.save(fitted.state_dict(), file)
    file.seek(0)
    empty = type(fitted)(
        torch.zeros(1, 3, 1, 1) if type(fitted) is ImageStandardize else torch.zeros(1, 3),
        **({"epsilon": 1.0} if type(fitted) is Whiten else {}),
    )
    empty.load_state_dict(torch.load(file))
    x = x[:, :, None, None] if type(fitted) is ImageStandardize else x
    assert empty(x).equal(fitted(x)) and empty.inverse(x).equal(fitted.inverse(x))
    assert not list(fitted.parameters())


def test_a_state_of_other_features_is_refused():
    with pytest.raises(RuntimeError, match="size mismatch for mean"):
        Standardize(torch.zeros(1, 4)).load_state_dict(Standardize(cloud()).state_dict())


@pytest.mark.parametrize("convert", [nn.Module.half, nn.Module.bfloat16, nn.Module.float, nn.Module.double])
def test_statistics_stay_double_when_a_model_is_converted(convert):
    train = 1e8 + cloud()
    model = convert(nn.Sequential(Standardize(train), nn.Linear(3, 2)))
    assert model[1].weight.dtype == convert(nn.Linear(3, 2)).weight.dtype
    assert model[0].mean.equal(Standardize(train).mean) and model[0].std.dtype == torch.double
    assert model[0](train).equal(Standardize(train)(train))
    assert model(train.to(model[1].weight.dtype)).dtype == model[1].weight.dtype


def test_statistics_move_with_a_model():
    model = nn.Sequential(Whiten(cloud()), nn.Linear(3, 2)).to("meta")
    assert all(buffer.device.type == "meta" for buffer in model.buffers())
    model = nn.Sequential(Whiten(cloud()), nn.Linear(3, 2)).to("meta", torch.half)
    assert {(buffer.device.type, buffer.dtype) for buffer in model.buffers()} == {("meta", torch.double)}
    assert {buffer.device.type for buffer in model.to_empty(device="cpu").buffers()} == {"cpu"}


def test_statistics_stay_when_the_data_change():
    train = cloud()
    bricks = [brick(train) for brick in BRICKS]
    before = [copy.deepcopy(brick.state_dict()) for brick in bricks]
    original = train.clone()
    for brick in bricks:
        brick(train), brick.inverse(train)
    assert train.equal(original), "neither fitting nor use may change the data"
    train += 100
    for brick, state in zip(bricks, before, strict=True):
        assert all(state[name].equal(statistic) for name, statistic in brick.state_dict().items())


@pytest.mark.parametrize("make", [*BRICKS, lambda x: ImageStandardize(x.reshape(5, 3, 2, 2))])
def test_gradients_pass_through_the_input_and_not_into_the_training_data(make):
    train = cloud(20).reshape(-1, 3).requires_grad_()
    fitted = make(train)
    assert not any(buffer.requires_grad for buffer in fitted.buffers())
    x = cloud(2, seed=1) if type(fitted) is not ImageStandardize else torch.rand(2, 3, 2, 2).double()
    for function in (fitted, fitted.inverse):
        assert torch.autograd.gradcheck(function, x.requires_grad_())


def test_single_examples_extra_dimensions_and_vmap():
    x = cloud(12)
    for brick in BRICKS:
        fitted = brick(x)
        y = fitted(x)
        close(fitted(x[0]), y[0], 1e-12)
        close(fitted(x.reshape(3, 4, 3)), y.reshape(3, 4, 3), 1e-12)
        close(torch.func.vmap(fitted)(x), y, 1e-12)
        assert fitted(x[:0]).shape == (0, 3)


def test_targets_without_feature_dimension():
    y = cloud(20, 1)[:, 0]
    standardize = Standardize(y)
    close(standardize(y), (y - y.mean()) / y.std(correction=0))
    close(standardize.inverse(torch.zeros(4, 2).double()), y.mean().expand(4, 2))


def test_later_nan_gives_nan_where_it_is():
    x = cloud(3)
    broken = x.clone()
    broken[1, 2] = math.nan
    for brick in (Center, Standardize, MinMax):
        y = brick(x)(broken)
        assert y.isnan().nonzero().tolist() == [[1, 2]]
    assert Whiten(cloud())(broken).isnan().any(dim=1).tolist() == [False, True, False]


def test_min_max_does_not_clip():
    scale = MinMax(torch.tensor([[0.0], [10.0]]))
    assert scale(torch.tensor([[-5.0], [20.0]])).flatten().tolist() == [-0.5, 2]


# the condition number


@pytest.mark.parametrize("name", ["wine", "breast_cancer", "diabetes"])
def test_condition_number_is_that_of_the_hessian(name):
    x = table(name)
    x = (x - x.mean(dim=0)) / x.std(dim=0) + 0.3
    hessian = torch.autograd.functional.hessian(
        lambda w: (x @ w).square().mean() / 2, torch.zeros(x.shape[1]).double()
    )
    assert condition_number(x) == pytest.approx(np.linalg.cond(hessian), rel=1e-6)


def test_condition_number_of_known_clouds():
    corners = torch.tensor([[1.0, 1], [1, -1], [-1, 1], [-1, -1]])
    assert condition_number(corners) == pytest.approx(1)
    assert condition_number(corners * torch.tensor([1.0, 30.0])) == pytest.approx(900)
    assert condition_number(corners + torch.tensor([3.0, 0.0])) == pytest.approx(10)  # 1 + the mean squared
    assert condition_number((corners * 1000).to(torch.int16)) == pytest.approx(1)
    assert condition_number(Whiten(cloud())(cloud())) == pytest.approx(1)


def test_condition_number_of_a_flat_valley_is_infinite():
    x = cloud()
    assert condition_number(torch.cat([x, x[:, :1] * 3 + x[:, 1:2]], dim=1)) == math.inf
    assert condition_number(cloud(2)) == math.inf
    assert condition_number(torch.zeros(5, 2)) == math.inf
    assert condition_number(table("digits")) == math.inf
    assert condition_number(torch.tensor([[1, 0], [0, 3e-16]]).double()) == math.inf, "rounding"
    assert condition_number(torch.tensor([[1, 0], [0, 1e-15]]).double()) == pytest.approx(1e30)


# errors


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 2e300])
@pytest.mark.parametrize("brick", [*BRICKS, condition_number])
def test_values_that_are_not_finite_are_refused_and_named(brick, value):
    x = cloud(20, 8)
    x[3, [1, 4]] = value
    with pytest.raises(
        ValueError, match=r"must be finite and within ±1e300, got .* in 2 of 8 columns \(1, 4\)$"
    ):
        brick(x)
    x[:, :] = value
    with pytest.raises(ValueError, match=r"in 8 of 8 columns \(0, 1, 2, 3, 4, …\)$"):
        brick(x)


def test_values_that_are_not_finite_are_named_in_images_and_in_targets():
    images = torch.zeros(4, 3, 2, 2)
    images[2, 1, 0, 1] = math.nan
    with pytest.raises(ValueError, match=r"in 1 of 12 columns \(\(1, 0, 1\)\)$"):
        Center(images)
    with pytest.raises(ValueError, match=r"in 1 of 3 columns \(1\)$"):
        ImageStandardize(images)
    with pytest.raises(ValueError, match=r"in 1 of 1 columns \(0\)$"):
        Standardize(torch.tensor([1.0, math.nan]))


@pytest.mark.parametrize("brick", [*BRICKS, ImageStandardize])
def test_what_is_not_data_is_refused(brick):
    with pytest.raises(TypeError, match="train must be a tensor, got ndarray"):
        brick(np.zeros((4, 2)))
    for dtype in (torch.bool, torch.cfloat):
        with pytest.raises(TypeError, match=f"train must hold real numbers, got {dtype}"):
            brick(torch.zeros(4, 2, dtype=dtype))
    for shape in [(0, 3), (5, 0), (0, 3, 2, 2)]:
        with pytest.raises(
            ValueError, match="train must hold at least one example and one feature, got shape"
        ):
            brick(torch.zeros(shape))
    with pytest.raises(ValueError, match=r"one feature, got shape \(\)"):
        brick(torch.tensor(1.0))


@pytest.mark.parametrize("brick", BRICKS)
def test_other_features_at_use_are_refused(brick):
    fitted = brick(cloud())
    for shape in [(5, 4), (5, 1), (4,), (), (3, 5)]:
        with pytest.raises(ValueError) as caught:
            fitted(torch.zeros(shape))
        assert str(caught.value) == f"x must have shape (..., 3) like the training data, got {shape}"
        with pytest.raises(ValueError, match=r"y must have shape \(\.\.\., 3\)"):
            fitted.inverse(torch.zeros(shape))
    with pytest.raises(
        ValueError, match=r"x must have shape \(\.\.\., 3, 4\) like the training data, got \(4,\)"
    ):
        Center(torch.zeros(2, 3, 4))(torch.zeros(4))


def test_images_with_other_channels_are_refused():
    fitted = ImageStandardize(torch.rand(4, 3, 2, 2))
    for shape in [(4, 1, 2, 2), (2, 2), (3,)]:
        with pytest.raises(ValueError, match=r"x must have shape \(\.\.\., 3, height, width\), got"):
            fitted(torch.zeros(shape))
        with pytest.raises(ValueError, match=r"y must have shape \(\.\.\., 3, height, width\), got"):
            fitted.inverse(torch.zeros(shape))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: MinMax(cloud(), 1, 0), "low and high must be finite and low below high, got 1 and 0"),
        (lambda: MinMax(cloud(), 1, 1), "low and high must be finite and low below high, got 1 and 1"),
        (
            lambda: MinMax(cloud(), 0, math.inf),
            "low and high must be finite and low below high, got 0 and inf",
        ),
        (
            lambda: MinMax(cloud(), math.nan),
            "low and high must be finite and low below high, got nan and 1.0",
        ),
        (lambda: Whiten(cloud(), "PCA"), 'method must be "pca" or "zca", got \'PCA\''),
        (lambda: Whiten(cloud(), epsilon=-1), "epsilon must be finite and at least 0, got -1"),
        (lambda: Whiten(cloud(), epsilon=math.nan), "epsilon must be finite and at least 0, got nan"),
        (lambda: Whiten(torch.zeros(2, 3, 4)), r"train must have shape \(count, features\), got \(2, 3, 4\)"),
        (lambda: condition_number(torch.zeros(5)), r"x must have shape \(count, features\), got \(5,\)"),
        (
            lambda: ImageStandardize(torch.zeros(2, 3, 4)),
            r"train must have shape \(count, channels, height, width\), got \(2, 3, 4\)",
        ),
    ],
)
def test_errors_name_argument_rule_and_value(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_condition_number_names_its_argument():
    with pytest.raises(TypeError, match="x must be a tensor, got list"):
        condition_number([[1.0]])
    with pytest.raises(ValueError, match="x must hold at least one example and one feature"):
        condition_number(torch.zeros(0, 2))


@pytest.mark.parametrize("brick", BRICKS)
def test_autocast_leaves_the_arithmetic_in_double(brick):
    x = (1e6 + cloud()).float()
    fitted = brick(x)
    with torch.autocast("cpu", torch.bfloat16):
        found = fitted(x)
    assert found.dtype == torch.float and found.equal(fitted(x))


def test_a_model_with_its_preprocessing_can_be_exported():
    x = cloud(dtype=torch.float)
    model = nn.Sequential(Standardize(x), Whiten(x), MinMax(x), nn.Linear(3, 2))
    exported = torch.export.export(model, (x,)).module()
    torch.testing.assert_close(exported(x), model(x))


@pytest.mark.parametrize("dtype", [torch.uint8, torch.uint16, torch.uint32, torch.int64])
def test_every_kind_of_integers_can_be_prepared(dtype):
    train = torch.tensor([[1, 2], [3, 8], [5, 2]]).to(dtype)
    for make in (Standardize, MinMax):
        assert torch.allclose(make(train)(train), make(train.float())(train.float()))


def test_ends_without_a_finite_distance_are_refused():
    with pytest.raises(ValueError, match="low and high must have a finite distance"):
        MinMax(torch.tensor([[0.0], [1.0]]), -1.7e308, 1.7e308)
