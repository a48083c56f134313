import pytest
import torch
import torch.nn.functional as F
from torch import nn

from lego import activations
from lego.regularization import Dropout
from lego.training import fit


def test_the_mean_stays_and_the_variance_is_the_formulas(run_snippet):
    found = run_snippet("regularization/dropout")
    for p, (mean, without, variance, predicted) in found["moments"].items():
        assert mean.item() == pytest.approx(without.item(), abs=4 * (predicted.item() / 4000) ** 0.5)
        assert variance.item() == pytest.approx(predicted.item(), rel=0.1)
        by_hand = (
            p
            / (1 - p)
            * sum((a * b) ** 2 for a, b in zip(found["h"].tolist(), found["w"].tolist(), strict=True))
        )
        assert predicted.item() == pytest.approx(by_hand, rel=1e-4)


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "gelu", "tanh", "sigmoid"])
def test_before_or_after_the_activation_is_the_same_for_those_that_scale_with_their_input(name):
    function, z = getattr(activations, name), torch.randn(1000, generator=torch.Generator().manual_seed(0))
    before, after = (
        part(Dropout(0.5, generator=torch.Generator().manual_seed(1)))
        for part in (lambda drop: function(drop(z)), lambda drop: drop(function(z)))
    )
    assert ((before - after).abs().max() < 1e-6) == (name in ("relu", "leaky_relu"))
    if name == "sigmoid":
        assert set(before[after == 0].tolist()) == {0.5}


def test_on_the_output_of_a_regression_it_shrinks_the_predictions():
    x, rng = torch.linspace(-1, 1, 1000)[:, None], torch.Generator().manual_seed(0)
    for p in (0.2, 0.5):
        layer = nn.Linear(1, 1)
        model = nn.Sequential(layer, Dropout(p, generator=rng))
        fit(model, x, 3 * x, steps=100, lr=0.5, loss=F.mse_loss)
        fit(model, x, 3 * x, steps=300, lr=0.02, loss=F.mse_loss)  # the masks average out
        assert layer.weight.item() == pytest.approx(3 * (1 - p), rel=0.05)
