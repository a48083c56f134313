import pytest
import torch
from torch.optim.lr_scheduler import CosineAnnealingLR

from lego.datasets import digits
from lego.preprocessing import Standardize
from lego.stack import mlp
from lego.training import accuracy, fit


def test_a_rate_that_falls_beats_each_constant_one(run_snippet):
    found = run_snippet("tips/optimizer_schedule")
    rates, scores = found["rates"], found["scores"]
    constant, cosine = scores["constant"], scores["cosine"]
    assert max(cosine) > max(constant) + 0.02 and max(scores["a tenth from step 200"]) > max(constant) + 0.01
    assert rates[constant.index(min(constant))] == rates[cosine.index(max(cosine))] == 0.3


INPUTS, LABELS = digits().all
X = Standardize(INPUTS[:1000])(INPUTS)


def train(rate, seed, schedule=None, noise=0.0):
    rng = torch.Generator().manual_seed(seed)
    targets = LABELS[:1000].clone()
    wrong = torch.rand(1000, generator=rng) < noise
    targets[wrong] = torch.randint(10, (int(wrong.sum()),), generator=rng)
    rng = torch.Generator().manual_seed(seed)
    model = mlp([64, 64, 10], generator=rng)
    fit(model, X[:1000], targets, steps=300, lr=rate, batch_size=8, schedule=schedule, generator=rng)
    return accuracy(model, X[1000:], LABELS[1000:])


def cosine(optimizer):
    return CosineAnnealingLR(optimizer, 300)


@pytest.mark.parametrize("seed", [1, 2])
def test_so_it_is_with_other_seeds(seed):
    constant = [train(rate, seed, noise=0.4) for rate in (0.03, 0.1)]
    assert train(0.3, seed, cosine, noise=0.4) > max(constant) + 0.02


def test_with_clean_labels_the_best_constant_rate_does_as_well():
    seeds = range(2)
    constant = max(sum(train(rate, seed) for seed in seeds) for rate in (0.1, 0.2))
    falling = max(sum(train(rate, seed, cosine) for seed in seeds) for rate in (0.2, 0.3))
    assert abs(constant - falling) / len(seeds) < 0.015


def test_a_cosine_that_is_told_too_few_steps_rises_again():
    model = mlp([64, 10], generator=torch.Generator().manual_seed(0))
    history = fit(
        model, X[:64], LABELS[:64], steps=41, lr=0.1, schedule=lambda sgd: CosineAnnealingLR(sgd, 20)
    )
    assert history.lr[20] == pytest.approx(0, abs=1e-9) and history.lr[40] == pytest.approx(history.lr[0])
