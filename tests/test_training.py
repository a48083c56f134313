import functools
import io
from itertools import chain

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from lego.datasets import spirals
from lego.diagnostics import gradient_norms
from lego.stack import mlp
from lego.training import OPTIMIZERS, accuracy, fit


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def line():
    """A linear model without bias, and data that lie on a line."""
    x = torch.randn(20, 3, dtype=torch.double, generator=seeded())
    y = x @ torch.tensor([[1.0], [-2.0], [0.5]], dtype=torch.double)
    model = nn.Linear(3, 1, bias=False, dtype=torch.double)
    nn.init.zeros_(model.weight)
    return model, x, y


def test_gradient_descent_in_numpy(line):
    model, x, y = line
    history = fit(model, x, y, steps=25, lr=0.1, loss=F.mse_loss)
    w = np.zeros((3, 1))
    losses = []
    for _ in range(25):
        error = x.numpy() @ w - y.numpy()
        losses.append((error**2).mean())
        w -= 0.1 * 2 * x.numpy().T @ error / len(x)
    np.testing.assert_allclose(history.loss, losses, rtol=1e-12)
    np.testing.assert_allclose(model.weight.detach().numpy(), w.T, rtol=1e-12)


def test_a_deep_relu_net_learns_what_a_deep_sigmoid_net_does_not():
    x, y = spirals(generator=seeded())
    scores = {}
    for name, init in (("relu", "he_normal"), ("sigmoid", "xavier_normal")):
        model = mlp([2] + [64] * 5 + [3], name, init=init, generator=seeded())
        fit(model, x, y, steps=300, lr=0.1)
        scores[name] = accuracy(model, x, y)
    assert scores["relu"] > 0.95
    assert scores["sigmoid"] < 0.45


def test_watch_sees_the_gradients_before_the_update(line):
    model, x, y = line
    seen = []

    def watch(step, watched):
        assert watched is model
        expected = gradient_norms(model, x, y, F.mse_loss)["model"]
        seen.append(step)
        assert watched.weight.grad.norm().item() == pytest.approx(expected)
        return {
            "gradient": watched.weight.grad.norm(),
            "weight": watched.weight.norm(),
        }

    history = fit(model, x, y, steps=4, lr=0.1, loss=F.mse_loss, watch=watch)
    assert seen == [0, 1, 2, 3]
    assert history.watched["weight"][0] == 0
    assert [len(values) for values in history.watched.values()] == [4, 4]
    assert all(type(value) is float for values in history.watched.values() for value in values)


def test_watch_may_change_the_gradients_and_return_nothing(line):
    model, x, y = line
    history = fit(
        model,
        x,
        y,
        steps=3,
        lr=0.1,
        loss=F.mse_loss,
        watch=lambda step, model: model.zero_grad(),
    )
    assert history.watched == {}
    assert (model.weight == 0).all()


def test_batches_cover_an_epoch_once_and_leave_the_rest_out():
    x = torch.arange(10, dtype=torch.float)[:, None]
    batches = []

    class Spy(nn.Linear):
        def forward(self, inputs):
            batches.append(inputs.flatten().tolist())
            return super().forward(inputs)

    fit(
        Spy(1, 1),
        x,
        x,
        steps=6,
        lr=1e-4,
        batch_size=3,
        loss=F.mse_loss,
        generator=seeded(),
    )
    assert [len(batch) for batch in batches] == [3] * 6
    first, second = list(chain(*batches[:3])), list(chain(*batches[3:]))
    assert len(set(first)) == len(set(second)) == 9
    assert first != second != sorted(second)


def test_a_generator_decides_and_the_global_state_stays():
    x, y = spirals(generator=seeded())
    before = torch.get_rng_state()
    losses = [
        fit(
            mlp([2, 8, 3], generator=seeded()),
            x,
            y,
            steps=9,
            lr=0.1,
            batch_size=32,
            generator=seeded(s),
        ).loss
        for s in (1, 1, 2)
    ]
    assert torch.equal(torch.get_rng_state(), before)
    assert losses[0] == losses[1] != losses[2]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers_by_name_and_by_factory(name):
    x, y = spirals(generator=seeded())
    losses = [
        fit(
            mlp([2, 8, 3], generator=seeded()),
            x,
            y,
            steps=5,
            lr=0.01,
            optimizer=optimizer,
        ).loss
        for optimizer in (
            name,
            {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[name],
        )
    ]
    assert losses[0] == losses[1]
    momentum = functools.partial(torch.optim.SGD, momentum=0.9)
    assert (
        fit(
            mlp([2, 8, 3], generator=seeded()),
            x,
            y,
            steps=5,
            lr=0.01,
            optimizer=momentum,
        ).loss
        != losses[0]
    )


def test_an_infinite_loss_stops_before_it_spoils_the_weights():
    x, y = torch.ones(4, 1), torch.zeros(4, 1)
    model = nn.Linear(1, 1)
    with pytest.raises(FloatingPointError, match=r"loss must stay finite, got (inf|nan) at step [1-9]"):
        fit(model, x, y, steps=100, lr=1e6, loss=F.mse_loss)
    assert model.weight.isfinite().all()
    with pytest.raises(FloatingPointError, match=r"got nan at step 0"):
        fit(nn.Linear(1, 1), x * torch.nan, y, steps=1, lr=0.1, loss=F.mse_loss)


@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.parametrize("progress", [True, False])
def test_only_a_terminal_gets_a_bar(line, monkeypatch, terminal, progress):
    stream = io.StringIO()
    stream.isatty = lambda: terminal
    monkeypatch.setattr("sys.stderr", stream)
    fit(*line, steps=250, lr=0.01, loss=F.mse_loss, progress=progress)
    if terminal and progress:
        assert "250/250" in stream.getvalue() and stream.getvalue().endswith("\n")
        assert stream.getvalue().count("\r") <= 126
    else:
        assert stream.getvalue() == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"steps": 0}, "steps must be at least 1, got 0"),
        ({"batch_size": 0}, "batch_size must be from 1 to the 20 examples, got 0"),
        ({"batch_size": 21}, "batch_size must be from 1 to the 20 examples, got 21"),
        ({"optimizer": "Adm"}, r"optimizer must .*nearest: adam.*got 'Adm'"),
        (
            {"targets": torch.zeros(3, 1)},
            "inputs and targets must be of one length, got 20 and 3",
        ),
    ],
)
def test_errors_name_argument_rule_and_value(line, arguments, message):
    model, x, y = line
    with pytest.raises(ValueError, match=message):
        fit(
            model,
            **{
                "inputs": x,
                "targets": y,
                "steps": 1,
                "lr": 0.1,
                "loss": F.mse_loss,
                **arguments,
            },
        )


def test_accuracy_counts_and_leaves_the_modes():
    model = nn.Sequential(nn.Dropout(0.9), nn.BatchNorm1d(2), nn.Identity())
    model[1].eval()
    outputs = torch.tensor([[2.0, 1.0], [0.0, 3.0], [1.0, 5.0], [9.0, 8.0]])
    assert accuracy(model, outputs, torch.tensor([0, 1, 0, 0])) == 0.75
    assert [module.training for module in model.modules()] == [True, True, False, True]
    assert model[1].num_batches_tracked == 0


def test_accuracy_restores_the_modes_after_an_error():
    model = nn.Sequential(nn.Dropout(), nn.Linear(3, 2))
    with pytest.raises(RuntimeError):
        accuracy(model, torch.ones(4, 5), torch.zeros(4))
    assert all(module.training for module in model.modules())


@pytest.mark.parametrize("targets", [torch.zeros(4, 1), torch.zeros(3)])
def test_accuracy_refuses_shapes_that_broadcast(targets):
    with pytest.raises(
        ValueError,
        match=r"outputs must have shape \(count, classes\) and targets \(count,\), got",
    ):
        accuracy(nn.Identity(), torch.ones(4, 2), targets)
