import itertools

import pytest
import torch
import torch.nn.functional as F

from lego.preprocessing import Standardize
from lego.regularization import EarlyStopping
from lego.stack import mlp
from lego.training import accuracy, fit


def test_the_run_ends_thirty_looks_after_its_best(run_snippet):
    found = run_snippet("regularization/early_stopping")
    whole, stopped = found["histories"].values()
    assert found["best"] == 58 and (len(whole.loss), len(stopped.loss)) == (400, 118)
    assert stopped.validation == whole.validation[: len(stopped.validation)]
    assert min(whole.validation) == found["stopping"].best
    assert found["scores"]["stopped"] > found["scores"]["to the end"]


def test_the_best_weights_are_back(run_snippet):
    found = run_snippet("regularization/early_stopping")
    x, y = found["x"][found["held_out"]], found["labels"][found["held_out"]]
    loss = torch.nn.functional.cross_entropy(found["model"](x), y).item()
    assert abs(loss - found["stopping"].best) < 1e-6


def test_the_accuracys_best_step_scatters_and_its_loss_is_larger(run_snippet):
    found = run_snippet("regularization/early_stopping")
    inputs, labels = found["inputs"], found["labels"]
    steps, scores = [], []
    for seed in range(8):
        rng = torch.Generator().manual_seed(seed)
        order = torch.randperm(len(inputs), generator=rng)
        train, held_out, test = order[:200], order[200:400], order[1000:]
        x, y = Standardize(inputs[train])(inputs), labels.clone()
        wrong = train[torch.rand(200, generator=rng) < 0.2]
        y[wrong] = torch.randint(10, wrong.shape, generator=rng)
        model = mlp([64, 128, 10], generator=torch.Generator().manual_seed(seed))
        watches = EarlyStopping(400), EarlyStopping(400, mode="max")
        updates = itertools.count(1)

        def look(model, x=x, held_out=held_out, watches=watches, updates=updates):
            if next(updates) % 2 == 0:
                output, known = model(x[held_out]), labels[held_out]
                watches[0].step(F.cross_entropy(output, known), model)
                watches[1].step((output.argmax(1) == known).float().mean(), model)

        fit(model, x[train], y[train], steps=300, lr=0.3, after_step=look)
        steps.append([2 * watch.best_step + 2 for watch in watches])
        for watch in watches:
            with torch.no_grad():
                loss = F.cross_entropy(watch.restore(model)(x[test]), labels[test]).item()
            scores.append((loss, accuracy(model, x[test], labels[test])))
    by_loss, by_accuracy = torch.tensor(scores).reshape(8, 2, 2).transpose(0, 1)
    assert by_loss[:, 0].mean() == pytest.approx(0.69, abs=0.02)
    assert by_accuracy[:, 0].mean() == pytest.approx(0.73, abs=0.02)
    gain = by_accuracy[:, 1] - by_loss[:, 1]
    assert abs(gain.mean()) < 0.01 < gain.std()
    first, last = (torch.tensor(steps).aminmax(dim=0)[end].tolist() for end in (0, 1))
    assert first == pytest.approx([38, 20], abs=8) and last == pytest.approx([104, 272], abs=20)
