import itertools
import math

import pytest
import torch
import torch.nn.functional as F

from lego.datasets import digits
from lego.preprocessing import Standardize
from lego.stack import mlp
from lego.training import fit


def test_the_best_rate_grows_with_the_batch_up_to_a_limit(run_snippet, capsys):
    found = run_snippet("tips/optimizer")
    losses = {size: dict(zip(found["rates"], row, strict=True)) for size, row in found["losses"].items()}
    best = {size: min(row, key=row.get) for size, row in losses.items()}
    assert best == {8: 0.1, 32: 0.3, 128: 1.0, 512: 1.0}
    for one, two in itertools.pairwise((8, 32, 128)):
        assert two / one == 4 and best[two] / best[one] == pytest.approx(3, rel=0.15)
    lowest = {size: min(row.values()) for size, row in losses.items()}
    assert max(lowest[size] for size in (8, 32, 128)) < 0.2 < 2 * 0.2 < lowest[512] < 3.2 * lowest[32]
    assert not math.isfinite(losses[8][1.0]) and not math.isfinite(losses[32][3.0]), "these curves end"
    assert losses[512][3.0] > 5 * lowest[512], "no longer step makes up for it"
    assert "625 steps" in capsys.readouterr().out


def test_a_rate_is_good_for_one_batch_size_only(run_snippet):
    found = run_snippet("tips/optimizer")
    at = {size: row[found["rates"].index(0.3)] for size, row in found["losses"].items()}
    assert all(at[size] > 1.5 * at[32] for size in (8, 128, 512)) and at[512] > 1


@pytest.fixture(scope="module")
def data():
    inputs, labels = digits().all
    return Standardize(inputs[:1000])(inputs), labels


def five_epochs(data, rate, size, seed, **options):
    x, y = data
    model = mlp([64, 64, 10], generator=torch.Generator().manual_seed(seed))
    return fit(
        model, x[:1000], y[:1000], epochs=5, lr=rate, batch_size=size, seed=seed, validation=(x[1000:], y[1000:]),
        **options,
    ).validation[-1]  # fmt: skip


@pytest.mark.parametrize("seed", [1, 2])
def test_so_it_is_with_other_seeds(data, seed):
    for size, best, others in ((32, 0.3, (0.1, 1.0)), (128, 1.0, (0.3, 3.0)), (512, 1.0, (0.3, 3.0))):
        lowest = five_epochs(data, best, size, seed)
        assert all(lowest < five_epochs(data, rate, size, seed) for rate in others), size


def test_adams_best_rate_grows_like_the_square_root(data):
    def mean(size, rate, seeds):
        return sum(five_epochs(data, rate, size, seed, optimizer="adam") for seed in seeds)

    small = {rate: mean(8, rate, [0]) for rate in (0.001, 0.003, 0.01)}
    large = {rate: mean(512, rate, [0, 1, 2]) for rate in (0.01, 0.03, 0.1)}
    assert min(small, key=small.get) == 0.003 and min(large, key=large.get) == 0.03
    assert math.sqrt(512 / 8) == pytest.approx(0.03 / 0.003, rel=0.25), "ten times, not sixty-four times"


def test_batch_norm_sees_only_its_part_of_a_batch():
    rng = torch.Generator().manual_seed(0)
    x = torch.randn(64, 20, generator=rng)
    y = torch.randint(3, (64,), generator=rng)

    def gap(norm):
        model = mlp([20, 32, 3], norm=norm, generator=torch.Generator().manual_seed(0))
        gradients = []
        for parts in (1, 4):
            model.zero_grad()
            for inputs, targets in zip(x.chunk(parts), y.chunk(parts), strict=True):
                (F.cross_entropy(model(inputs), targets) / parts).backward()
            gradients.append(model[0].weight.grad.clone())
        return ((gradients[0] - gradients[1]).norm() / gradients[0].norm()).item()

    assert gap(None) < 1e-5 and gap("batch") > 0.05
