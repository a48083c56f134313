import pytest
import torch
from torch import nn

from lego.regularization import AlphaDropout, Dropout


def test_he_explodes_dropout_shifts_and_alpha_dropout_does_not(run_snippet):
    variances = {name: path[-1] for name, path in run_snippet("activations/selu_broken")["variances"].items()}
    assert 0.8 < variances["LeCun's weights"] < 1.2 and 0.8 < variances["with alpha dropout"] < 1.2
    assert variances["He's weights"] > 1000
    assert 1.4 < variances["with dropout"] < 1.9


def test_dropout_moves_the_mean_as_well():
    ends = {}
    for drop in (nn.Identity(), Dropout(0.1), AlphaDropout(0.1)):
        drop.generator = rng = torch.Generator().manual_seed(0)
        h = torch.randn(256, 512, generator=rng)
        for _ in range(50):
            h = drop(torch.selu(h @ torch.randn(512, 512, generator=rng) / 512**0.5))
        ends[type(drop)] = h.mean().item(), h.var().item()
    moved = ends.pop(Dropout)
    assert moved[0] == pytest.approx(0.075, abs=0.02) and moved[1] == pytest.approx(1.65, abs=0.1)
    assert all(abs(mean) < 0.02 and abs(variance - 1) < 0.1 for mean, variance in ends.values())
