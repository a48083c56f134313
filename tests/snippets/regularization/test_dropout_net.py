import pytest
import torch

from lego.preprocessing import Standardize
from lego.stack import mlp
from lego.training import accuracy, fit


def test_dropout_brings_a_few_points(run_snippet, capsys):
    found = run_snippet("regularization/dropout_net")
    train, held_out = found["curves"].mean(1).T.tolist()
    assert held_out[4] - held_out[0] == pytest.approx(0.045, abs=0.007)
    assert held_out[3] - held_out[0] > 0.02
    assert 0.75 < sum(found["learned"]) / 3 < 0.87  # four in five
    assert f": {sum(found['learned']) / 3:.0%}\n" in capsys.readouterr().out
    assert train[0] > 0.99 and train[4] < train[3] <= train[2]


def test_dropout_of_the_outputs_gains_nothing(run_snippet):
    found, scores = run_snippet("regularization/dropout_net"), []
    for seed in range(3):
        rng = torch.Generator().manual_seed(seed)
        order = torch.randperm(len(found["labels"]), generator=rng)
        train, test = order[:200], order[1000:]
        x, y = Standardize(found["inputs"][train])(found["inputs"]), found["labels"].clone()
        wrong = train[torch.rand(200, generator=rng) < 0.2]
        y[wrong] = torch.randint(10, wrong.shape, generator=rng)
        model = mlp([64, 128, 10], generator=rng).append(torch.nn.Dropout(0.5))
        fit(model, x[train], y[train], steps=300, lr=0.2, seed=seed)
        scores.append(accuracy(model, x[test], y[test]))
    assert sum(scores) / 3 < found["curves"].mean(1)[0, 1] + 0.01
