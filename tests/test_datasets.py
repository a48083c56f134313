import math
import random
import sys

import numpy as np
import pytest
import sklearn.datasets
import torch
from mnist1d.data import get_dataset_args, make_dataset

from lego.datasets import DATASETS, breast_cancer, diabetes, digits, mnist1d, moons, rings, spirals, wine
from lego.stack import mlp
from lego.training import accuracy, fit

ALL = (1, 0, 0)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(("classes", "count"), [(3, 300), (2, 7), (5, 5), (1, 4)])
def test_shapes_types_and_balance(classes, count):
    x, y = spirals(classes, count, split=ALL, generator=seeded()).train
    assert x.shape == (count, 2) and x.dtype == torch.float
    assert y.shape == (count,) and y.dtype == torch.int64
    shares = y.bincount(minlength=classes)
    assert len(shares) == classes and shares.max() - shares.min() <= 1


def test_without_noise_the_points_follow_the_formula():
    x, y = spirals(3, 300, 0.0, turns=1.0, split=ALL, generator=seeded()).train
    radius = x.double().norm(dim=1) / math.sqrt(6)
    assert radius.sort().values.tolist() == pytest.approx([(i // 3 + 1) / 100 for i in range(300)], abs=1e-6)
    angle = 2 * math.pi * (y / 3 + radius)
    expected = radius[:, None] * math.sqrt(6) * torch.stack([angle.cos(), angle.sin()], dim=1)
    torch.testing.assert_close(x.double(), expected, rtol=0, atol=1e-5)


def test_noise_turns_the_points_by_its_deviation():
    (clean, _), (noisy, _) = (
        spirals(3, 3000, noise, split=ALL, generator=seeded()).train for noise in (0.0, 0.1)
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


def test_a_generator_decides_and_the_global_state_stays():
    before = torch.get_rng_state()
    first, again, other = (spirals(generator=seeded(seed)).train.inputs for seed in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(first, again) and not torch.equal(first, other)
    torch.manual_seed(0)
    assert torch.equal(spirals().train.inputs, first)


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


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"classes": 0}, "classes must be at least 1, got 0"),
        ({"classes": 4, "count": 3}, "count must be at least the 4 classes, got 3"),
        ({"noise": -0.1}, "noise must be at least 0, got -0.1"),
        ({"split": (0.5, 0.5, 0.5)}, r"split must be three shares that add up to 1, got \(0.5, 0.5, 0.5\)"),
        ({"split": (1.2, -0.2, 0)}, r"split must be three shares that add up to 1"),
        ({"split": (0.5, 0.5)}, r"split must be three shares that add up to 1"),
    ],
)
def test_errors_name_argument_rule_and_value(arguments, message):
    with pytest.raises(ValueError, match=message):
        spirals(**arguments)


@pytest.mark.parametrize("name", DATASETS)
def test_every_dataset_says_what_it_is_and_is_always_the_same(name):
    random.seed(1), np.random.seed(1), torch.manual_seed(1)
    options = {"generator": seeded()} if name in {"spirals", "moons", "rings"} else {}
    states = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()
    one, two = DATASETS[name](**options), DATASETS[name](**options | {k: seeded() for k in options})
    assert states == (random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist())
    assert one.name == name and name in repr(one) and one.description and one.source and one.license
    for a, b in zip(
        (one.train, one.validation, one.test), (two.train, two.validation, two.test), strict=True
    ):
        assert torch.equal(a.inputs, b.inputs) and torch.equal(a.targets, b.targets)
        assert (
            a.inputs.dtype == torch.float32 and a.inputs.isfinite().all() and len(a.inputs) == len(a.targets)
        )
        if one.classes is None:
            assert a.targets.shape == (len(a.inputs), 1) and a.targets.dtype == torch.float32
        else:
            assert a.targets.dtype == torch.int64 and set(a.targets.tolist()) == set(range(len(one.classes)))
        assert one.features is None or a.inputs.shape[1] == len(one.features)


@pytest.mark.parametrize(
    ("make", "load"),
    [(digits, "digits"), (wine, "wine"), (breast_cancer, "breast_cancer"), (diabetes, "diabetes")],
)
def test_the_real_ones_are_scikit_learns_examples_each_once(make, load):
    options = {"scaled": False} if load == "diabetes" else {}
    inputs, targets = getattr(sklearn.datasets, f"load_{load}")(return_X_y=True, **options)
    data = make()
    parts = (data.train, data.validation, data.test)
    assert [len(part.inputs) for part in parts] == [
        round(0.6 * len(inputs)),
        round(0.2 * len(inputs)),
        len(inputs) - round(0.6 * len(inputs)) - round(0.2 * len(inputs)),
    ]
    ours = torch.cat([torch.cat([x, y.float().reshape(-1, 1)], dim=1) for x, y in parts])
    theirs = torch.tensor(np.column_stack([inputs, targets]), dtype=torch.float32)
    assert sorted(map(tuple, ours.tolist())) == sorted(map(tuple, theirs.tolist()))
    other = make(generator=seeded(5))
    assert not torch.equal(other.train.inputs, data.train.inputs)


def test_mnist1d_is_the_papers():
    data = mnist1d()
    assert [len(part.inputs) for part in (data.train, data.validation, data.test)] == [3200, 800, 1000]
    assert data.train.inputs.shape[1] == 40
    made = make_dataset(get_dataset_args())
    np.testing.assert_allclose(data.test.inputs, made["x_test"].astype(np.float32))
    assert data.test.targets.tolist() == made["y_test"].tolist()
    with pytest.raises(ValueError, match="count must be a positive multiple of ten, got 15"):
        mnist1d(15)


@pytest.mark.parametrize(
    ("ours", "theirs", "options"), [(moons, "make_moons", {}), (rings, "make_circles", {"factor": 0.5})]
)
@pytest.mark.parametrize("count", [2, 7, 40])
def test_without_noise_shapes_are_those_of_scikit_learn(ours, theirs, options, count):
    sizes = ((count + 1) // 2, count // 2)
    if theirs == "make_circles":
        sizes = sizes[::-1]  # its first ring is the outer one
    points, labels = getattr(sklearn.datasets, theirs)(sizes, shuffle=False, **options)
    if theirs == "make_circles":
        labels = 1 - labels
    x, y = ours(count=count, noise=0.0, split=ALL, generator=seeded()).train
    mine = sorted(
        (label, *(round(v, 4) + 0.0 for v in point))
        for point, label in zip(x.tolist(), y.tolist(), strict=True)
    )
    expected = sorted(
        (label, *(round(v, 4) + 0.0 for v in point))
        for point, label in zip(points.tolist(), labels.tolist(), strict=True)
    )
    np.testing.assert_allclose(mine, expected, atol=2e-4)


def test_noise_moves_the_points_by_its_deviation():
    for make in (moons, rings):
        clean, noisy = (
            make(count=4000, noise=noise, split=ALL, generator=seeded()).train.inputs for noise in (0.0, 0.2)
        )
        assert (noisy - clean).std().item() == pytest.approx(0.2, rel=0.05)


@pytest.mark.parametrize(("make", "module"), [(digits, "sklearn.datasets"), (mnist1d, "mnist1d.data")])
def test_a_missing_package_names_the_extra(make, module, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=r"pip install 'lego\[data\]'"):
        make()
