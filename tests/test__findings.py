"""Findings about outputs, targets, losses, parameters and optimizers; those about layers: `test_diagnostics.py`."""

import functools
import warnings

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from lego import _findings
from lego.diagnostics import diagnose
from lego.regularization import Dropout, smooth_labels
from lego.stack import mlp
from tests.test_diagnostics import Sequence, deep, learned, names, seeded, vectors

# Outputs, targets and losses that do not fit


class Ending(nn.Sequential):
    """A small net with another last operation."""

    def __init__(self, *ending, classes=10):
        super().__init__(*mlp([32, 16, classes], generator=seeded()), *ending)


@pytest.mark.parametrize(
    ("ending", "loss", "what"),
    [
        (nn.Softmax(1), F.cross_entropy, "a softmax"),
        (nn.Softmax(1), nn.CrossEntropyLoss(), "a softmax"),
        (nn.Sigmoid(), F.cross_entropy, "a sigmoid"),
        (nn.ReLU(), F.cross_entropy, "a ReLU"),
        (nn.Tanh(), F.cross_entropy, "a tanh"),
        (nn.LogSigmoid(), F.cross_entropy, "a log-sigmoid"),
        (nn.LogSoftmax(1), F.cross_entropy, None),
        (nn.Identity(), F.cross_entropy, None),
        (nn.Softmax(1), lambda output, y: F.nll_loss(output.log(), y), None),
    ],
)
def test_logits_are_the_output_of_a_linear_layer(ending, loss, what):
    x, y = vectors()
    found = diagnose(Ending(ending, nn.Unflatten(1, (10, 1)), nn.Flatten()), (x, y), loss).findings
    assert [finding.name for finding in found] == (["not logits"] if what else [])
    for finding in found:
        assert finding.severity == "error"
        assert finding.message == f"cross_entropy takes logits, and the model's last operation is {what}"


@pytest.mark.parametrize("ending", [nn.Sigmoid(), nn.LogSigmoid(), nn.Identity()])
def test_logits_of_yes_and_no(ending):
    x, y = vectors()
    report = diagnose(Ending(ending, classes=1), (x, (y > 4).float()[:, None]), nn.BCEWithLogitsLoss())
    assert names(report) == ([] if isinstance(ending, nn.Identity) else ["not logits"])


@pytest.mark.parametrize(
    ("ending", "expected"),
    [
        (nn.LogSoftmax(1), []),
        (nn.Identity(), ["not log-probabilities"]),
        (nn.Softmax(1), ["not log-probabilities"]),
        (nn.LogSoftmax(0), ["not log-probabilities"]),
    ],
)
@pytest.mark.parametrize("overfit", [0, 20])
def test_negative_log_likelihood_takes_log_probabilities(ending, expected, overfit):
    limits = {"overfit": 2.0, "chance": 10.0}
    report = diagnose(Ending(ending), vectors(), F.nll_loss, overfit=overfit, thresholds=limits)
    assert names(report) == expected


def hot(y):
    return F.one_hot(y, 10).float()


def several_labels(y):
    return (hot(y) + hot((y + 1) % 10)).clamp(max=1)


@pytest.mark.parametrize(
    ("loss", "targets", "classes", "words"),
    [
        (nn.BCEWithLogitsLoss(), several_labels, 10, ""),
        (nn.BCEWithLogitsLoss(), lambda y: 255 * hot(y), 10, "they reach from 0 to 255, where 0 to 1 is"),
        (nn.BCEWithLogitsLoss(), lambda y: 2 * hot(y) - 1, 10, "they reach from -1 to 1, where 0 to 1 is"),
        (F.cross_entropy, hot, 10, ""),
        (F.cross_entropy, lambda y: smooth_labels(y, 10, 0.1), 10, ""),
        (F.cross_entropy, lambda y: hot(y) * (y > 1)[:, None], 10, ""),  # the first ones are left out
        (F.cross_entropy, several_labels, 10, "each example's should sum to 1, and they sum to 2 to 2"),
        (F.cross_entropy, lambda y: (y > 4).float()[:, None], 1, "the output has one class only"),
        (F.mse_loss, hot, 10, ""),
    ],
)
def test_targets_that_the_loss_does_not_expect(loss, targets, classes, words):
    x, y = vectors()
    found = diagnose(Ending(classes=classes), (x, targets(y)), loss).findings
    wrong = [finding for finding in found if finding.name == "wrong targets"]
    assert len(wrong) == bool(words) and all(finding.severity == "error" for finding in wrong)
    assert all(words in finding.message for finding in wrong) and (wrong or not found)


@pytest.mark.parametrize(
    ("ending", "targets", "expected"),
    [
        (nn.Sigmoid(), lambda x: x[:, :1].sigmoid(), []),
        (nn.Sigmoid(), lambda x: x[:, :1], ["wrong targets"]),
        (nn.Tanh(), lambda x: x[:, :1].tanh(), []),
        (nn.Tanh(), lambda x: 3 * x[:, :1], ["wrong targets"]),
        (nn.ReLU(), lambda x: x[:, :1], ["wrong targets"]),
        (nn.Identity(), lambda x: 3 * x[:, :1], []),
        (nn.Identity(), lambda x: 2e5 + x[:, :1], ["unscaled targets"]),
        (nn.Identity(), lambda x: 50 + x[:, :1], []),
    ],
)
def test_targets_that_the_model_cannot_reach(ending, targets, expected):
    x, _ = vectors()
    for loss in (F.mse_loss, nn.L1Loss()):
        assert names(diagnose(Ending(ending, classes=1), (x, targets(x)), loss)) == expected


def test_a_loss_that_compares_each_with_each():
    x, _ = vectors()
    y = 4 * x[:, 0]
    wide = Ending(classes=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's own
        for loss in (F.mse_loss, lambda output, y: (output - y).abs().mean()):
            (finding,) = diagnose(wide, (x, y), loss).findings
            assert finding.name == "broadcast loss" and finding.severity == "error"
            assert finding.value == pytest.approx(loss(y[:, None], y).item()) and finding.threshold == 0
            assert "output (128, 1) and targets (128,)" in finding.message
        (finding,) = diagnose(Ending(nn.Flatten(0), classes=1), (x, y[:, None]), F.mse_loss).findings
        assert finding.name == "broadcast loss"
        assert diagnose(wide, (x, y[:, None]), F.mse_loss).findings == []
        assert diagnose(wide, (x, y), lambda output, y: F.mse_loss(output.squeeze(1), y)).findings == []
        assert diagnose(wide, (x, y), lambda output, y: F.mse_loss(output[:, 0], y)).findings == []


class Hidden(nn.Module):
    """Weights in different places, by kind."""

    def __init__(self, kind):
        super().__init__()
        torch.manual_seed(0)
        self.kind, self.first, self.last = kind, nn.Linear(32, 32), nn.Linear(32, 10)
        layers = [nn.Linear(32, 32), nn.Linear(32, 32)]
        if kind in ("list", "dict"):
            self.layers = layers if kind == "list" else dict(enumerate(layers))
        elif kind == "module list":
            self.layers = nn.ModuleList(layers)
        elif kind == "product":
            self.weight = nn.Parameter(torch.randn(32, 32)) * 0.1
        elif kind == "tensor":
            self.weight = torch.randn(32, 32, requires_grad=True)
        elif kind == "parameter":
            self.weight = nn.Parameter(torch.randn(32, 32))

    def forward(self, x):
        x = F.relu(self.first(x))
        if hasattr(self, "layers"):
            for i in range(2):
                x = F.relu(self.layers[i](x))
        elif self.kind == "made":
            x = nn.Linear(32, 32)(x)
        else:
            x = x + 0.1 * x @ self.weight
        return self.last(x)


@pytest.mark.parametrize(
    ("kind", "count"),
    [
        ("list", 4),
        ("dict", 4),
        ("made", 2),
        ("product", 1),
        ("tensor", 1),
        ("module list", 0),
        ("parameter", 0),
    ],
)
def test_learnable_tensors_that_the_model_does_not_know_of(kind, count):
    model = Hidden(kind)
    found = diagnose(model, vectors(), optimizer=torch.optim.Adam(model.parameters(), lr=1e-3)).findings
    assert [finding.value for finding in found] == [count] * bool(count)
    for finding in found:
        assert finding.name == "unregistered parameters" and finding.severity == "error"
        assert finding.message.startswith(f"{count} learnable tensor") and "nn.ModuleList" in finding.remedy
    if kind == "list":
        everything = [*model.parameters(), *(p for layer in model.layers for p in layer.parameters())]
        assert names(diagnose(model, vectors(), optimizer=torch.optim.Adam(everything, lr=1e-3))) == []


def test_tensors_that_are_no_parameters_of_the_model():
    class Keeping(nn.Module):
        """Keeps its inputs, and differentiates by them."""

        def __init__(self):
            super().__init__()
            self.frozen, self.net = (
                nn.Linear(32, 32).requires_grad_(False),
                mlp([32, 16, 10], "tanh", generator=seeded()),
            )

        def forward(self, x):
            self.x, self.h = x, self.frozen(x)
            return self.net(self.h) + torch.autograd.grad(self.net(x).sum(), x, create_graph=True)[0][:, :10]

    x, y = vectors()
    prompt = nn.Parameter(torch.zeros(32))
    assert "unregistered parameters" not in names(diagnose(Keeping(), (x.clone().requires_grad_(), y)))
    assert names(diagnose(Ending(), (x + prompt, y))) == []
    inside, outside = Ending(), nn.Parameter(torch.eye(10))
    assert names(diagnose(inside, (x, y), lambda output, y: F.cross_entropy(output @ outside, y))) == []


class Cut(nn.Module):
    def __init__(self, cut):
        super().__init__()
        torch.manual_seed(0)
        self.first, self.norm, self.second, self.last = (
            nn.Linear(32, 32),
            nn.BatchNorm1d(32),
            nn.Linear(32, 32),
            nn.Linear(32, 10),
        )
        self.cut = cut

    def forward(self, x):
        x = torch.tanh(self.second(torch.tanh(self.norm(self.first(x)))))
        return self.last(self.cut(x))


def test_layers_that_run_in_vain_are_told_from_those_that_do_not_run():
    (finding,) = diagnose(Cut(torch.detach), vectors()).findings
    assert finding.name == "unreachable parameters" and finding.severity == "note"
    assert finding.message == (
        "6 of 8 parameters, from first.weight on: they run, but the loss does not depend on them"
    )
    assert "detach()" in finding.remedy
    model = Cut(torch.detach)
    model.spare = nn.Linear(3, 3)
    vain, unused = diagnose(model, vectors()).findings
    assert "6 of 10" in vain.message and unused.message == "2 of 10 parameters, from spare.weight on"
    assert unused.remedy == "use them in forward, or remove them"


@pytest.mark.parametrize("cut", [torch.round, lambda x: (10 * x).floor()])
def test_a_gradient_of_exactly_zero_is_blocked(cut):
    model = Cut(cut)
    adam = torch.optim.Adam(model.parameters(), lr=1e-3)
    (finding,) = diagnose(model, vectors(), optimizer=adam).findings
    assert (finding.name, finding.layer, finding.severity) == ("blocked gradient", "first", "warning")
    assert finding.message == "the gradient of its weights is exactly 0, as in 2 of 3 layers"
    assert diagnose(Cut(torch.clone), vectors()).findings == []


@pytest.mark.parametrize("cut", [torch.sign, lambda x: 0 * x])
def test_units_without_a_gradient_say_nothing_of_the_learning_rate(cut):
    model = Cut(cut)
    adam = torch.optim.Adam(model.parameters(), lr=1e-3)
    found = names(diagnose(model, vectors(), optimizer=adam))
    assert "dead units" in found and not {"learning rate too low", "blocked gradient"} & {*found}


def test_zeros_that_are_right_are_not_blocked():
    x, y = torch.randn(32, 1, 4, generator=seeded()), torch.arange(32) % 3
    torch.manual_seed(0)
    once = Sequence(nn.GRU(4, 16, batch_first=True))  # one step: what it remembers is never used
    assert names(diagnose(once, (x, y))) == []
    model, batch = learned(lambda output, y: F.relu(1 - output * y).mean(), lambda x: x[:, :1].sign())
    assert names(diagnose(model, batch, lambda output, y: F.relu(0.1 - output * y).mean())) == []


def test_examples_that_are_all_alike():
    x, y = vectors()
    (finding,) = diagnose(deep(), (x[:1].expand(128, -1), y)).findings
    assert (finding.name, finding.severity, finding.value) == ("constant input", "error", 128)
    assert finding.message == "all 128 examples are alike"
    assert names(diagnose(deep(), (x[:1].expand(15, -1), y[:15]))) == []
    assert names(diagnose(deep(), (torch.cat([x[:1].expand(127, -1), x[1:2]]), y))) != ["constant input"]
    numbers = torch.ones(16, 4, dtype=torch.long)
    embedding = nn.Sequential(nn.Embedding(9, 4), nn.Flatten(), nn.Linear(16, 3))
    assert "constant input" in names(diagnose(embedding, (numbers, torch.arange(16) % 3)))


@pytest.mark.parametrize(
    ("spoil", "loss", "words"),
    [
        (
            lambda y: torch.where(torch.arange(128) == 3, torch.nan, y.float())[:, None],
            F.mse_loss,
            "some are not finite",
        ),
        (lambda y: torch.full_like(y, -100), F.cross_entropy, "the loss ignores all of them"),
        (
            lambda y: torch.full_like(y, 7),
            nn.CrossEntropyLoss(ignore_index=7),
            "the loss ignores all of them",
        ),
        (
            lambda y: torch.full_like(y, 7),
            functools.partial(F.cross_entropy, ignore_index=7),
            "the loss ignores all of them",
        ),
    ],
)
def test_a_loss_of_nan_that_comes_from_the_targets(spoil, loss, words):
    x, y = vectors()
    model = Ending(classes=1 if loss is F.mse_loss else 10)
    (finding,) = diagnose(model, (x, spoil(y)), loss).findings
    assert (finding.name, finding.layer, finding.message) == ("non-finite", "targets", words)
    (finding,) = diagnose(model, (x * torch.nan, spoil(y)), loss).findings
    assert finding.layer == "0", "the first that is not finite"


# The optimizer's other numbers


def test_a_sum_over_the_batch_makes_the_learning_rate_too_high():
    model = Ending()
    sgd = torch.optim.SGD(model.parameters(), lr=0.3)
    for loss in (nn.CrossEntropyLoss(reduction="sum"), functools.partial(F.cross_entropy, reduction="sum")):
        (finding,) = diagnose(model, vectors(), loss, optimizer=sgd).findings
        assert finding.name == "learning rate too high" and "or a loss that is a mean" in finding.remedy
    assert diagnose(model, vectors(), optimizer=sgd).findings == []


def test_momentum_adds_up_updates():
    for momentum, expected in ((0.9, []), (0.999, ["learning rate too high"])):
        model = Ending()
        sgd = torch.optim.SGD(model.parameters(), lr=0.1, momentum=momentum)
        report = diagnose(model, vectors(), optimizer=sgd)
        assert names(report) == expected
        assert all("momentum 0.999 adds such updates up to" in finding.message for finding in report.findings)


@pytest.mark.parametrize(
    ("make", "share"),
    [
        (lambda p: torch.optim.SGD(p, lr=0.1, weight_decay=5e-4), None),
        (lambda p: torch.optim.AdamW(p, lr=1e-3, weight_decay=0.1), None),
        (lambda p: torch.optim.Adam(p, lr=1e-3, weight_decay=1.0), None),
        (lambda p: torch.optim.SGD(p, lr=0.1, weight_decay=0.5), 0.05),
        (lambda p: torch.optim.AdamW(p, lr=1e-3, weight_decay=100.0), 0.1),
    ],
)
def test_weight_decay_that_takes_the_weights_away(make, share):
    model = Ending()
    found = diagnose(model, vectors(), optimizer=make(model.parameters())).findings
    assert [finding.value for finding in found] == ([pytest.approx(share)] if share else [])
    assert all(finding.name == "weight decay too high" for finding in found)


@pytest.mark.parametrize("layer", [nn.Dropout, Dropout])
@pytest.mark.parametrize(("p", "found"), [(0.8, []), (0.95, ["dropout too high"])])
def test_dropout_that_leaves_next_to_nothing(layer, p, found):
    report = diagnose(nn.Sequential(nn.Linear(32, 64), layer(p), nn.ReLU(), nn.Linear(64, 10)), vectors())
    assert names(report) == found
    assert all(f.layer == "1" and f.message == "only 5% of its units pass" for f in report.findings)


# The table of advice


def test_the_page_of_a_finding_names_it():
    from hooks.pages import lines
    from tests.conftest import ROOT

    for name, (severity, remedy, page) in _findings.ADVICE.items():
        assert severity in {"error", "warning", "note"} and remedy
        text = (ROOT / "docs" / f"{page.rstrip('/')}.md").read_text(encoding="utf-8")
        prose = " ".join(line for _, line, fenced in lines(text) if not fenced)
        assert f"**{name}**" in prose, f"{page} does not explain {name!r}"


def test_each_finding_is_named_where_they_are_listed():
    for name in _findings.ADVICE:
        assert f'`"{name}"`' in diagnose.__doc__, name
