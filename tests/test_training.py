import collections
import copy
import functools
import io
import math
import subprocess
import sys
from itertools import chain

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.optim import lr_scheduler
from torch.utils.data import BatchSampler, DataLoader, IterableDataset, RandomSampler, TensorDataset

from lego.datasets import spirals
from lego.diagnostics import gradient_norms
from lego.regularization import Dropout, EarlyStopping
from lego.stack import mlp
from lego.training import OPTIMIZERS, PRECISIONS, History, accuracy, fit
from tests.models import Merging, scripted


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture(autouse=True)
def same_start():
    torch.manual_seed(0)


@pytest.fixture
def line():
    """A linear model without bias, and data that lie on a line."""
    x = torch.randn(20, 3, dtype=torch.double, generator=seeded())
    y = x @ torch.tensor([[1.0], [-2.0], [0.5]], dtype=torch.double)
    model = nn.Linear(3, 1, bias=False, dtype=torch.double)
    nn.init.zeros_(model.weight)
    return model, x, y


class Patience:
    """Early stopping as simple as it gets; it notes whether it was asked to restore."""

    def __init__(self, patience):
        self.patience, self.best, self.wait, self.weights, self.restored = patience, math.inf, 0, {}, 0

    def step(self, value, model):
        self.wait += 1
        if value < self.best:
            self.best, self.wait, self.weights = value, 0, copy.deepcopy(model.state_dict())
        return self.wait >= self.patience

    def restore(self, model):
        self.restored += 1
        model.load_state_dict(self.weights)

    def state_dict(self):
        return {"best": self.best, "wait": self.wait, "weights": self.weights}

    def load_state_dict(self, state):
        self.best, self.wait, self.weights = state["best"], state["wait"], state["weights"]


class Stream(IterableDataset):
    """Batches without a known length."""

    def __init__(self, batches):
        self.batches = batches

    def __iter__(self):
        return iter(self.batches)


def same(left, right):
    """Whether two nests of dicts, sequences and tensors hold the same bits."""
    if isinstance(left, torch.Tensor):
        return left.dtype == right.dtype and torch.equal(left, right)
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    return left == right


# The loop


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


def test_a_loop_by_hand_gives_the_same_bits():
    x, y = spirals(split=(1, 0, 0), generator=seeded()).train
    model = nn.Sequential(nn.Linear(2, 16), nn.BatchNorm1d(16), nn.Dropout(0.3), nn.ReLU(), nn.Linear(16, 3))
    twin = copy.deepcopy(model)
    torch.manual_seed(5)
    history = fit(
        model, x, y, epochs=2, lr=0.02, optimizer="adamw", batch_size=70, clip_norm=0.5, generator=seeded(1)
    )
    torch.manual_seed(5)
    update, shuffle = torch.optim.AdamW(twin.parameters(), lr=0.02), seeded(1)
    losses, norms = [], []
    for _ in range(2):
        for rows in torch.randperm(len(x), generator=shuffle).split(70)[: len(x) // 70]:
            value = F.cross_entropy(twin(x[rows]), y[rows])
            update.zero_grad()
            value.backward()
            norms.append(nn.utils.clip_grad_norm_(twin.parameters(), 0.5).item())
            update.step()
            losses.append(value.item())
    assert history.loss == losses and history.gradient_norm == norms
    assert same(model.state_dict(), twin.state_dict())
    assert max(norms) > 0.5


def test_a_deep_relu_net_learns_what_a_deep_sigmoid_net_does_not():
    x, y = spirals(split=(1, 0, 0), generator=seeded()).train
    scores = {}
    for name, init in (("relu", "he_normal"), ("sigmoid", "xavier_normal")):
        model = mlp([2] + [64] * 5 + [3], name, init=init, generator=seeded())
        fit(model, x, y, steps=300, lr=0.1)
        scores[name] = accuracy(model, x, y)
    assert scores["relu"] > 0.95
    assert scores["sigmoid"] < 0.45


def test_training_mode_is_on_and_stays(line):
    _, x, y = line
    model = nn.Sequential(nn.Linear(3, 1, dtype=torch.double), nn.Dropout()).eval()
    modes = []
    fit(model, x, y, steps=1, lr=0.1, loss=F.mse_loss, watch=lambda step, m: modes.append(m[1].training))
    assert modes == [True] and model.training


def test_watch_sees_the_gradients_before_the_update_and_the_clipping(line):
    model, x, y = line
    seen = []

    def watch(step, watched):
        assert watched is model
        expected = gradient_norms(model, x, y, F.mse_loss)["model"]
        seen.append(step)
        assert watched.weight.grad.norm().item() == pytest.approx(expected)
        return {"gradient": watched.weight.grad.norm(), "weight": watched.weight.norm()}

    history = fit(model, x, y, steps=4, lr=0.1, loss=F.mse_loss, watch=watch, clip_norm=1e-3, clip_value=1e-4)
    assert seen == [0, 1, 2, 3]
    assert history.watched["weight"][0] == 0
    assert [len(values) for values in history.watched.values()] == [4, 4]
    assert all(type(value) is float for values in history.watched.values() for value in values)


def test_watch_may_change_the_gradients_and_return_nothing(line):
    model, x, y = line
    history = fit(model, x, y, steps=3, lr=0.1, loss=F.mse_loss, watch=lambda step, model: model.zero_grad())
    assert history.watched == {}
    assert (model.weight == 0).all()


def test_watch_may_look_at_some_steps_only(line):
    history = fit(
        *line,
        steps=7,
        lr=0.1,
        loss=F.mse_loss,
        watch=lambda step, m: {"step": step} if step % 3 == 0 else None,
    )
    assert history.watched == {"step": [0.0, 3.0, 6.0]} and history.watched_steps == {"step": [0, 3, 6]}


# Data


class Spy(nn.Linear):
    """Keeps the batches that it is given."""

    def __init__(self):
        super().__init__(1, 1)
        self.batches = []

    def forward(self, inputs):
        self.batches.append(inputs.flatten().tolist())
        return super().forward(inputs)


@settings(deadline=None, max_examples=25, derandomize=True)
@given(st.integers(1, 23), st.data())
def test_an_epoch_shuffles_all_and_leaves_the_rest_out(count, data):
    size = data.draw(st.integers(1, count))
    x = torch.arange(count, dtype=torch.float)[:, None]
    spy = Spy()
    history = fit(spy, x, x, epochs=2, lr=0.0, batch_size=size, loss=F.mse_loss, generator=seeded(count))
    each = count // size
    assert [len(batch) for batch in spy.batches] == [size] * 2 * each and len(history.loss) == 2 * each
    for epoch in (spy.batches[:each], spy.batches[each:]):
        rows = list(chain(*epoch))
        assert len(set(rows)) == size * each and set(rows) <= set(range(count))


def test_each_epoch_has_an_order_of_its_own():
    x = torch.arange(10, dtype=torch.float)[:, None]
    spy = Spy()
    fit(spy, x, x, steps=6, lr=1e-4, batch_size=3, loss=F.mse_loss, generator=seeded())
    first, second = list(chain(*spy.batches[:3])), list(chain(*spy.batches[3:]))
    assert first != second != sorted(second) and first != sorted(first)


def test_batches_may_have_a_generator_of_another_library():
    class Batches:
        generator = np.random.default_rng(0)

        def __iter__(self):
            for _ in range(2):
                rows = torch.from_numpy(self.generator.permutation(8))
                yield torch.ones(8, 3)[rows], (torch.arange(8) % 2)[rows]

    assert len(fit(nn.Linear(3, 2), Batches(), steps=3, lr=0.1).loss) == 3


def test_a_generator_decides_and_the_global_state_stays():
    x, y = spirals(split=(1, 0, 0), generator=seeded()).train
    before = torch.get_rng_state()
    losses = [
        fit(
            mlp([2, 8, 3], generator=seeded()), x, y, steps=9, lr=0.1, batch_size=32, generator=seeded(s)
        ).loss
        for s in (1, 1, 2)
    ]
    assert torch.equal(torch.get_rng_state(), before)
    assert losses[0] == losses[1] != losses[2]


def test_as_many_draws_as_epochs_begun():
    x, y = spirals(split=(1, 0, 0), generator=seeded()).train
    generator, expected = seeded(), seeded()
    fit(mlp([2, 3]), x, y, steps=2, lr=0.1, batch_size=len(x) // 2, generator=generator)
    torch.randperm(len(x), generator=expected)
    assert torch.equal(generator.get_state(), expected.get_state()), "and none ahead"


@pytest.mark.parametrize("loader", [True, False])
def test_a_seed_decides_shuffling_and_dropout_and_leaves_no_trace(loader):
    x, y = spirals(split=(1, 0, 0), generator=seeded()).train

    def losses(seed):
        torch.manual_seed(torch.seed())
        model = nn.Sequential(mlp([2, 8], generator=seeded()), nn.Dropout(), mlp([8, 3], generator=seeded()))
        before = torch.get_rng_state()
        data = (DataLoader(TensorDataset(x, y), 32, shuffle=True),) if loader else (x, y)
        history = fit(model, *data, steps=9, lr=0.1, batch_size=None if loader else 32, seed=seed)
        assert torch.equal(torch.get_rng_state(), before)
        return history.loss

    assert losses(0) == losses(0) != losses(1)


def test_a_seed_may_have_64_bits(line):
    model, x, y = line
    losses = [
        fit(copy.deepcopy(model), x, y, steps=2, lr=0.1, batch_size=9, loss=F.mse_loss, seed=seed).loss
        for seed in (2**64 - 1, 2**64 - 1, 2**63)
    ]
    assert losses[0] == losses[1] != losses[2]


def test_a_seed_is_undone_after_an_error(line):
    before = torch.get_rng_state()
    with pytest.raises(ZeroDivisionError):
        fit(*line, steps=1, lr=0.1, loss=F.mse_loss, seed=3, watch=lambda step, model: 1 / 0)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_loader_gives_its_batches_epoch_after_epoch(line):
    model, x, y = line
    twin = copy.deepcopy(model)
    batches = [(x[:8], y[:8]), (x[8:], y[8:])]
    history = fit(model, batches, epochs=2, lr=0.1, loss=F.mse_loss)
    losses = []
    update = torch.optim.SGD(twin.parameters(), lr=0.1)
    for inputs, targets in batches * 2:
        value = F.mse_loss(twin(inputs), targets)
        losses.append(value.item())
        update.zero_grad()
        value.backward()
        update.step()
    assert history.loss == losses and same(model.weight, twin.weight)


def test_a_stream_needs_steps_and_a_one_time_iterator_must_last(line):
    model, x, y = line
    stream = DataLoader(Stream([(x, y)] * 3), batch_size=None)
    history = fit(model, stream, steps=7, lr=0.1, loss=F.mse_loss, validation=stream)
    assert len(history.loss) == 7 and history.validation_steps == [7]
    with pytest.raises(
        ValueError, match="epochs must come with data of known length, got DataLoader: give steps"
    ):
        fit(model, stream, epochs=1, lr=0.1, loss=F.mse_loss)
    assert len(fit(model, iter([(x, y)] * 3), steps=3, lr=0.1, loss=F.mse_loss).loss) == 3
    with pytest.raises(ValueError, match="inputs must hold a batch in every epoch, got none"):
        fit(model, iter([(x, y)] * 3), steps=4, lr=0.1, loss=F.mse_loss)


class Sum(nn.Module):
    """Takes two inputs in any form and gives a dict."""

    def __init__(self):
        super().__init__()
        self.left, self.right = nn.Linear(3, 1), nn.Linear(3, 1)

    def forward(self, left, right):
        return {"sum": self.left(left) + self.right(right)}


Pair = collections.namedtuple("Pair", ["left", "right"])


class Whole(Sum):
    """Takes a named tuple as one argument."""

    def forward(self, pair):
        return super().forward(pair.left, pair.right)


@pytest.mark.parametrize("form", [tuple, list, "dict", "named"])
@pytest.mark.parametrize("loader", [True, False])
def test_inputs_may_be_tuples_lists_and_dicts_and_targets_too(form, loader):
    left, right = torch.randn(2, 12, 3, generator=seeded())
    inputs = {
        "dict": {"left": left, "right": right},
        "named": Pair(left, right),
        tuple: (left, right),
        list: [left, right],
    }[form]
    targets = {"y": (left + right).sum(1, keepdim=True)}

    def loss(output, target):
        return F.mse_loss(output["sum"], target["y"])

    model = Whole() if form == "named" else Sum()
    rest = {"lr": 0.1, "loss": loss, "steps": 60}
    if loader:
        history = fit(model, [(inputs, targets)], validation=[(inputs, targets)], **rest)
    else:
        history = fit(
            model, inputs, targets, batch_size=4, generator=seeded(), validation=(inputs, targets), **rest
        )
    assert history.validation[-1] < 0.1 * history.loss[0]


def test_a_packed_sequence_is_one_input():
    class Recurrent(nn.Module):
        def __init__(self):
            super().__init__()
            self.cells, self.out = nn.GRU(2, 4, batch_first=True), nn.Linear(4, 1)

        def forward(self, packed):
            return self.out(self.cells(packed)[1][0])

    packed = nn.utils.rnn.pack_sequence([torch.ones(3, 2), torch.ones(1, 2)])
    history = fit(Recurrent(), [(packed, torch.ones(2, 1))], steps=20, lr=0.3, loss=F.mse_loss)
    assert history.loss[-1] < 0.5 * history.loss[0]


def test_what_knows_how_to_move_is_moved_whole():
    class Graph(list):
        def to(self, device):
            return Graph(part.to(device, torch.float32) for part in self)

    class Reader(nn.Linear):
        def forward(self, graph):
            assert type(graph) is Graph
            return super().forward(graph[0])

    batch = Graph([torch.ones(4, 3, dtype=torch.double)]), torch.ones(4, 1)
    assert len(fit(Reader(3, 1), [batch], steps=2, lr=0.1, loss=F.mse_loss).loss) == 2


# Optimizers, penalties, schedules, clipping


@pytest.mark.parametrize(
    ("name", "twin"),
    {
        "sgd": torch.optim.SGD,
        "momentum": functools.partial(torch.optim.SGD, momentum=0.9),
        "rmsprop": torch.optim.RMSprop,
        "adam": torch.optim.Adam,
        "adamw": torch.optim.AdamW,
    }.items(),
)
def test_optimizers_by_name_and_by_factory(name, twin):
    x, y = spirals(split=(1, 0, 0), generator=seeded()).train
    losses = [
        fit(mlp([2, 8, 3], generator=seeded()), x, y, steps=5, lr=0.01, optimizer=optimizer).loss
        for optimizer in (name, twin, functools.partial(torch.optim.SGD, momentum=0.5))
    ]
    assert losses[0] == losses[1] != losses[2]


def test_the_optimizers_are_all_tested_and_differ():
    x, y = spirals(split=(1, 0, 0), generator=seeded()).train
    losses = [
        fit(mlp([2, 8, 3], generator=seeded()), x, y, steps=5, lr=0.01, optimizer=name).loss
        for name in OPTIMIZERS
    ]
    assert list(OPTIMIZERS) == ["sgd", "momentum", "rmsprop", "adam", "adamw"]
    assert len({tuple(path) for path in losses}) == len(OPTIMIZERS)


def test_lbfgs_solves_least_squares(line):
    model, x, y = line
    history = fit(model, x, y, steps=3, lr=1.0, optimizer=torch.optim.LBFGS, loss=F.mse_loss)
    np.testing.assert_allclose(model.weight.detach().numpy(), [[1, -2, 0.5]], atol=1e-4)
    assert len(history.loss) == 3 and history.loss[-1] < 1e-6 < history.loss[0]


def test_lbfgs_minimizes_the_penalty_too(line):
    model, x, y = line
    fit(
        model, x, y, steps=5, lr=1.0, optimizer=torch.optim.LBFGS, loss=F.mse_loss,
        penalty=lambda m: m.weight.square().sum(),
    )  # fmt: skip
    a, b = x.numpy(), y.numpy()
    ridge = np.linalg.solve(a.T @ a / len(a) + np.eye(3), a.T @ b / len(a))
    np.testing.assert_allclose(model.weight.detach().numpy(), ridge.T, atol=1e-4)


def test_an_optimizer_of_some_parameters_clips_these_alone(line):
    _, x, y = line
    model = nn.Sequential(nn.Linear(3, 3, dtype=torch.double), nn.Linear(3, 1, dtype=torch.double))
    start = copy.deepcopy(model[0].state_dict())
    norms = []

    def watch(step, model):
        norms.append(nn.utils.get_total_norm(p.grad for p in model[1].parameters()).item())

    history = fit(
        model, x, y, steps=4, lr=0.1, loss=F.mse_loss, clip_norm=1e9, watch=watch,
        optimizer=lambda parameters, lr: torch.optim.SGD(model[1].parameters(), lr=lr),
    )  # fmt: skip
    assert same(dict(model[0].state_dict()), dict(start)) and history.gradient_norm == pytest.approx(norms)


def test_an_optimizer_may_train_parameters_of_the_loss(line):
    model, x, y = line
    scale, twin = (torch.ones(1, dtype=torch.double, requires_grad=True) for _ in range(2))
    fit(
        model, x, y, steps=5, lr=0.1, loss=lambda a, b: F.mse_loss(scale * a, b),
        optimizer=lambda parameters, lr: torch.optim.SGD([*parameters, scale], lr=lr),
    )  # fmt: skip
    weight = torch.zeros(1, 3, dtype=torch.double, requires_grad=True)
    for _ in range(5):
        gradients = torch.autograd.grad(F.mse_loss(twin * (x @ weight.T), y), [weight, twin])
        with torch.no_grad():
            for parameter, gradient in zip((weight, twin), gradients, strict=True):
                parameter -= 0.1 * gradient
    torch.testing.assert_close(model.weight, weight)
    torch.testing.assert_close(scale, twin)


def test_the_penalty_shapes_the_gradient_and_stays_out_of_the_losses(line):
    model, x, y = line
    history = fit(
        model, x, y, steps=600, lr=0.2, loss=F.mse_loss, validation=(x, y), validate_every=600,
        penalty=lambda m: 0.7 * m.weight.square().sum(),
    )  # fmt: skip
    a, b = x.numpy(), y.numpy()
    ridge = np.linalg.solve(a.T @ a / len(a) + 0.7 * np.eye(3), a.T @ b / len(a))
    np.testing.assert_allclose(model.weight.detach().numpy(), ridge.T, rtol=1e-10)
    error = ((a @ ridge - b) ** 2).mean()
    assert history.loss[-1] == pytest.approx(error) and history.validation == [pytest.approx(error)]


def test_after_step_comes_after_the_update_and_without_gradients(line):
    model, x, y = line
    validated = []

    def clamp(changed):
        assert not torch.is_grad_enabled()
        changed.weight.clamp_(-0.1, 0.1)

    fit(
        model, x, y, steps=50, lr=0.1, loss=F.mse_loss, after_step=clamp, validation=(x, y),
        metric=lambda m, inputs, targets: validated.append(m.weight.abs().max().item()) or 0.0,
    )  # fmt: skip
    assert model.weight.tolist() == [[0.1, -0.1, 0.1]]
    assert len(validated) == 50 and max(validated) == 0.1


def test_the_schedule_steps_each_step_and_the_history_keeps_the_rate(line):
    model, x, y = line
    history = fit(
        model, x, y, steps=5, lr=0.8, loss=F.mse_loss,
        schedule=lambda update: lr_scheduler.StepLR(update, step_size=2, gamma=0.5),
    )  # fmt: skip
    assert history.lr == pytest.approx([0.8, 0.8, 0.4, 0.4, 0.2])
    weight = np.zeros((3, 1))
    for lr in history.lr:
        weight -= lr * 2 * x.numpy().T @ (x.numpy() @ weight - y.numpy()) / len(x)
    np.testing.assert_allclose(model.weight.detach().numpy(), weight.T, rtol=1e-10)
    assert fit(*line, steps=5, lr=0.8, loss=F.mse_loss).lr == []


def test_clipping_by_norm_then_by_value(line):
    model, x, y = line
    gradient = (2 * x.numpy().T @ -y.numpy() / len(x)).T
    norm = np.linalg.norm(gradient)
    history = fit(model, x, y, steps=1, lr=1.0, loss=F.mse_loss, clip_norm=1.0)
    assert history.gradient_norm == [pytest.approx(norm)]
    np.testing.assert_allclose(model.weight.detach().numpy(), -gradient / norm, rtol=1e-5)
    nn.init.zeros_(model.weight)
    history = fit(model, x, y, steps=1, lr=1.0, loss=F.mse_loss, clip_value=0.3)
    np.testing.assert_allclose(model.weight.detach().numpy(), -gradient.clip(-0.3, 0.3))
    assert history.gradient_norm == []
    nn.init.zeros_(model.weight)
    fit(model, x, y, steps=1, lr=1.0, loss=F.mse_loss, clip_norm=1.0, clip_value=0.3)
    np.testing.assert_allclose(model.weight.detach().numpy(), -(gradient / norm).clip(-0.3, 0.3), rtol=1e-5)


# Validation and early stopping


def test_validation_once_an_epoch_with_frozen_layers_and_a_metric():
    x, y = spirals(split=(1, 0, 0), generator=seeded()).train
    model = nn.Sequential(nn.Linear(2, 16), nn.BatchNorm1d(16), nn.Dropout(), nn.ReLU(), nn.Linear(16, 3))
    history = fit(
        model,
        x[:200],
        y[:200],
        epochs=3,
        lr=0.1,
        batch_size=50,
        validation=(x[200:], y[200:]),
        metric=accuracy,
    )
    assert history.validation_steps == [4, 8, 12] and model.training
    model.eval()
    with torch.no_grad():
        assert history.validation[-1] == pytest.approx(F.cross_entropy(model(x[200:]), y[200:]).item())
    assert history.metric[-1] == accuracy(model, x[200:], y[200:]) and len(history.metric) == 3


@pytest.mark.parametrize(
    ("every", "steps"), [(2, [2, 4, 5]), (5, [5]), (9, [5]), (1, [1, 2, 3, 4, 5]), (None, [3, 5])]
)
def test_validation_every_so_many_steps_and_at_the_end(line, every, steps):
    model, x, y = line
    history = fit(
        model, x, y, steps=5, lr=0.1, batch_size=6, loss=F.mse_loss, validation=(x, y), validate_every=every
    )
    assert history.validation_steps == steps and len(history.validation) == len(steps)


def test_a_full_batch_is_validated_each_step_on_the_weights_of_the_next_loss(line):
    model, x, y = line
    history = fit(model, x, y, steps=5, lr=0.1, loss=F.mse_loss, validation=(x, y))
    assert history.validation[:-1] == pytest.approx(history.loss[1:])
    assert history.validation_steps == [1, 2, 3, 4, 5]


def test_validation_batches_count_by_their_examples(line):
    model, x, y = line
    batches = [(x[:13], y[:13]), (x[13:], y[13:])]
    arguments = {"steps": 1, "lr": 0.1, "loss": F.mse_loss, "metric": lambda m, a, b: F.mse_loss(m(a), b)}
    history = fit(model, x, y, validation=batches, **arguments)
    whole = F.mse_loss(model(x), y).item()
    assert history.validation == history.metric == [pytest.approx(whole)]
    many = x.repeat(150, 1), y.repeat(150, 1)
    many[1][2000:] += 1
    history = fit(model, x, y, validation=many, **arguments)
    assert history.validation == [pytest.approx(F.mse_loss(model(many[0]), many[1]).item())]


@pytest.mark.parametrize(
    "loss",
    [
        F.cross_entropy,
        nn.CrossEntropyLoss(ignore_index=2),
        nn.CrossEntropyLoss(weight=torch.tensor([1.0, 9.0, 3.0]), label_smoothing=0.1),
        nn.CrossEntropyLoss(weight=torch.tensor([1.0, 9.0, 3.0]), ignore_index=1),
    ],
)
def test_the_validation_loss_of_many_examples_is_that_of_all_at_once(loss):
    x, y = torch.randn(2500, 4, generator=seeded(1)), torch.arange(2500) * 3 // 2500
    y[:1030] = -100 if loss is F.cross_entropy else y[:1030]
    model = nn.Linear(4, 3)
    history = fit(model, x[:3], torch.arange(3), steps=1, lr=0.0, loss=loss, validation=(x, y))
    assert history.validation == [pytest.approx(loss(model(x), y).item(), rel=1e-5)]
    ignored = torch.full_like(y, getattr(loss, "ignore_index", -100))
    history = fit(model, x[:3], torch.arange(3), steps=1, lr=0.0, loss=loss, validation=(x, ignored))
    assert math.isnan(loss(model(x), ignored).item()) and math.isnan(history.validation[0])


def test_the_validation_loss_of_an_image_counts_its_pixels():
    y = torch.randint(3, (1100, 2, 2), generator=seeded(1))
    y[:1024, 0] = -100
    model, x = nn.Conv2d(1, 3, 1), torch.randn(1100, 1, 2, 2, generator=seeded(2))
    history = fit(model, x, y, steps=1, lr=0.0, validation=(x, y))
    assert history.validation == [pytest.approx(F.cross_entropy(model(x), y).item(), rel=1e-5)]


def test_validation_changes_nothing_in_training():
    x, y = spirals(split=(1, 0, 0), generator=seeded()).train
    losses = []
    for validation in (None, DataLoader(TensorDataset(x, y), 64, shuffle=True)):
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(2, 16), nn.BatchNorm1d(16), nn.Dropout(), nn.Linear(16, 3))
        losses.append(fit(model, x, y, steps=20, lr=0.1, batch_size=64, validation=validation).loss)
    assert losses[0] == losses[1]


def test_early_stopping_stops_and_restores(line):
    model, x, y = line
    values = [5.0, 3.0, 4.0, 3.5, 9.0]
    weights = []

    def metric(m, inputs, targets):
        weights.append(m.weight.detach().clone())
        return 0.0

    class Scripted(Patience):
        def step(self, value, model):
            assert value == pytest.approx(F.mse_loss(model(x), y).item())
            return super().step(values[len(weights) - 1], model)

    stopper = Scripted(2)
    history = fit(
        model,
        x,
        y,
        steps=50,
        lr=0.1,
        loss=F.mse_loss,
        validation=(x, y),
        early_stopping=stopper,
        metric=metric,
    )
    assert len(history.loss) == len(history.validation) == 4 and stopper.restored == 1
    assert same(model.weight.detach(), weights[1])


def test_early_stopping_restores_also_when_the_steps_run_out(line):
    model, x, y = line
    stopper = Patience(10)
    fit(model, x, y, steps=3, lr=0.1, loss=F.mse_loss, validation=(x, y), early_stopping=stopper)
    assert stopper.restored == 1 and F.mse_loss(model(x), y).item() == pytest.approx(stopper.best)


# Loss that is not finite


def test_an_infinite_loss_stops_before_it_spoils_the_weights():
    x, y = torch.ones(4, 1), torch.zeros(4, 1)
    model = nn.Linear(1, 1)
    with pytest.raises(FloatingPointError, match=r"loss must stay finite, got (inf|nan) at step [1-9]"):
        fit(model, x, y, steps=100, lr=1e6, loss=F.mse_loss)
    assert model.weight.isfinite().all()


class Shaky(nn.Module):
    """A logarithm of something that dropout may make zero."""

    def forward(self, x):
        return x.log()


def deep():
    return nn.Sequential(nn.Linear(2, 4), nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4)), nn.Linear(4, 1))


def test_the_layer_is_named_whose_output_is_not_finite_first():
    x, y = torch.randn(4, 2, generator=seeded()), torch.zeros(4, 1)
    arguments = {"steps": 1, "lr": 0.1, "loss": F.mse_loss}
    model = nn.Sequential(deep(), nn.Sequential(nn.Tanh(), nn.Hardtanh(-1, -0.5), Shaky()), nn.Linear(1, 1))
    with pytest.raises(
        FloatingPointError, match=r"got nan at step 0: layer '1.2' \(Shaky\) gives the first .* finite$"
    ):
        fit(model, x, y, **arguments)
    model = deep()
    with torch.no_grad():
        model[1][0].weight[0, 0] = math.inf
    expected = (
        r"layer '1.0' \(Linear\) gives the first output that is not finite, with weight not finite already$"
    )
    with pytest.raises(FloatingPointError, match=expected):
        fit(model, x, y, **arguments)

    with pytest.raises(FloatingPointError, match=r"layer '1\.0'"):  # of two causes the first
        fit(model, x, y * math.nan, **arguments)

    class Root(nn.Linear):
        def forward(self, x):
            return super().forward(x) / 0

    with pytest.raises(
        FloatingPointError, match=r"the model, Root, gives the first output that is not finite$"
    ):
        fit(Root(2, 1), x, y, **arguments)


class Overwriting(nn.Module):
    """A layer that spoils its input, too."""

    def forward(self, x):
        return x.mul_(math.inf)


def test_the_layer_is_named_that_gets_what_a_function_spoiled():
    class Between(nn.Module):
        def __init__(self):
            super().__init__()
            self.last = nn.Sequential(nn.Identity(), nn.Linear(2, 1))

        def forward(self, x):
            return self.last(x.log())

    with pytest.raises(
        FloatingPointError, match=r"layer 'last.0' \(Identity\) gets the first input that is not"
    ):
        fit(Between(), -torch.ones(4, 2), torch.zeros(4, 1), steps=1, lr=0.1, loss=F.mse_loss)
    model = nn.Sequential(nn.Linear(2, 2), Overwriting(), nn.Linear(2, 1))
    with pytest.raises(
        FloatingPointError, match=r"layer '1' \(Overwriting\) gives the first output that is not"
    ):
        fit(model, torch.zeros(4, 2), torch.zeros(4, 1), steps=1, lr=0.1, loss=F.mse_loss)


def test_the_layer_of_a_compiled_model_is_named_too():
    x, y = torch.zeros(4, 2), torch.zeros(4, 1)
    model = torch.compile(nn.Sequential(nn.Linear(2, 1, bias=False), Shaky()), backend="aot_eager")
    with torch.no_grad():
        model(x)  # as the search calls it: the code is there, and knows of no hooks
    with pytest.raises(FloatingPointError, match=r"layer '_orig_mod.1' \(Shaky\) gives the first"):
        fit(model, x, y, steps=1, lr=0.1, loss=F.mse_loss)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"inputs": torch.full((4, 2), math.nan)}, "the inputs of the batch are not finite"),
        ({"targets": torch.full((4, 1), math.inf)}, "the targets of the batch are not finite"),
        (
            {"loss": lambda x, y: (x - x).sum().log()},
            "every output is finite, so the loss or the penalty itself is not",
        ),
        (
            {"penalty": lambda m: m[0].weight.sum() / 0},
            "every output is finite, so the loss or the penalty itself",
        ),
    ],
)
def test_the_data_and_the_loss_are_blamed_where_they_are_to_blame(change, message):
    x, y = torch.randn(4, 2, generator=seeded()), torch.zeros(4, 1)
    model = deep()
    before = copy.deepcopy(list(model.parameters()))
    arguments = {"inputs": x, "targets": y, "steps": 1, "lr": 0.1, "loss": F.mse_loss, **change}
    with pytest.raises(FloatingPointError, match=f"loss must stay finite, got .* at step 0: {message}"):
        fit(model, **arguments)
    assert same(list(model.parameters()), before)


def test_the_search_uses_the_same_dropout_and_leaves_hooks_and_buffers():
    class Unlucky(nn.Module):
        def forward(self, x):
            return 1 / x[:, :1]

    x, y = torch.ones(3, 1), torch.zeros(3, 1)
    seeds = set()
    for seed in range(12):
        model = nn.Sequential(nn.Linear(1, 1), nn.BatchNorm1d(1), nn.Linear(1, 1), nn.Dropout(0.3), Unlucky())
        torch.manual_seed(seed)
        try:
            fit(model, x, y, steps=1, lr=0.0, loss=F.mse_loss)
        except FloatingPointError as error:
            assert "layer '4' (Unlucky)" in str(error)
            seeds.add(seed)
        assert model[1].num_batches_tracked == 1
        assert not any(module._forward_hooks for module in model.modules())
        state = torch.get_rng_state()
        torch.manual_seed(seed)
        F.dropout(torch.ones(3, 1), 0.3)
        assert torch.equal(state, torch.get_rng_state())
    assert 0 < len(seeds) < 12


def test_the_layer_is_named_of_a_model_that_takes_gradients_as_it_runs():
    class Force(nn.Module):
        """The slope of an energy."""

        def __init__(self):
            super().__init__()
            self.energy = nn.Linear(2, 1)

        def forward(self, x):
            x = x.detach().requires_grad_()
            return torch.autograd.grad(self.energy(x).square().sum(), x, create_graph=True)[0] / 0

    x, y = torch.ones(4, 2), torch.ones(4, 2)
    with pytest.raises(FloatingPointError, match=r"layer '0' \(Force\) gives the first output"):
        fit(nn.Sequential(Force()), x, y, steps=1, lr=0.1, loss=F.mse_loss)


def test_the_search_changes_no_gradient():
    model, x, y = nn.Sequential(nn.Linear(2, 1), Shaky()), -torch.ones(4, 2), torch.ones(4, 1)
    nn.init.ones_(model[0].weight)
    with pytest.raises(FloatingPointError, match=r"layer '1' \(Shaky\)"):
        fit(model, x, y, steps=1, lr=0.1, loss=F.mse_loss, penalty=lambda m: m[0].weight.sum())
    found = [parameter.grad.clone() for parameter in model.parameters()]
    model.zero_grad()
    (F.mse_loss(model(x), y) + model[0].weight.sum()).backward()
    torch.testing.assert_close(found, [parameter.grad for parameter in model.parameters()], equal_nan=True)


@pytest.mark.filterwarnings("ignore:Sparse CSR tensor support")
@pytest.mark.parametrize("form", ["to_sparse_coo", "to_sparse_csr"])
def test_sparse_inputs_are_looked_through_too(form):
    class Sparse(nn.Linear):
        def forward(self, x):
            return torch.sparse.mm(x, self.weight.T) / self.scale

    model, x, y = Sparse(3, 1, bias=False), torch.eye(3), torch.ones(3, 1)
    arguments = {"steps": 1, "lr": 0.1, "loss": F.mse_loss}
    model.scale = 0
    with pytest.raises(FloatingPointError, match=r"the model, Sparse, gives the first output"):
        fit(model, [(getattr(x, form)(), y)], **arguments)
    model.scale = 1
    with pytest.raises(FloatingPointError, match="the inputs of the batch are not finite"):
        fit(model, [(getattr(x * math.inf, form)(), y)], **arguments)


def test_hooks_are_gone_after_an_error_in_the_search():
    class Once(nn.Module):
        calls = 0

        def forward(self, x):
            self.calls += 1
            if self.calls == 2:
                raise KeyError("again")
            return x / 0

    model = nn.Sequential(nn.Linear(1, 1), Once())
    with pytest.raises(KeyError):
        fit(model, torch.ones(1, 1), torch.ones(1, 1), steps=1, lr=0.1, loss=F.mse_loss)
    assert not any(module._forward_hooks for module in model.modules())


def test_a_gradient_that_is_not_finite_stops_before_it_spoils_the_weights():
    class Root(nn.Module):
        def forward(self, x):
            return (x * 0).sqrt()

    model = nn.Sequential(nn.Linear(2, 2), Root(), nn.Linear(2, 1))
    before = copy.deepcopy(list(model.parameters()))
    x, y = torch.ones(4, 2), torch.ones(4, 1)
    expected = "gradient must stay finite, got infinity or NaN at step 0: the gradient of '0.bias' is the first on the way back"
    with pytest.raises(FloatingPointError, match=expected):
        fit(model, x, y, steps=2, lr=0.1, loss=F.mse_loss, clip_norm=1.0)
    assert same(list(model.parameters()), before)
    with pytest.raises(
        FloatingPointError, match=r"got nan at step 1: layer '0' .* with weight and bias not finite"
    ):
        fit(model, x, y, steps=2, lr=0.1, loss=F.mse_loss)


def test_sparse_gradients_are_not_clipped_and_not_called_infinite():
    model, x, y = nn.Embedding(5, 2, sparse=True), torch.arange(4), torch.arange(4) % 2
    with pytest.raises(ValueError, match=r"clip_norm must be None with .*sparse.*, got 1\.0"):
        fit(model, x, y, steps=1, lr=0.1, clip_norm=1.0)
    assert len(fit(model, x, y, steps=2, lr=0.1).loss) == 2


def test_a_norm_that_overflows_is_called_so():
    model = nn.Linear(2, 1)
    x = torch.full((4, 2), 1e25)
    with pytest.raises(
        FloatingPointError,
        match=r"got infinity or NaN at step 0: every gradient is finite, their norm overflows",
    ):
        fit(model, x, torch.ones(4, 1), steps=1, lr=0.1, loss=lambda a, b: a.sum() * 1e-4, clip_norm=1.0)


# Precision and device


@pytest.mark.parametrize("precision", PRECISIONS)
def test_precisions(precision):
    x, y = spirals(split=(1, 0, 0), generator=seeded()).train
    model = mlp([2, 32, 3], generator=seeded())
    dtypes = set()
    model[0].register_forward_hook(lambda module, inputs, output: dtypes.add(output.dtype))
    history = fit(
        model,
        x,
        y,
        steps=60,
        lr=0.5,
        precision=precision,
        clip_norm=10.0,
        validation=(x, y),
        validate_every=30,
    )
    assert dtypes == {PRECISIONS[precision] or torch.float32}
    assert model[0].weight.dtype == torch.float32
    exact = fit(mlp([2, 32, 3], generator=seeded()), x, y, steps=60, lr=0.5, clip_norm=10.0)
    assert history.loss == pytest.approx(exact.loss, rel=0.03)
    assert history.gradient_norm == pytest.approx(exact.gradient_norm, rel=0.1), (
        "of the gradient without its scale"
    )


def test_float16_leaves_out_steps_whose_gradient_overflows():
    model = nn.Linear(1, 1, bias=False)
    x, y = torch.full((4, 1), 100.0), torch.zeros(4, 1)
    history = fit(
        model,
        x,
        y,
        steps=3,
        lr=0.0,
        precision="float16",
        clip_norm=1.0,
        loss=lambda a, b: (a.float() - b).sum() * 9,
    )
    assert history.gradient_norm[0] == math.inf and len(history.loss) == 3
    assert model.weight.isfinite().all()


def test_the_model_and_its_batches_go_to_the_device():
    class Traveller(nn.Linear):
        places = ()

        def forward(self, x):
            self.places += (x.device.type,)
            return super().forward(x)

    model = Traveller(3, 1)
    fit(model, torch.ones(4, 3), torch.ones(4, 1), steps=1, lr=0.0, loss=F.mse_loss, device="cpu")
    assert model.places == ("cpu",)
    model.places = ()
    with pytest.raises(RuntimeError):  # a meta tensor has no number to read
        fit(model, torch.ones(4, 3), torch.ones(4, 1), steps=1, lr=0.0, loss=F.mse_loss, device="meta")
    assert model.places == ("meta",) and model.weight.device.type == "meta"


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("place", ["cpu", "cuda"])
@pytest.mark.parametrize("source", ["cpu", "cuda"])
def test_on_cuda(precision, place, source, tmp_path):
    x, y = (tensor.to(place) for tensor in spirals(split=(1, 0, 0), generator=seeded()).train)
    arguments = {"inputs": x, "targets": y, "validation": (x, y), "metric": accuracy, "batch_size": 64}
    arguments |= {"lr": 0.5, "device": "cuda", "precision": precision, "seed": 0, "clip_norm": 5.0}

    def trained(**others):
        torch.manual_seed(1)
        model = nn.Sequential(nn.Linear(2, 64), nn.Dropout(0.1), nn.ReLU(), nn.Linear(64, 3))
        generator = torch.Generator(source).manual_seed(0)
        return model, fit(model, **{**arguments, "generator": generator, **others})

    path = tmp_path / "run.pt"
    model, whole = trained(steps=90)
    assert whole.metric[-1] > 0.5 and model[0].weight.is_cuda
    assert accuracy(model, x, y) == pytest.approx(whole.metric[-1], abs=0.02)
    _, half = trained(steps=40, checkpoint=path)
    _, rest = trained(steps=90, checkpoint=path)
    assert rest.loss[:40] == half.loss and rest.loss == pytest.approx(whole.loss, rel=1e-2)
    with pytest.raises(ValueError, match="got device cuda in the file and cpu now"):
        trained(steps=90, checkpoint=path, device="cpu")


# Checkpoints


class Broken(Exception):
    """The machine goes down."""


class Buckets:
    """Batches of neighbors, in an order of its own generator."""

    def __init__(self, count, size, generator):
        self.count, self.size, self.generator = count, size, generator

    def __len__(self):
        return -(-self.count // self.size)

    def __iter__(self):
        rows = torch.arange(self.count).split(self.size)
        for number in torch.randperm(len(rows), generator=self.generator):
            yield rows[number].tolist()


def run(
    data="generator",
    steps=12,
    stop_at=None,
    checkpoint=None,
    patience=99,
    optimizer="adam",
    every=1,
    seed=None,
):
    """A training run with everything that has a state; returns all that it leaves behind."""
    x, y = spirals(count=150, split=(1, 0, 0), generator=seeded()).train
    torch.manual_seed(3)
    model = nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.Tanh(), nn.Dropout(0.4), nn.Linear(8, 3))
    shuffle = seeded(4)
    dataset = TensorDataset(x[:100], y[:100])
    batches = BatchSampler(RandomSampler(dataset, generator=shuffle), 18, drop_last=False)
    pairs = TensorDataset(x[:100].view(5, 20, 2), y[:100].view(5, 20))
    arguments = {
        "generator": {"inputs": x[:100], "targets": y[:100], "batch_size": 18, "generator": shuffle},
        "global": {"inputs": x[:100], "targets": y[:100], "batch_size": 18},
        "full": {"inputs": x[:100], "targets": y[:100]},
        "loader": {"inputs": DataLoader(dataset, 18, shuffle=True)},
        "loader with generator": {"inputs": DataLoader(dataset, 18, shuffle=True, generator=shuffle)},
        "loader with sampler": {
            "inputs": DataLoader(dataset, 18, sampler=RandomSampler(dataset, generator=shuffle))
        },
        "loader with batch sampler": {"inputs": DataLoader(dataset, batch_sampler=batches)},
        "loader with buckets": {"inputs": DataLoader(dataset, batch_sampler=Buckets(100, 18, shuffle))},
        "loader without batches": {
            "inputs": DataLoader(pairs, None, sampler=RandomSampler(pairs, generator=shuffle))
        },
        "stream": {"inputs": DataLoader(Stream(list(zip(x.split(18), y.split(18)))), batch_size=None)},  # noqa: B905
    }[data]
    seen = []

    def watch(step, model):
        seen.append(step)
        if step == stop_at:
            raise Broken
        return {"weight": model[0].weight.norm()}

    stopper = Patience(patience)
    torch.manual_seed(5)
    history = fit(
        model, **arguments, steps=steps, lr=0.05, watch=watch, optimizer=optimizer, seed=seed, clip_norm=None,
        schedule=lambda update: lr_scheduler.CosineAnnealingLR(update, 20), early_stopping=stopper,
        validation=(x[100:], y[100:]), validate_every=2, metric=accuracy, checkpoint=checkpoint, checkpoint_every=every,
    )  # fmt: skip
    state = dict(model.state_dict())
    return seen, (vars(history), state, stopper.state_dict(), shuffle.get_state(), torch.get_rng_state())


@functools.cache
def unbroken(**arguments):
    return run(**arguments)


DATA = [
    "generator",
    "global",
    "full",
    "loader",
    "loader with generator",
    "loader with sampler",
    "loader with batch sampler",
    "loader with buckets",
    "loader without batches",
    "stream",
]


@pytest.mark.parametrize("data", DATA)
@pytest.mark.parametrize("stop_at", [1, 5, 8])
def test_a_run_that_is_broken_off_goes_on_to_the_same_bits(data, stop_at, tmp_path):
    path = tmp_path / "run.pt"
    with pytest.raises(Broken):
        run(data, stop_at=stop_at, checkpoint=path)
    seen, result = run(data, checkpoint=path)
    assert seen[0] == stop_at, "it goes on where it was"
    assert same(result, unbroken(data=data)[1])


@pytest.mark.parametrize("optimizer", [*OPTIMIZERS, functools.partial(torch.optim.LBFGS, max_iter=3)])
@pytest.mark.parametrize("every", [1, 4])
def test_every_optimizer_goes_on_to_the_same_bits(optimizer, every, tmp_path):
    path = tmp_path / "run.pt"
    for stop_at in (6, 11):
        with pytest.raises(Broken):
            run(optimizer=optimizer, stop_at=stop_at, checkpoint=path, every=every, steps=13)
    seen, result = run(optimizer=optimizer, checkpoint=path, every=every, steps=13)
    assert seen[0] == 11 // every * every
    assert same(result, run(optimizer=optimizer, steps=13)[1])


@pytest.mark.parametrize(
    "schedule",
    [
        lambda o: lr_scheduler.LambdaLR(o, lambda step: 0.9**step),
        lambda o: lr_scheduler.MultiStepLR(o, [2, 3, 7]),
        lambda o: lr_scheduler.CyclicLR(o, 0.01, 0.1, step_size_up=3),
        lambda o: lr_scheduler.OneCycleLR(o, 0.1, total_steps=20),
        lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 4),
        lambda o: lr_scheduler.SequentialLR(
            o, [lr_scheduler.LinearLR(o, 0.1, total_iters=4), lr_scheduler.ExponentialLR(o, 0.9)], [4]
        ),
        lambda o: lr_scheduler.ChainedScheduler(
            [lr_scheduler.ConstantLR(o, 0.1, total_iters=4), lr_scheduler.ExponentialLR(o, 0.9)], optimizer=o
        ),
    ],
)
def test_every_schedule_goes_on_to_the_same_bits(line, schedule, tmp_path):
    _, x, y = line

    def scheduled(stop_at=None, checkpoint=None):
        model = nn.Linear(3, 1, dtype=torch.double)
        nn.init.zeros_(model.weight), nn.init.zeros_(model.bias)

        def watch(step, model):
            if step == stop_at:
                raise Broken

        history = fit(
            model, x, y, steps=9, lr=0.05, optimizer="momentum", loss=F.mse_loss, schedule=schedule, watch=watch,
            checkpoint=checkpoint, checkpoint_every=1,
        )  # fmt: skip
        return history, model.weight.tolist(), model.bias.tolist()

    with pytest.raises(Broken):
        scheduled(5, tmp_path / "run.pt")
    assert scheduled(None, tmp_path / "run.pt") == scheduled()


def test_a_seeded_run_goes_on_to_the_same_bits(tmp_path):
    path = tmp_path / "run.pt"
    with pytest.raises(Broken):
        run("global", stop_at=7, checkpoint=path, seed=8)
    assert same(run("global", checkpoint=path, seed=8)[1], run("global", seed=8)[1])
    assert not same(run("global", seed=8)[1], run("global", seed=9)[1])


def test_a_layer_with_a_generator_of_its_own_goes_on_to_the_same_bits(tmp_path):
    def noisy(steps, **options):
        generator = torch.Generator().manual_seed(1)
        model = mlp([4, 16, 3], generator=torch.Generator().manual_seed(0)).insert(
            0, Dropout(generator=generator)
        )
        x = torch.randn(30, 4, generator=torch.Generator().manual_seed(2))
        history = fit(model, x, torch.arange(30) % 3, steps=steps, lr=0.1, **options)
        return history.loss, model.state_dict()

    noisy(7, checkpoint=tmp_path / "run.pt")
    assert same(noisy(12, checkpoint=tmp_path / "run.pt"), noisy(12))


def test_a_finished_run_returns_at_once_and_may_be_given_more_steps(tmp_path):
    path = tmp_path / "run.pt"
    first = run(checkpoint=path, steps=10, every=7)
    again = run(checkpoint=path, steps=10)
    assert again[0] == [] and same(again[1], first[1])
    longer = run(checkpoint=path)
    assert longer[0] == [10, 11] and same(longer[1], unbroken(data="generator")[1])
    with pytest.raises(ValueError, match="steps must be at least the 12 that checkpoint has done, got 5"):
        run(checkpoint=path, steps=5)


def test_a_run_that_stopped_early_stays_stopped(tmp_path):
    path = tmp_path / "run.pt"
    whole = run(patience=1, steps=60)
    assert len(whole[0]) < 60, "it does stop early"
    with pytest.raises(Broken):
        run(patience=1, steps=60, stop_at=whole[0][-1], checkpoint=path)
    assert same(run(patience=1, steps=60, checkpoint=path)[1], whole[1])
    rare = tmp_path / "rare.pt"
    assert same(run(patience=1, steps=60, checkpoint=rare, every=1000)[1], whole[1])
    for file in (path, rare):
        again = run(patience=1, steps=60, checkpoint=file)
        assert again[0] == [] and same(again[1], whole[1])


def test_float16_scales_go_on_to_the_same_bits(tmp_path):
    x, y = torch.full((4, 1), 100.0), torch.zeros(4, 1)

    def scaled(stop_at=None, checkpoint=None):
        model = nn.Linear(1, 1, bias=False)
        nn.init.constant_(model.weight, 0.5)

        def watch(step, model):
            if step == stop_at:
                raise Broken

        history = fit(
            model, x, y, steps=6, lr=1e-6, precision="float16", clip_norm=1.0, watch=watch, checkpoint=checkpoint,
            loss=lambda a, b: (a.float() - b).sum() * 0.006, checkpoint_every=1,
        )  # fmt: skip
        return history, model.weight.item()

    with pytest.raises(Broken):
        scaled(3, tmp_path / "run.pt")
    whole = scaled()
    assert math.inf in whole[0].gradient_norm and math.isfinite(whole[0].gradient_norm[-1])
    assert scaled(None, tmp_path / "run.pt") == whole


def test_a_checkpoint_is_written_whole_or_not_at_all(tmp_path, line, monkeypatch):
    path = tmp_path / "run.pt"
    arguments = {"lr": 0.1, "loss": F.mse_loss, "checkpoint": path}
    fit(*line, steps=2, **arguments)
    before = path.read_bytes()
    save, files = torch.save, []
    monkeypatch.setattr(torch, "save", lambda state, file: files.append(file) or save(state, file))
    fit(*line, steps=3, **arguments)
    assert path not in files and path.read_bytes() != before, "the file itself is never written to"
    before = path.read_bytes()

    def dies_halfway(state, file):
        save(state, file)
        with open(file, "r+b") as stream:
            stream.truncate(100)
        raise OSError("disk full")

    monkeypatch.setattr(torch, "save", dies_halfway)
    with pytest.raises(OSError, match="disk full"):
        fit(*line, steps=4, **arguments)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_a_checkpoint_may_be_text_and_is_written_every_so_often(tmp_path, line):
    path = str(tmp_path / "run.pt")
    sizes = []

    def watch(step, model):
        saved = torch.load(path, weights_only=True) if step >= 3 else None
        sizes.append(len(saved["history"]["loss"]) if saved else 0)

    fit(*line, steps=8, lr=0.1, loss=F.mse_loss, watch=watch, checkpoint=path, checkpoint_every=3)
    assert sizes == [0, 0, 0, 3, 3, 3, 6, 6]
    assert len(torch.load(path, weights_only=True)["history"]["loss"]) == 8


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lr": 0.2}, "lr of the optimizer 0.1 in the file and 0.2 now"),
        ({"optimizer": "adam"}, "optimizer SGD in the file and Adam now"),
        ({"optimizer": "momentum"}, "momentum of the optimizer 0 in the file and 0.9 now"),
        ({"batch_size": 5}, "batch_size 4 in the file and 5 now"),
        ({"clip_norm": 1.0}, "clip_norm None in the file and 1.0 now"),
        ({"clip_value": 1.0}, "clip_value None in the file and 1.0 now"),
        ({"precision": "bfloat16"}, "precision float32 in the file and bfloat16 now"),
        ({"generator": seeded()}, "generators 1 in the file and 2 now"),
        ({"inputs": torch.ones(17, 3), "targets": torch.ones(17, 2)}, "examples 20 in the file and 17 now"),
        ({"model": nn.Linear(3, 2, bias=False)}, r"shape of bias \(2,\) in the file and None now"),
        ({"model": nn.Linear(4, 2)}, r"shape of weight \(2, 3\) in the file and \(2, 4\) now"),
        ({"schedule": lambda o: lr_scheduler.StepLR(o, 1)}, "schedule NoneType in the file and StepLR now"),
        (
            {"early_stopping": Patience(1), "validation": (torch.ones(1, 3), torch.ones(1, 2))},
            "early_stopping NoneType in the file and Patience now",
        ),
        (
            {"validation": (torch.ones(1, 3), torch.ones(1, 2)), "validate_every": 3},
            "validate_every None in the file and 3 now",
        ),
    ],
)
def test_a_checkpoint_of_other_settings_is_refused_and_nothing_changed(change, message, tmp_path):
    arguments = {
        "inputs": torch.ones(20, 3),
        "targets": torch.ones(20, 2),
        "batch_size": 4,
        "loss": F.mse_loss,
    }
    arguments |= {"steps": 3, "lr": 0.1, "checkpoint": tmp_path / "run.pt", "model": nn.Linear(3, 2)}
    fit(**arguments)
    file, state = (tmp_path / "run.pt").read_bytes(), torch.get_rng_state()
    arguments |= {"model": nn.Linear(3, 2), **change}
    state, before = torch.get_rng_state(), copy.deepcopy(arguments["model"].state_dict())
    with pytest.raises(
        ValueError, match=f"checkpoint must be of a run with the same settings, got {message}"
    ):
        fit(**arguments)
    assert same(dict(arguments["model"].state_dict()), dict(before)) and torch.equal(
        torch.get_rng_state(), state
    )
    assert (tmp_path / "run.pt").read_bytes() == file


@pytest.mark.parametrize(
    "options",
    [
        {"schedule": lambda update: lr_scheduler.LambdaLR(update, lambda t: 0.5 * (1 + np.cos(t / 4)))},
        {"optimizer": functools.partial(torch.optim.Adam, betas=(np.float64(0.9), 0.999))},
    ],
)
def test_numbers_of_numpy_in_a_state_can_be_read_again(options, tmp_path, line):
    start, x, y = line
    whole, broken_off = copy.deepcopy(start), copy.deepcopy(start)
    fit(whole, x, y, steps=6, lr=0.1, loss=F.mse_loss, **options)
    for steps in (4, 6):
        file = tmp_path / "run.pt"
        fit(broken_off, x, y, steps=steps, lr=0.1, loss=F.mse_loss, checkpoint=file, **options)
    assert torch.equal(whole.weight, broken_off.weight)


class Remembers(nn.Linear):
    """A layer whose state holds more than tensors."""

    kept = None

    def get_extra_state(self):
        return self.kept

    def set_extra_state(self, state):
        self.kept = state


def test_a_number_of_numpy_beside_the_weights_and_a_version_are_kept(tmp_path):
    model = nn.Sequential(Remembers(3, 2), nn.BatchNorm1d(2))
    model[0].kept = {"when": np.float32(0.25), "other": [np.int64(3), "text"]}
    x, y = torch.randn(8, 3), torch.arange(8) % 2
    fit(model, x, y, steps=2, lr=0.1, checkpoint=tmp_path / "run.pt")
    saved = torch.load(tmp_path / "run.pt", weights_only=True)["model"]
    assert saved["0._extra_state"] == {"when": 0.25, "other": [3, "text"]}
    assert saved._metadata == model.state_dict()._metadata and saved._metadata["1"] == {"version": 2}
    assert model[0].kept["when"].dtype == np.float32, "the model's own state stays as it is"


def test_a_state_that_no_file_is_read_with_is_told_at_the_first_checkpoint(tmp_path):
    model = nn.Sequential(Remembers(3, 2))
    model[0].kept = Patience(1)
    message = (
        "checkpoint must hold tensors, numbers, strings and collections of them, got .*Patience in the state"
    )
    with pytest.raises(ValueError, match=message):
        fit(model, torch.randn(8, 3), torch.arange(8) % 2, steps=5, lr=0.1, checkpoint=tmp_path / "run.pt")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"text",
        {"weight": torch.ones(2)},
        torch.ones(2),
        {"history": {"other": []}, "settings": {}},
        {"history": {}, "settings": {}, "anything": Patience(1)},  # would run code
    ],
)
def test_a_file_that_is_no_checkpoint_is_refused(content, tmp_path, line):
    path = tmp_path / "run.pt"
    path.write_bytes(content) if isinstance(content, bytes) else torch.save(content, path)
    with pytest.raises(ValueError, match=r"checkpoint must be a file that fit wrote, got '.*run.pt'"):
        fit(*line, steps=1, lr=0.1, loss=F.mse_loss, checkpoint=path)


# History


@pytest.mark.parametrize("end", [KeyboardInterrupt, ValueError])
def test_what_ends_the_training_has_the_history_so_far(line, end):
    model, x, y = line
    watched = []

    def watch(step, model):
        if step == 3:
            raise end
        watched.append(step)

    with pytest.raises(end) as caught:
        fit(model, x, y, steps=5, lr=0.1, loss=F.mse_loss, watch=watch)
    losses = caught.value.history.loss
    assert len(losses) == 4 and losses == sorted(losses, reverse=True) and watched == [0, 1, 2]


def test_a_loss_that_explodes_leaves_its_curve(line):
    model, x, y = line
    with pytest.raises(FloatingPointError, match="loss must stay finite") as caught:
        fit(model, x, y, steps=2000, lr=1e9, loss=F.mse_loss)
    *curve, last = caught.value.history.loss
    assert all(math.isfinite(value) for value in curve) and curve[-1] > 1e100 and not math.isfinite(last)


def test_a_history_becomes_a_data_frame(line):
    model, x, y = line
    history = fit(
        model, x, y, steps=5, lr=0.1, loss=F.mse_loss, validation=(x, y), validate_every=2, metric=lambda m, a, b: 0.5,
        clip_norm=9.0, schedule=lambda update: lr_scheduler.ExponentialLR(update, 0.5),
        watch=lambda step, m: {"loss": step, "odd": step} if step % 2 else None,
    )  # fmt: skip
    frame = history.to_frame()
    assert list(frame) == ["loss", "validation", "metric", "lr", "gradient_norm", "watched loss", "odd"]
    assert list(frame.index) == [0, 1, 2, 3, 4, 5] and frame.index.name == "step"
    assert frame["loss"][:5].tolist() == history.loss and math.isnan(frame["loss"][5])
    assert frame["validation"].dropna().to_dict() == dict(zip([2, 4, 5], history.validation, strict=True))
    assert frame["odd"].dropna().to_dict() == {1: 1.0, 3: 3.0} == frame["watched loss"].dropna().to_dict()
    assert (
        frame["lr"][:5].tolist() == history.lr
        and frame["gradient_norm"][:5].tolist() == history.gradient_norm
    )
    assert frame["metric"].dropna().to_dict() == {2: 0.5, 4: 0.5, 5: 0.5}
    assert set(map(str, frame.dtypes)) == {"float64"}
    alone = History(loss=[3.0, 2.0]).to_frame()
    assert list(alone) == ["loss"] and list(alone.index) == [0, 1]
    assert History().to_frame().empty


def test_a_history_draws_its_losses():
    import matplotlib.pyplot as plt

    history = History(loss=[3.0, 2.0, 1.0], validation=[2.5, 1.5], validation_steps=[1, 3])
    axes = history.plot()
    training, validation = axes.get_lines()
    np.testing.assert_array_equal(training.get_xydata(), [[0, 3], [1, 2], [2, 1]])
    np.testing.assert_array_equal(validation.get_xydata(), [[1, 2.5], [3, 1.5]])
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["training", "validation"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("step", "loss")
    assert training.get_linestyle() != validation.get_linestyle()
    other = plt.figure().subplots()
    assert History(loss=[1.0]).plot(other) is other
    assert len(other.get_lines()) == 1 and other.get_legend() is None and len(plt.get_fignums()) == 2
    plt.close("all")


def test_a_history_is_readable_in_print():
    history = History([3.0, 9.0, 2.0], [2.5, 8.0, 1.23456], [1, 2, 3], watched={"a": [1.0], "b": [2.0]})
    assert repr(history) == "History(3 steps; loss 3 to 2; validation loss 2.5 to 1.235; watched a, b)"
    assert repr(History()) == "History(0 steps)"


@pytest.mark.parametrize(
    ("module", "call", "message"),
    [
        ("pandas", "to_frame", "History.to_frame needs pandas: pip install pandas"),
        (
            "matplotlib.pyplot",
            "plot",
            r"History.plot needs matplotlib: pip install '\.\[plot\]' in a clone of this project",
        ),
    ],
)
def test_a_missing_package_is_named(module, call, message, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=message):
        getattr(History(loss=[1.0]), call)()


# The bar


class Terminal(io.StringIO):
    def __init__(self, terminal):
        super().__init__()
        self.isatty = lambda: terminal


@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.parametrize("progress", [True, False])
def test_only_a_terminal_gets_a_bar(line, monkeypatch, terminal, progress):
    stream = Terminal(terminal)
    monkeypatch.setattr("sys.stderr", stream)
    history = fit(*line, steps=250, lr=0.01, loss=F.mse_loss, progress=progress)
    if terminal and progress:
        assert "250/250" in stream.getvalue() and stream.getvalue().endswith("\n")
        assert f"loss {history.loss[-1]:.4g}" in stream.getvalue()
        assert stream.getvalue().count("\r") <= 126
    else:
        assert stream.getvalue() == ""


def test_the_bar_of_a_run_that_goes_on_starts_where_it_was(line, monkeypatch, tmp_path):
    arguments = {"lr": 0.01, "loss": F.mse_loss, "checkpoint": tmp_path / "run.pt"}
    fit(*line, steps=30, **arguments)
    stream = Terminal(True)
    monkeypatch.setattr("sys.stderr", stream)
    fit(*line, steps=40, **arguments)
    assert "40/40" in stream.getvalue()


def test_without_tqdm_there_is_no_bar(line, monkeypatch):
    stream = Terminal(True)
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setitem(sys.modules, "tqdm", None)
    assert len(fit(*line, steps=3, lr=0.01, loss=F.mse_loss).loss) == 3 and stream.getvalue() == ""


def test_importing_brings_no_optional_package():
    heavy = "{'tqdm', 'pandas', 'matplotlib', 'scipy', 'sklearn'}"
    code = f"import torch, sys; old = set(sys.modules); import lego.training; print((set(sys.modules) - old) & {heavy})"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"


# Errors


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"steps": 0}, ValueError, "steps must be at least 1, got 0"),
        ({"steps": None, "epochs": 0}, ValueError, "epochs must be at least 1, got 0"),
        ({"epochs": 2}, ValueError, "steps or epochs must be given, and not both, got 1 and 2"),
        ({"steps": None}, ValueError, "steps or epochs must be given, and not both, got None and None"),
        (
            {"steps": None, "epochs": 2, "inputs": [], "targets": None},
            ValueError,
            "epochs must come with data of known",
        ),
        ({"batch_size": 0}, ValueError, "batch_size must be from 1 to the 20 examples, got 0"),
        ({"batch_size": 21}, ValueError, "batch_size must be from 1 to the 20 examples, got 21"),
        ({"optimizer": "Adm"}, ValueError, r"optimizer must .*nearest: adam.*got 'Adm'"),
        ({"precision": "float8"}, ValueError, r"precision must .*nearest: float.*got 'float8'"),
        (
            {"targets": torch.zeros(3, 1)},
            ValueError,
            "inputs and targets must be of one length above 0, got 20 and 3",
        ),
        (
            {"inputs": (torch.zeros(20, 3), torch.zeros(2, 3))},
            ValueError,
            "inputs and targets must be of one length above 0, got 20 and 2 and 20",
        ),
        ({"inputs": torch.zeros(0, 3), "targets": torch.zeros(0, 1)}, ValueError, "above 0, got 0 and 0"),
        (
            {"inputs": np.zeros((20, 3))},
            TypeError,
            "must be tensors, or tuples, lists or dicts of them, got ndarray and",
        ),
        (
            {"targets": [0] * 20},
            TypeError,
            "must be tensors, or tuples, lists or dicts of them, got Tensor and list",
        ),
        ({"targets": None}, TypeError, "inputs must be batches, .* when targets is omitted, got Tensor"),
        ({"inputs": {"a": 1}, "targets": None}, TypeError, "inputs must be batches, .* got dict"),
        ({"inputs": 3, "targets": None}, TypeError, "inputs must be batches, .* got int"),
        (
            {"inputs": TensorDataset(torch.zeros(2, 3)), "targets": None},
            TypeError,
            "inputs must be batches, such as a DataLoader, when targets is omitted, got TensorDataset",
        ),
        (
            {"inputs": [torch.zeros(2, 3)], "targets": None},
            ValueError,
            "each batch must be a pair .* got Tensor",
        ),
        ({"inputs": [(1, 2, 3)], "targets": None}, ValueError, "each batch must be a pair .* got tuple"),
        (
            {"inputs": [], "targets": None, "batch_size": 2},
            ValueError,
            "batch_size and generator must be None with batches, got 2 and None",
        ),
        (
            {"inputs": [], "targets": None, "generator": seeded()},
            ValueError,
            "batch_size and generator must be None with batches, got None and <torch",
        ),
        ({"inputs": [], "targets": None}, ValueError, "inputs must hold a batch in every epoch, got none"),
        (
            {"validation": iter([])},
            TypeError,
            "validation must be iterable more than once, got list_iterator",
        ),
        ({"validation": torch.zeros(3)}, TypeError, "validation must be batches, .* got Tensor"),
        (
            {"validation": (torch.zeros(3, 3), torch.zeros(2, 1))},
            ValueError,
            "must be of one length above 0, got 3 and 2",
        ),
        (
            {"validate_every": 1},
            ValueError,
            "validation must be given with validate_every, metric or early_stopping",
        ),
        (
            {"metric": accuracy},
            ValueError,
            "validation must be given with validate_every, metric or early_stopping",
        ),
        (
            {"early_stopping": Patience(1)},
            ValueError,
            "validation must be given with validate_every, metric or early",
        ),
        ({"validation": [], "validate_every": 0}, ValueError, "validate_every must be above 0, got 0"),
        ({"checkpoint_every": 0}, ValueError, "checkpoint_every must be above 0, got 0"),
        (
            {"checkpoint": "no/such/folder/run.pt"},
            ValueError,
            "checkpoint must lie in a folder that exists, got 'no/such",
        ),
        ({"clip_norm": 0}, ValueError, "clip_norm must be above 0, got 0"),
        ({"clip_value": math.nan}, ValueError, "clip_value must be above 0, got nan"),
        ({"model": nn.Identity()}, ValueError, "model must have a parameter to train, got Identity"),
        (
            {"model": nn.Linear(3, 1).requires_grad_(False)},
            ValueError,
            "model must have a parameter to train, got Linear",
        ),
        (
            {"optimizer": torch.optim.LBFGS, "clip_norm": 1},
            ValueError,
            "optimizer must need no closure .* got LBFGS",
        ),
        (
            {"optimizer": torch.optim.LBFGS, "clip_value": 1},
            ValueError,
            "optimizer must need no closure .* got LBFGS",
        ),
        (
            {"optimizer": torch.optim.LBFGS, "precision": "float16"},
            ValueError,
            "optimizer must need no closure .* LBFGS",
        ),
        (
            {"schedule": lr_scheduler.ReduceLROnPlateau},
            ValueError,
            "schedule must .* no metric, got ReduceLROnPlateau",
        ),
        (
            {"loss": functools.partial(F.mse_loss, reduction="none")},
            ValueError,
            r"loss must return one number, got shape \(20, 1\)",
        ),
    ],
)
def test_errors_name_argument_rule_and_value_and_change_nothing(line, arguments, error, message):
    model, x, y = line
    arguments = {
        "model": model,
        "inputs": x,
        "targets": y,
        "steps": 1,
        "lr": 0.1,
        "loss": F.mse_loss,
        **arguments,
    }
    before = [parameter.clone() for parameter in arguments["model"].parameters()]
    with pytest.raises(error, match=message):
        fit(**arguments)
    assert same(before, list(arguments["model"].parameters()))


def test_a_validation_without_examples_is_told_when_it_is_due(line):
    model, x, y = line
    with pytest.raises(ValueError, match="batches must hold at least one example, got none") as told:
        fit(model, x, y, steps=5, lr=0.1, loss=F.mse_loss, validation=[], validate_every=2)
    assert len(told.value.history.loss) == 2


# Accuracy


def test_accuracy_counts_and_leaves_the_modes():
    model = nn.Sequential(nn.Dropout(0.9), nn.BatchNorm1d(2), nn.Identity())
    model[1].eval()
    outputs = torch.tensor([[2.0, 1.0], [0.0, 3.0], [1.0, 5.0], [9.0, 8.0]])
    assert accuracy(model, outputs, torch.tensor([0, 1, 0, 0])) == 0.75
    assert [module.training for module in model.modules()] == [True, True, False, True]
    assert model[1].num_batches_tracked == 0


def test_what_is_not_a_number_is_never_right():
    outputs = torch.tensor([[math.nan, 1.0], [math.nan, math.nan], [0.0, math.nan], [2.0, -math.inf]])
    assert accuracy(nn.Identity(), outputs, torch.tensor([0, 0, 1, 0])) == 0.25


@settings(deadline=None, max_examples=8, derandomize=True)
@given(st.integers(1, 3000), st.integers(1, 5), st.integers(0, 9))
def test_accuracy_is_that_of_scikit_learn_by_batches_too(count, classes, seed):
    from sklearn.metrics import accuracy_score

    x = torch.randn(count, classes, generator=seeded(seed))
    y = torch.randint(classes, (count,), generator=seeded(seed + 1))
    expected = accuracy_score(y, x.argmax(1))
    assert accuracy(nn.Identity(), x, y) == expected
    assert accuracy(nn.Identity(), list(zip(x.split(7), y.split(7), strict=True))) == expected


def test_accuracy_takes_large_sets_in_parts():
    spy = Spy()
    accuracy(spy, torch.zeros(2500, 1), torch.zeros(2500, dtype=torch.long))
    assert [len(batch) for batch in spy.batches] == [1024, 1024, 452]


def test_accuracy_restores_the_modes_after_an_error():
    model = nn.Sequential(nn.Dropout(), nn.Linear(3, 2))
    with pytest.raises(RuntimeError):
        accuracy(model, torch.ones(4, 5), torch.zeros(4))
    assert all(module.training for module in model.modules())


@pytest.mark.parametrize(
    ("inputs", "targets", "message"),
    [
        (
            torch.ones(4, 2),
            torch.zeros(4, 1),
            r"outputs must have shape \(count, classes\) and targets \(count,\), got",
        ),
        (
            torch.ones(4, 2, 2),
            torch.zeros(4),
            r"outputs must have shape \(count, classes\) and .* got \(4, 2, 2\)",
        ),
        (torch.ones(4, 2), torch.zeros(3), "inputs and targets must be of one length above 0, got 4 and 3"),
        ([(torch.ones(4, 2), torch.zeros(3))], None, r"targets \(count,\), got \(4, 2\) and \(3,\)"),
        ([], None, "batches must hold at least one example, got none"),
    ],
)
def test_accuracy_refuses_shapes_that_broadcast(inputs, targets, message):
    with pytest.raises(ValueError, match=message):
        accuracy(nn.Identity(), inputs, targets)


@pytest.mark.parametrize("device", [torch.float64, 2.5, torch.zeros(1), "gpu"])
def test_a_device_is_no_dtype_and_no_number(device):
    model = nn.Linear(2, 2)
    with pytest.raises(ValueError, match="device must be the name of a device of PyTorch"):
        fit(model, torch.randn(4, 2), torch.randint(2, (4,)), steps=1, lr=0.1, device=device)
    assert model.weight.dtype == torch.float32


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"validation": (torch.ones(4, 2),)}, ValueError, "validation must be a pair .*, got 1 values"),
        ({"validation": (torch.ones(4, 2),) * 3}, ValueError, "validation must be a pair .*, got 3 values"),
        (
            {"penalty": lambda model: model.weight.abs()},
            ValueError,
            r"penalty must return one number, .*\(2, 2\)",
        ),
        ({"optimizer": lambda parameters, lr: 3}, TypeError, "optimizer must make an optimizer, got 3"),
        ({"schedule": lambda optimizer: 3}, TypeError, "schedule must make a scheduler, got 3"),
        ({"watch": lambda step, model: 3}, TypeError, "watch must return numbers by name, or None, got 3"),
    ],
)
def test_what_a_callable_returns_is_checked(options, error, message):
    with pytest.raises(error, match=message):
        fit(nn.Linear(2, 2), torch.randn(4, 2), torch.randint(2, (4,)), steps=1, lr=0.1, **options)


def test_a_tensor_without_rows_is_refused_and_axes_are_checked():
    with pytest.raises(ValueError, match="inputs and targets must hold one row an example"):
        fit(nn.Linear(2, 2), torch.tensor(1.0), torch.tensor(1), steps=1, lr=0.1)
    with pytest.raises(TypeError, match="axes must be those of a figure of matplotlib, got 'x'"):
        History(loss=[1.0]).plot("x")


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (
            {"loss": lambda out, y: (out.argmax(1) == y).float().mean()},
            ValueError,
            "loss must have a gradient",
        ),
        ({"penalty": lambda model: None}, TypeError, "penalty must return a number, got None"),
        ({"penalty": lambda model: "a"}, TypeError, "penalty must return a number, got 'a'"),
        ({"watch": lambda step, model: {"a": "b"}}, TypeError, r"watch\['a'\] must be a number, got 'b'"),
        ({"metric": lambda model, x, y: None}, TypeError, "metric must be a number, got None"),
    ],
)
def test_what_a_function_returns_is_named(options, error, message):
    model = nn.Linear(2, 3)
    x, y = torch.randn(6, 2), torch.arange(6) % 3
    with pytest.raises(error, match=message):
        fit(model, x, y, steps=2, lr=0.1, validation=(x, y), progress=False, **options)


def test_rows_are_taken_on_the_device_of_each_tensor():
    from lego.training import _rows

    class Elsewhere:
        device = torch.device("meta")
        to = None  # what tells a tensor

        def __getitem__(self, rows):
            return rows.device.type

    rows = torch.tensor([2, 0])
    assert _rows((torch.arange(4), Elsewhere()), rows)[1] == "meta"
    assert _rows([torch.arange(4)], rows)[0].tolist() == [2, 0]


def test_the_rate_on_record_is_that_of_the_first_group():
    model, x, y = mlp([2, 4, 3]), torch.randn(6, 2), torch.arange(6) % 3

    def sgd(parameters, lr):
        first, *others = parameters
        return torch.optim.SGD([{"params": [first]}, {"params": others, "lr": 0.01}], lr=lr)

    halve = functools.partial(lr_scheduler.StepLR, step_size=1, gamma=0.5)
    history = fit(model, x, y, steps=2, lr=0.1, optimizer=sgd, schedule=halve, progress=False)
    assert history.lr == pytest.approx([0.1, 0.05])


def test_layers_are_told_that_training_goes_on():
    model, x, y = nn.Sequential(Merging(2, 2)), torch.randn(8, 2), torch.arange(8) % 2
    fit(model, x, y, steps=1, lr=0.1, validation=(x, y))
    assert model.training and not model[0].merged
    accuracy(model.eval(), x, y)
    assert not model.training and model[0].merged


def test_a_rate_that_is_a_tensor_stays_as_it_was(line):
    model, x, y = line
    rate = torch.tensor(0.1, dtype=torch.double)
    options = {"steps": 5, "loss": F.mse_loss, "optimizer": torch.optim.Adam}
    history = fit(model, x, y, lr=rate, schedule=lambda o: lr_scheduler.ExponentialLR(o, 0.5), **options)
    assert rate.item() == 0.1 and history.lr[-1] < 0.01


def test_early_stopping_serves_one_run(line):
    model, x, y = line
    stopper = EarlyStopping(2)
    options = {"steps": 3, "lr": 0.1, "loss": F.mse_loss, "validation": (x, y), "early_stopping": stopper}
    fit(model, x, y, **options)
    before = copy.deepcopy(model.state_dict())
    with pytest.raises(ValueError, match="early_stopping must be a new one for each run"):
        fit(model, x, y, **options)
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


def test_early_stopping_that_waits_for_large_values_gets_no_losses(line):
    model, x, y = line
    options = {"steps": 3, "lr": 0.1, "loss": F.mse_loss, "validation": (x, y)}
    with pytest.raises(ValueError, match="early_stopping must have mode 'min', as it receives losses"):
        fit(model, x, y, early_stopping=EarlyStopping(2, mode="max"), **options)


def test_a_scripted_layer_does_not_hide_where_it_failed():
    model = nn.Sequential(nn.Linear(2, 2), scripted(nn.Linear(2, 2)), nn.Linear(2, 2))
    with pytest.raises(FloatingPointError, match="loss must stay finite"):
        fit(model, torch.randn(8, 2), torch.arange(8) % 2, steps=50, lr=1e30)
    assert not any(module._forward_hooks for module in (model, model[0], model[2]))


def test_a_metric_that_comes_later_stands_where_it_was_measured(line, tmp_path):
    model, x, y = line
    options = {
        "lr": 0.1,
        "loss": F.mse_loss,
        "validation": (x, y),
        "validate_every": 1,
        "checkpoint": tmp_path / "c",
    }
    fit(model, x, y, steps=2, **options)
    history = fit(model, x, y, steps=4, metric=lambda *_: 7.0, **options)
    frame = history.to_frame()
    assert frame["metric"].dropna().index.tolist() == [3, 4] and len(history.metric) == 4


def test_validation_as_a_list_of_tensors_is_refused_before_anything_is_trained(line):
    model, x, y = line
    before = copy.deepcopy(model.state_dict())
    with pytest.raises(TypeError, match="validation must be a tuple of inputs and targets, or batches"):
        fit(model, x, y, steps=3, lr=0.1, loss=F.mse_loss, validation=[x, y])
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


def test_layers_in_modes_of_their_own_are_told_these(line):
    model = nn.Sequential(Merging(2, 2), nn.Linear(2, 2))
    model[0].eval()
    accuracy(model, torch.randn(4, 2), torch.arange(4) % 2)
    assert model.training and model[0].merged and not model[0].training
    model.eval()[0].train()
    accuracy(model, torch.randn(4, 2), torch.arange(4) % 2)
    assert not model.training and model[0].training and not model[0].merged


def test_a_checkpoint_holds_what_is_trained_outside_the_model(line, tmp_path):
    model, x, y = line
    twin, start = copy.deepcopy(model), torch.ones(1, dtype=torch.double)
    whole, broken, resumed = (start.clone().requires_grad_() for _ in range(3))

    def run(model, scale, steps, **options):
        fit(
            model, x, y, steps=steps, lr=0.1, loss=lambda a, b: F.mse_loss(scale * a, b), **options,
            optimizer=lambda parameters, lr: torch.optim.SGD([*parameters, scale], lr=lr, momentum=0.9),
        )  # fmt: skip

    run(twin, whole, 6)
    run(model, broken, 3, checkpoint=tmp_path / "c")
    run(model, resumed, 6, checkpoint=tmp_path / "c")
    assert torch.equal(resumed, whole) and torch.equal(model.weight, twin.weight)
    assert broken.item() not in {start.item(), whole.item()}
    with pytest.raises(ValueError, match="parameter 0 outside the model"):
        sgd = functools.partial(torch.optim.SGD, momentum=0.9)
        fit(model, x, y, steps=9, lr=0.1, loss=F.mse_loss, checkpoint=tmp_path / "c", optimizer=sgd)


def test_gradients_of_what_the_optimizer_does_not_hold_are_those_of_one_step():
    model, x, y = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 2)), torch.randn(8, 2), torch.arange(8) % 2
    fit(
        model, x, y, steps=5, lr=0.0,
        optimizer=lambda parameters, lr: torch.optim.SGD(model[1].parameters(), lr=lr),
    )  # fmt: skip
    last = [parameter.grad.clone() for parameter in model.parameters()]
    model.zero_grad()
    F.cross_entropy(model(x), y).backward()
    torch.testing.assert_close(last, [parameter.grad for parameter in model.parameters()])


@pytest.mark.parametrize("weight", [None, torch.tensor([1.0, 2.0, 3.0])])
def test_cross_entropy_with_arguments_given_validates_as_the_module(weight):
    model, x = nn.Linear(2, 3), torch.randn(1500, 2)
    y = torch.arange(1500) % 3
    y[1024:] = 2
    options = {"ignore_index": 2, "weight": weight}
    found = [
        fit(copy.deepcopy(model), x, y, steps=1, lr=0.0, loss=loss, validation=(x, y)).validation
        for loss in (functools.partial(F.cross_entropy, **options), nn.CrossEntropyLoss(**options))
    ]
    assert found[0] == found[1]
    assert found[0][-1] == pytest.approx(F.cross_entropy(model(x), y, **options).item())


@pytest.mark.parametrize(
    "held_out", [(torch.zeros(3, 3), torch.zeros(2, 1)), (torch.tensor(1.0), torch.tensor(1.0))]
)
def test_what_is_wrong_with_the_validation_is_said_of_it(line, held_out):
    model, x, y = line
    with pytest.raises(ValueError, match=r"^validation must "):
        fit(model, x, y, steps=1, lr=0.1, loss=F.mse_loss, validation=held_out)


def test_a_gradient_outside_the_model_that_is_not_finite_is_named(line):
    model, x, y = line
    scale = torch.zeros(1, dtype=torch.double, requires_grad=True)
    with pytest.raises(FloatingPointError, match="a parameter outside the model is not finite"):
        fit(
            model, x, y, steps=1, lr=0.1, clip_norm=1.0,
            loss=lambda a, b: F.mse_loss(a, b) + scale.sqrt().sum(),
            optimizer=lambda parameters, lr: torch.optim.SGD([*parameters, scale], lr=lr),
        )  # fmt: skip


def test_a_penalty_may_be_a_number_of_numpy(line):
    model, x, y = line
    history = fit(model, x, y, steps=1, lr=0.0, loss=F.mse_loss, penalty=lambda _: np.float32(0.5))
    assert history.loss[0] == pytest.approx(F.mse_loss(model(x), y).item())


def test_a_layer_that_learns_its_width_goes_on_from_a_checkpoint(tmp_path):
    x, y = torch.randn(8, 2), torch.arange(8) % 2
    whole, parts = (nn.Sequential(nn.LazyLinear(2, bias=False)) for _ in range(2))
    for model in (whole, parts):
        torch.manual_seed(0)
        fit(model, x, y, steps=2, lr=0.1, checkpoint=tmp_path / str(id(model)))
    fit(whole, x, y, steps=2, lr=0.1)
    resumed = nn.Sequential(nn.LazyLinear(2, bias=False))
    fit(resumed, x, y, steps=4, lr=0.1, checkpoint=tmp_path / str(id(parts)))
    torch.testing.assert_close(resumed[0].weight, whole[0].weight)


def test_a_layer_that_has_learned_its_width_goes_on_itself(tmp_path):
    x, y = torch.randn(8, 2), torch.arange(8) % 2
    model = nn.Sequential(nn.LazyLinear(2))
    fit(model, x, y, steps=2, lr=0.1, checkpoint=tmp_path / "run.pt")
    twin = copy.deepcopy(model)
    fit(twin, x, y, steps=2, lr=0.1)
    fit(model, x, y, steps=4, lr=0.1, checkpoint=tmp_path / "run.pt")
    assert same(dict(model.state_dict()), dict(twin.state_dict()))
    for other, message in {
        nn.Sequential(nn.Linear(3, 2)): r"shape of 0\.weight \(2, 2\) in the file and \(2, 3\) now",
        nn.Sequential(nn.LazyLinear(2), nn.LazyLinear(2)): r"shape of 1\.weight None in the file",
    }.items():
        with pytest.raises(
            ValueError, match=f"checkpoint must be of a run with the same settings, got {message}"
        ):
            fit(other, x, y, steps=4, lr=0.1, checkpoint=tmp_path / "run.pt")


def test_a_validation_loss_that_is_not_finite_is_recorded_and_ends_nothing():
    x, y = torch.randn(8, 2), torch.zeros(8, dtype=torch.long)
    history = fit(nn.Linear(2, 2), x, y, steps=2, lr=0.1, validation=(x * math.inf, y), validate_every=1)
    assert len(history.loss) == 2 and len(history.validation) == 2
    assert all(map(math.isnan, history.validation))
