import pytest
import torch

from lego.diagnostics import diagnose
from lego.stack import mlp


def test_he_keeps_the_signal_and_the_gradient_swings_with_the_widths(run_snippet):
    found = run_snippet("initialization/variance")
    signal, gradient = found["signal"], found["gradient"]
    assert all(0.7 < value < 1.4 for value in signal["he_normal"])
    assert all(0.8 < value < 1.4 for value in gradient["he_normal"][::2])
    assert all(0.2 < value < 0.35 for value in gradient["he_normal"][1::2])
    for scheme in ("lecun_normal", "xavier_normal"):
        assert signal[scheme][-1] < 1e-3 and gradient[scheme][0] < 1e-3


def test_lecuns_weights_keep_0_71_of_the_gradient_without_a_finding():
    rng = torch.Generator().manual_seed(0)
    batch = torch.randn(500, 200, generator=rng), torch.randint(10, (500,), generator=rng)
    report = diagnose(mlp([200] * 12 + [10], init="lecun_normal", generator=rng), batch)
    assert report.gradient_factor == pytest.approx(0.5**0.5, abs=0.05) and report.findings == []
