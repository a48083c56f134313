import pytest
import torch
import torch.nn.functional as F

from lego.regularization import smooth_labels


def test_smoothing_changes_the_certainty_and_not_the_answers(run_snippet):
    hard, soft = run_snippet("regularization/noise_labels")["numbers"].values()
    (hard_right, hard_certain, hard_loss), (soft_right, soft_certain, soft_loss) = hard, soft
    assert abs(hard_right - soft_right) < 0.02
    found = hard_right, hard_certain, soft_right, soft_certain
    assert found == pytest.approx((0.78, 0.87, 0.78, 0.68), abs=0.01)
    assert hard_certain - hard_right == pytest.approx(0.085, abs=0.01)
    assert soft_right - soft_certain == pytest.approx(0.095, abs=0.01)
    assert soft_loss < hard_loss - 0.05


def test_it_is_one_argument_of_pytorchs_loss():
    rng = torch.Generator().manual_seed(0)
    output, targets = 5 * torch.randn(64, 10, generator=rng), torch.randint(10, (64,), generator=rng)
    soft = F.cross_entropy(output, smooth_labels(targets, 10, 0.1))
    assert torch.isclose(soft, F.cross_entropy(output, targets, label_smoothing=0.1))
