import pytest
import torch

from lego.diagnostics import diagnose
from lego.stack import mlp


def test_a_trace_of_noise_is_not_enough(run_snippet):
    scores = run_snippet("initialization/zeros_noise")["scores"]
    assert all(max(scores[noise]) < 0.45 for noise in (0.0, 1e-8, 1e-6, 1e-4, 1e-2))
    assert all(0.5 < score < 0.75 for score in scores[0.1])
    assert min(scores[0.3]) > 0.9 and sum(scores[0.3]) / 3 == pytest.approx(0.97, abs=0.02)


def test_the_effective_rank_shows_what_no_finding_names(run_snippet):
    found, rank = run_snippet("initialization/zeros_noise"), {}
    for noise in (0.01, 0.3):
        rng = torch.Generator().manual_seed(0)
        model = mlp([2, 32, 32, 3], "tanh", init="zeros")
        for weight in model.parameters():
            weight.data = 0.1 + noise * torch.randn(weight.shape, generator=rng)
        report = diagnose(model, (found["x"], found["y"]))
        assert report.findings == []
        rank[noise] = report.layers[1].effective_rank
    assert rank == pytest.approx({0.01: 1.01, 0.3: 3.6}, abs=0.05)
