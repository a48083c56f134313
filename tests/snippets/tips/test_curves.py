import math

import pytest
import torch
import torch.nn.functional as F

from lego.diagnostics import diagnose
from lego.regularization import smooth_labels
from lego.stack import mlp


@pytest.fixture
def curves(run_snippet):
    return {
        name.split(" ", 1)[1]: history for name, history in run_snippet("tips/curves")["histories"].items()
    }


def mean(values):
    return sum(values) / len(values)


def test_there_are_twelve(curves):
    assert len(curves) == 12


def test_health_and_overfitting(curves):
    healthy, few = curves["healthy"], curves["few examples"]
    assert mean(healthy.loss[-20:]) < 0.3 and healthy.validation[-1] < 0.3
    assert few.loss[-1] < 0.03 and few.validation[-1] > 0.5


def test_what_is_flat_or_high(curves):
    assert mean(curves["rate too small"].loss[-20:]) > 0.7 * mean(curves["rate too small"].loss[:20])
    assert mean(curves["paralyzed"].loss[50:]) == pytest.approx(math.log(10), abs=0.05)
    noise = curves["labels are noise"]
    assert mean(noise.loss[-20:]) < mean(noise.loss[:20]) and noise.validation[-1] > math.log(10)
    small = curves["too small a net"]
    assert mean(small.loss[-20:]) > 1 and small.validation[-1] == pytest.approx(
        mean(small.loss[-20:]), rel=0.2
    )


def test_what_has_a_shape_of_its_own(curves):
    large = curves["rate too large"]
    assert max(large.validation[5:]) > 3 * min(large.validation)
    waits = curves["waits, then falls"]
    assert mean(waits.loss[30:60]) > 2 and mean(waits.loss[-20:]) < 1
    assert curves["starts too high"].loss[0] > 3 * math.log(10)
    tiny, healthy = curves["tiny batches"].loss, curves["healthy"].loss
    assert max(tiny[100:]) - min(tiny[100:]) > 3 * (max(healthy[100:]) - min(healthy[100:]))
    sorted_ones = curves["not shuffled"]
    assert max(sorted_ones.loss[5:40]) > 3  # a class that it has not seen yet
    assert mean(curves["rate lowered"].validation[-5:]) < mean(curves["rate lowered"].validation[5:12])


def test_a_mean_over_an_epoch_lies_above_the_validation_loss_after_it(curves):
    """Without dropout, noise, a penalty or a leak."""
    healthy = curves["healthy"]
    after = healthy.validation[healthy.validation_steps.index(30)]
    assert mean(healthy.loss[:30]) == pytest.approx(1.35, abs=0.05)
    assert after == pytest.approx(0.69, abs=0.03)


def test_what_ends_in_nan_and_what_a_softmax_too_many_leaves():
    """As `By symptom` says."""
    weight = torch.zeros(3, requires_grad=True)
    weight.square().sum().sqrt().backward()
    assert weight.grad.isnan().all()
    rng = torch.Generator().manual_seed(0)
    x, ignored = torch.randn(64, 4, generator=rng), torch.full((64,), -100)
    assert F.cross_entropy(x, ignored).isnan()
    (finding,) = diagnose(mlp([4, 8, 3], generator=rng), (x, ignored)).findings
    assert finding.name == "non-finite"
    certain = 1000 * torch.eye(10)
    assert F.cross_entropy(certain, torch.arange(10)) < 1e-6
    assert F.cross_entropy(certain.softmax(1), torch.arange(10)).item() == pytest.approx(1.46, abs=0.005)
    assert F.cross_entropy(
        smooth_labels(torch.arange(10), 10, 0.1).log(), torch.arange(10), label_smoothing=0.1
    ).item() == pytest.approx(0.50, abs=0.005)
