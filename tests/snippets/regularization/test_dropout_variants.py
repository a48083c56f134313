import pytest
import torch
from torch import nn

from lego.datasets import digits
from lego.preprocessing import Standardize
from lego.regularization import DropConnect
from lego.stack import mlp
from lego.training import accuracy, fit


def test_batch_norm_after_dropout_shifts_and_before_it_does_not(run_snippet):
    found = run_snippet("regularization/dropout_variants")
    after, before = found["ratios"].values()
    assert before == pytest.approx([1] * 5, abs=0.05)
    assert after[0] == pytest.approx(1, abs=0.05) and after == sorted(after, reverse=True)
    # the mean square of half-normal inputs is 1/2, their variance 1/2 - 1/(2 pi)
    for share, variance in zip(found["shares"], after, strict=True):
        seen = 0.5 / (1 - share) - 1 / (2 * 3.14159265)
        assert variance == pytest.approx((0.5 - 1 / (2 * 3.14159265)) / seen, abs=0.04)


@pytest.fixture(scope="module")
def scores():
    """Accuracies on the task of the dropout page by method and share, one per seed."""
    inputs, labels = digits().all
    found = {(method, share): [] for method in ("dropout", "DropConnect") for share in (0.5, 0.8)}
    for seed in range(4):
        rng = torch.Generator().manual_seed(seed)
        order = torch.randperm(len(inputs), generator=rng)
        train, test = order[:200], order[1000:]
        x, y = Standardize(inputs[train])(inputs), labels.clone()
        wrong = train[torch.rand(200, generator=rng) < 0.2]
        y[wrong] = torch.randint(10, wrong.shape, generator=rng)
        for method, share in found:
            model = mlp([64, 128, 10], generator=rng.manual_seed(seed))
            if method == "dropout":
                model.insert(2, nn.Dropout(share))
            else:
                model[2] = DropConnect(model[2], share)
            fit(model, x[train], y[train], steps=300, lr=0.2, seed=seed)
            found[method, share].append(accuracy(model, x[test], labels[test]))
    return {case: torch.tensor(each) for case, each in found.items()}


@pytest.mark.parametrize(
    ("method", "share", "mean"),
    [("dropout", 0.5, 0.84), ("DropConnect", 0.5, 0.82), ("dropout", 0.8, 0.84), ("DropConnect", 0.8, 0.84)],
)
def test_dropconnect_on_the_task_of_dropout(scores, method, share, mean):
    assert scores[method, share].mean() == pytest.approx(mean, abs=0.006)


def test_dropconnect_is_behind_at_a_half_and_level_at_the_best_share(scores):
    behind = scores["dropout", 0.5] - scores["DropConnect", 0.5]
    assert (behind > 0).all() and behind.mean() > 3.18 * behind.std() / 2
    level = scores["dropout", 0.8] - scores["DropConnect", 0.8]
    assert level.mean().abs() < 3.18 * level.std() / 2
