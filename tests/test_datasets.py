import copy
import dataclasses
import inspect
import math
import pickle
import random
import sys

import numpy as np
import pytest
import sklearn.datasets
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from mnist1d.data import get_dataset_args, make_dataset
from torch.nn import functional as F

from lego import datasets
from lego.datasets import DATASETS, Dataset, Part, digits, mnist1d, moons, rings, spirals, wine
from lego.stack import mlp
from lego.training import accuracy, fit

COMPUTED = {"spirals": spirals, "moons": moons, "rings": rings}
REAL = ["digits", "wine", "breast_cancer", "diabetes"]
ALL = (1, 0, 0)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def parts(data):
    return data.train, data.validation, data.test


def load(name):
    """What scikit-learn gives, unscaled."""
    return getattr(sklearn.datasets, f"load_{name}")(**({"scaled": False} if name == "diabetes" else {}))


def small(name, **arguments):
    """A set by its name, MNIST-1D with few examples."""
    return DATASETS[name](**({"count": 200} if name == "mnist1d" else {}), **arguments)


# what holds for all


@pytest.mark.parametrize("name", COMPUTED)
def test_three_hundred_points_are_computed_if_nothing_is_said(name):
    assert len(COMPUTED[name](split=ALL).train.inputs) == 300


@pytest.mark.parametrize("name", DATASETS)
def test_a_dataset_tells_what_one_must_know(name):
    data = small(name)
    assert isinstance(data, Dataset) and data.name == name and all(type(part) is Part for part in parts(data))
    assert data.description and data.source and data.license
    for x, y in parts(data):
        assert x.dtype == torch.float and x.isfinite().all() and len(x) == len(y) > 0
        if data.classes is None:
            assert y.dtype == torch.float and y.shape == (len(x), 1)
        else:
            assert y.dtype == torch.int64 and y.ndim == 1
    if data.classes is not None:
        assert data.all.targets.unique().tolist() == list(range(len(data.classes)))
    assert data.features is None or len(data.features) == data.train.inputs.shape[1]
    text = str(data)
    for fact in (name, data.description, data.source, data.license, f"{len(data.train.targets):,} training"):
        assert fact in text
    assert "regression" in text if data.classes is None else f"{len(data.classes)} classes" in text
    assert repr(data) == "<{}: {:,} training, {:,} validation, {:,} test examples>".format(
        name, *(len(part.targets) for part in parts(data))
    )


def test_every_function_is_listed_once():
    functions = [name for name in datasets.__all__ if inspect.isfunction(getattr(datasets, name))]
    assert sorted(DATASETS) == functions and all(DATASETS[name].__name__ == name for name in DATASETS)


@pytest.mark.parametrize("name", DATASETS)
def test_a_generator_decides_and_no_global_state_changes(name):
    torch.manual_seed(1), random.seed(1), np.random.seed(1)
    before = torch.get_rng_state(), random.getstate(), pickle.dumps(np.random.get_state())
    first, again, other = (small(name, generator=seeded(seed)) for seed in (3, 3, 4))
    assert torch.equal(torch.get_rng_state(), before[0])
    assert random.getstate() == before[1] and pickle.dumps(np.random.get_state()) == before[2]
    for one, two in zip(parts(first), parts(again), strict=True):
        assert one.inputs.equal(two.inputs) and one.targets.equal(two.targets)
    assert not first.train.inputs.equal(other.train.inputs)


@pytest.mark.parametrize("name", DATASETS)
def test_without_a_generator_only_computed_points_vary(name):
    torch.manual_seed(0)
    first, second = small(name), small(name)
    assert first.train.inputs.equal(second.train.inputs) == (name not in COMPUTED)
    torch.manual_seed(0)
    assert small(name).train.inputs.equal(first.train.inputs)


@pytest.mark.parametrize("name", DATASETS)
def test_parts_are_the_whole_in_the_shares_asked_for(name):
    whole = small(name, split=ALL, generator=seeded())
    count = len(whole.train.targets)
    assert len(whole.validation.targets) == len(whole.test.targets) == 0
    assert whole.test.inputs.shape == (0, *whole.train.inputs.shape[1:])
    data = small(name, split=(0.5, 0.3, 0.2), generator=seeded())
    sizes = [len(part.targets) for part in parts(data)]
    assert sum(sizes) == count
    assert sizes == pytest.approx([count * 0.5, count * 0.3, count * 0.2], abs=1)

    def rows(part):
        return sorted(
            torch.cat([part.inputs, part.targets.view(-1, len(part.targets[:1].flatten()))], 1).tolist()
        )

    assert rows(data.all) == rows(whole.train)
    assert data.all.inputs.equal(torch.cat([part.inputs for part in parts(data)]))
    assert data.all.targets.equal(torch.cat([part.targets for part in parts(data)]))


def test_the_default_shares():
    assert [len(part.targets) for part in parts(spirals(count=500))] == [300, 100, 100]
    assert [len(part.targets) for part in parts(digits())] == [1078, 360, 359]


@settings(deadline=None, max_examples=50, derandomize=True)
@given(
    count=st.integers(20, 300),
    first=st.floats(0, 1),
    second=st.floats(0, 1),
    function=st.sampled_from([moons, rings]),
)
def test_any_shares_cut_without_loss(count, first, second, function):
    split = (first, (1 - first) * second, (1 - first) * (1 - second))
    sizes = [count * share for share in split]
    try:
        data = function(count, split=split, generator=seeded())
    except ValueError:
        assert any(0 < size < 1 for size in sizes)
        return
    found = [len(part.targets) for part in parts(data)]
    assert sum(found) == count and found == pytest.approx(sizes, abs=1)
    whole = function(count, split=ALL, generator=seeded()).train
    assert data.all.inputs.equal(whole.inputs) and data.all.targets.equal(whole.targets)


@pytest.mark.parametrize("name", DATASETS)
@pytest.mark.parametrize(
    ("split", "message"),
    [
        ((0.5, 0.5), r"split must be three shares of at least 0 that sum to 1, got \(0.5, 0.5\)"),
        ((0.5, 0.6, -0.1), r"split must be three shares of at least 0 that sum to 1, got \(0.5, 0.6, -0.1\)"),
        ((0.5, 0.3, 0.1), "split must be three shares of at least 0 that sum to 1, got"),
        ((0.6, 0.3, 0.2), "split must be three shares of at least 0 that sum to 1, got"),
        ((math.nan, 0.5, 0.5), "split must be three shares of at least 0 that sum to 1, got"),
        (
            (0.99999, 0, 0.00001),
            r"split must give each share above 0 an example, got \(0.99999, 0, 1e-05\) of \d+",
        ),
    ],
)
def test_other_splits_are_refused_before_anything_is_drawn(name, split, message):
    generator = seeded()
    with pytest.raises(ValueError, match=message):
        small(name, split=split, generator=generator)
    assert generator.get_state().equal(seeded().get_state())


def test_a_dataset_cannot_be_changed_but_copied_and_saved():
    data = moons(20)
    with pytest.raises(dataclasses.FrozenInstanceError):
        data.train = data.test
    for twin in (copy.deepcopy(data), pickle.loads(pickle.dumps(data))):
        assert twin.train.inputs.equal(data.train.inputs) and str(twin) == str(data)


# spirals


@pytest.mark.parametrize(("classes", "count"), [(3, 300), (2, 7), (5, 5), (1, 4)])
def test_shapes_and_balance(classes, count):
    data = spirals(classes, count, split=ALL, generator=seeded())
    x, y = data.train
    assert x.shape == (count, 2) and y.shape == (count,)
    shares = y.bincount(minlength=classes)
    assert len(shares) == classes == len(data.classes) and shares.max() - shares.min() <= 1


@pytest.mark.parametrize("classes", [3, 5])
def test_without_noise_the_points_follow_the_formula(classes):
    x, y = spirals(classes, 300, 0.0, turns=1.0, split=ALL, generator=seeded()).train
    radius = x.double().norm(dim=1) / math.sqrt(6)
    along = [(i // classes + 1) / (300 // classes) for i in range(300)]
    assert radius.sort().values.tolist() == pytest.approx(along, abs=1e-6)
    angle = 2 * math.pi * (y / classes + radius)
    expected = radius[:, None] * math.sqrt(6) * torch.stack([angle.cos(), angle.sin()], dim=1)
    torch.testing.assert_close(x.double(), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("turns", [0.0, 0.5, 2.0])
def test_turns_wind_the_arms(turns):
    straight, wound = (
        spirals(1, 100, 0.0, turns=times, split=ALL, generator=seeded()).train.inputs
        for times in (0.0, turns)
    )
    angle = 2 * math.pi * turns * straight.norm(dim=1) / math.sqrt(6)
    torch.testing.assert_close(wound[:, 0], straight[:, 0] * angle.cos(), rtol=0, atol=1e-5)


def test_noise_turns_the_points_by_its_deviation():
    clean, noisy = (
        spirals(3, 3000, noise, split=ALL, generator=seeded()).train.inputs for noise in (0.0, 0.1)
    )
    turned = torch.atan2(*noisy.T.flip(0)) - torch.atan2(*clean.T.flip(0))
    turned = (turned + math.pi) % (2 * math.pi) - math.pi
    assert turned.std().item() == pytest.approx(0.1, rel=0.05)
    torch.testing.assert_close(clean.norm(dim=1), noisy.norm(dim=1))


def test_unit_scale_in_random_order():
    x, y = spirals(split=ALL, generator=seeded()).train
    assert x.std(dim=0).tolist() == pytest.approx([1, 1], abs=0.05)
    assert x.mean(dim=0).tolist() == pytest.approx([0, 0], abs=0.05)
    half = x[:150].norm(dim=1).mean() / x[150:].norm(dim=1).mean()
    assert half.item() == pytest.approx(1, abs=0.2)
    assert y[:150].bincount().min() > 30


@pytest.mark.parametrize(("name", "init"), [("relu", "he_normal"), ("tanh", "xavier_normal")])
def test_six_layers_learn_it_and_a_straight_line_does_not(name, init):
    x, y = spirals(split=ALL, generator=seeded()).train
    deep, straight = (
        mlp([2] + [64] * 5 + [3], name, init=init, generator=seeded()),
        mlp([2, 3], generator=seeded()),
    )
    for model in (deep, straight):
        fit(model, x, y, steps=200, lr=0.003, optimizer="adam")
    assert accuracy(deep, x, y) > 0.95
    assert accuracy(straight, x, y) < 0.6


# moons and rings


@pytest.mark.parametrize("count", [2, 3, 100, 101])
@pytest.mark.parametrize(
    ("function", "twin", "factor"),
    [
        (moons, sklearn.datasets.make_moons, {}),
        (
            lambda *args, **keys: rings(*args, inner=0.3, **keys),
            sklearn.datasets.make_circles,
            {"factor": 0.3},
        ),
        (rings, sklearn.datasets.make_circles, {"factor": 0.5}),
    ],
)
def test_shapes_without_noise_are_those_of_scikit_learn(function, twin, factor, count):
    expected, labels = twin(count, shuffle=False, noise=None, **factor)
    x, y = function(count, 0.0, split=ALL, generator=seeded()).train
    for label in (0, 1):
        found, wanted = x[y == label].numpy(), expected[labels == label]
        distance = np.linalg.norm(found[:, None] - wanted, axis=2)
        assert found.shape == wanted.shape and distance.min(0).max() < 1e-6 and distance.min(1).max() < 1e-6


@pytest.mark.parametrize("function", [moons, rings])
def test_points_come_in_random_order_and_noise_has_its_deviation(function):
    clean, noisy = (function(4000, noise, split=ALL, generator=seeded()).train for noise in (0.0, 0.2))
    assert clean.targets.equal(noisy.targets)
    noise = noisy.inputs - clean.inputs
    assert noise.std(dim=0).tolist() == pytest.approx([0.2, 0.2], rel=0.05)
    assert noise.mean(dim=0).tolist() == pytest.approx([0, 0], abs=0.02)
    assert abs(np.corrcoef(noise.T)[0, 1]) < 0.05
    for half in (clean.targets[:2000], clean.targets[2000:]):
        assert half.double().mean().item() == pytest.approx(0.5, abs=0.05)
    steps = (clean.inputs[1:] - clean.inputs[:-1]).norm(dim=1)
    assert steps.median() > 0.5, "neighbors in the order are not neighbors in the plane"


# real data


@pytest.mark.parametrize("name", REAL)
def test_real_data_are_scikit_learns_raw_values(name):
    data, bunch = DATASETS[name](), load(name)
    x, y = data.all
    found = np.column_stack([x, y.reshape(len(x))])
    expected = np.column_stack([bunch.data.astype(np.float32), bunch.target])
    assert found.shape == expected.shape
    order, wanted = (np.lexsort(rows.T) for rows in (found, expected))
    assert (found[order] == expected[wanted]).all()
    assert list(data.features) == list(bunch.feature_names)
    if name != "diabetes":
        assert list(data.classes) == [str(label) for label in bunch.target_names]


@pytest.mark.parametrize("name", ["digits", "wine", "breast_cancer"])
@pytest.mark.parametrize("split", [(0.6, 0.2, 0.2), (0.1, 0.1, 0.8), (0.5, 0.5, 0)])
def test_each_part_has_its_share_of_each_class(name, split):
    for seed in range(3):
        data = DATASETS[name](split=split, generator=seeded(seed))
        total = data.all.targets.bincount().double()
        for part, share in zip(parts(data), split, strict=True):
            found = part.targets.bincount(minlength=len(total))
            assert (found - total * share).abs().max() <= 2


@pytest.mark.parametrize("name", REAL)
def test_without_a_generator_the_order_is_that_of_seed_0(name):
    assert torch.equal(DATASETS[name]().train.inputs, DATASETS[name](generator=seeded(0)).train.inputs)


@pytest.mark.parametrize("name", REAL)
def test_the_order_is_random_within_a_part(name):
    data = DATASETS[name]()
    x, y = data.train
    half = len(y) // 2
    spread = x.double().std(dim=0)
    varied = spread > 0
    shift = (x[:half].mean(dim=0) - x[half:].mean(dim=0))[varied] / spread[varied]
    assert shift.abs().max() < 5 * 2 / math.sqrt(len(y))
    if data.classes:
        repeats = (y[1:] == y[:-1]).double().mean().item()
        shares = y.bincount().double() / len(y)
        assert repeats == pytest.approx(shares.square().sum().item(), abs=0.12)  # as of independent draws


def test_digits_are_images():
    x = digits().all.inputs
    assert x.min() == 0 and x.max() == 16 and x.equal(x.round())
    images = sklearn.datasets.load_digits().images
    zero = torch.tensor(images[0], dtype=torch.float)
    assert (x.view(-1, 1, 8, 8) == zero).all(dim=(1, 2, 3)).sum() == 1
    assert x.std(dim=0).eq(0).sum() == 3


def test_documented_facts_of_the_tables():
    x, y = DATASETS["diabetes"]().all
    assert (y.min(), y.max()) == (25, 346) and x[:, 1].unique().tolist() == [1, 2]
    spread = wine().all.inputs.std(dim=0)
    assert spread.min() < 0.2 and spread.max() > 300
    assert [len(DATASETS[name]().all.targets) for name in REAL] == [1797, 178, 569, 442]
    assert DATASETS["breast_cancer"]().classes[0] == "malignant"


def test_regression_targets_fit_a_models_last_layer():
    x, y = DATASETS["diabetes"]().train
    model = mlp([10, 1], generator=seeded())
    assert F.mse_loss(model(x), y).shape == ()  # other shapes would broadcast with a warning, an error here


# MNIST-1D


@pytest.fixture(scope="module")
def paper():
    return mnist1d()


def test_mnist1d_is_what_the_package_draws(paper):
    expected = make_dataset(get_dataset_args())
    assert [len(part.targets) for part in parts(paper)] == [3200, 800, 1000]
    x = torch.cat([paper.train.inputs, paper.validation.inputs])
    y = torch.cat([paper.train.targets, paper.validation.targets])
    assert x.equal(torch.tensor(expected["x"], dtype=torch.float)) and y.tolist() == expected["y"].tolist()
    assert paper.test.inputs.equal(torch.tensor(expected["x_test"], dtype=torch.float))
    assert paper.test.targets.tolist() == expected["y_test"].tolist()


def test_mnist1d_as_documented(paper):
    x, y = paper.all
    assert x.shape == (5000, 40)
    assert x.mean().item() == pytest.approx(0, abs=1e-5) and x.std().item() == pytest.approx(1, abs=1e-3)
    assert y.bincount().tolist() == [500] * 10
    assert mnist1d(10).all.targets.bincount().tolist() == [1] * 10
    assert mnist1d(30).all.targets.bincount().tolist() == [3] * 10


def test_mnist1d_of_many_generators_is_never_the_same():
    drawn = {mnist1d(10, generator=seeded(seed)).all.inputs.numpy().tobytes() for seed in range(40)}
    assert len(drawn) == 40


def test_mnist1d_restores_the_random_states_after_an_error(monkeypatch):
    def fail(arguments):
        random.seed(arguments.seed), np.random.seed(arguments.seed)
        raise RuntimeError("the package failed")

    monkeypatch.setattr("mnist1d.data.make_dataset", fail)
    before = random.getstate(), pickle.dumps(np.random.get_state())
    with pytest.raises(RuntimeError, match="the package failed"):
        mnist1d(20)
    assert (random.getstate(), pickle.dumps(np.random.get_state())) == before


def test_mnist1d_never_downloads(monkeypatch):
    def refuse(*arguments, **options):
        raise AssertionError("no network")

    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("requests.get", refuse)
    mnist1d(20)


def test_a_class_of_two_is_split_in_the_middle():
    targets = torch.tensor([0] * 10 + [1] * 2)
    first, second, _ = targets[datasets._stratified(targets, (6, 12))].tensor_split((6, 12))
    assert first.bincount().tolist() == second.bincount().tolist() == [5, 1]


def test_datasets_are_told_apart_by_what_they_are_and_not_by_their_numbers():
    one, other = wine(), wine()
    assert one == one and one != other and len({one, other}) == 2


def test_the_largest_noise_is_allowed():
    assert moons(10, noise=1e30).all.inputs.isfinite().all()


# errors


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        (spirals, {"classes": 0}, "classes must be at least 1, got 0"),
        (spirals, {"classes": 4, "count": 3}, "count must be at least the 4 classes, got 3"),
        (spirals, {"turns": math.inf}, "turns must be finite, got inf"),
        (moons, {"count": 1}, "count must be at least the 2 classes, got 1"),
        (rings, {"count": 1}, "count must be at least the 2 classes, got 1"),
        (rings, {"inner": 1}, "inner must be at least 0 and below 1, got 1"),
        (rings, {"inner": -0.1}, "inner must be at least 0 and below 1, got -0.1"),
        (mnist1d, {"count": 0}, "count must be a multiple of 10, got 0"),
        (mnist1d, {"count": 25}, "count must be a multiple of 10, got 25"),
        *(
            (function, {"noise": noise}, f"noise must be finite and at least 0, got {noise}")
            for function in COMPUTED.values()
            for noise in (-0.1, math.inf, math.nan)
        ),
    ],
)
def test_errors_name_argument_rule_and_value(function, arguments, message):
    generator = seeded()
    with pytest.raises(ValueError, match=message):
        function(**arguments, generator=generator)
    assert generator.get_state().equal(seeded().get_state()), "nothing was drawn"


@pytest.mark.parametrize("name", [*REAL, "mnist1d"])
def test_a_missing_package_names_the_extra(name, monkeypatch):
    package = "mnist1d" if name == "mnist1d" else "scikit-learn"
    for module in ("mnist1d.data", "sklearn.datasets", "sklearn"):
        monkeypatch.setitem(sys.modules, module, None)
    message = rf"{name} needs .*{package}: pip install '\.\[data\]' in a clone of this project"
    with pytest.raises(ImportError, match=message):
        DATASETS[name]()


@pytest.mark.parametrize("make", [spirals, moons, rings])
def test_points_are_float32_whatever_the_default_is(make):
    expected = make(generator=torch.Generator().manual_seed(0)).train.inputs
    torch.set_default_dtype(torch.float64)
    try:
        found = make(generator=torch.Generator().manual_seed(0)).train.inputs
    finally:
        torch.set_default_dtype(torch.float32)
    assert found.dtype == torch.float32 and torch.equal(found, expected)


@pytest.mark.parametrize("make", [spirals, moons, rings])
def test_a_generator_is_a_generator(make):
    with pytest.raises(TypeError, match="generator must be a torch Generator, got 3"):
        make(generator=3)


@pytest.mark.parametrize("make", [spirals, moons, rings])
def test_a_generator_of_another_device_decides_the_same(make):
    expected = make(generator=torch.Generator().manual_seed(3)).train
    with torch.device("meta"):
        generator = torch.Generator("cpu").manual_seed(3)
        assert make(generator=generator).train.inputs.shape == expected.inputs.shape
    assert torch.equal(make(generator=generator.manual_seed(3)).train.inputs, expected.inputs)


class WithoutDouble(torch.overrides.TorchFunctionMode):
    """Lets no tensor of float64 lie on the default device."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        found = function(*args, **(kwargs or {}))
        if isinstance(found, torch.Tensor) and found.is_meta and found.dtype == torch.double:
            raise TypeError("float64 is not supported")
        return found


@pytest.mark.parametrize("name", REAL)
def test_real_data_come_to_a_device_without_double_precision(name):
    expected = DATASETS[name]()
    with torch.device("meta"), WithoutDouble():
        found = DATASETS[name]()
    for part, whole in zip(parts(found), parts(expected), strict=True):
        for tensor, other in zip(part, whole, strict=True):
            assert tensor.is_meta and tensor.shape == other.shape and tensor.dtype == other.dtype
