import pytest
import torch


def test_equal_inputs_drift_apart_with_dropout_alone(run_snippet):
    paths = run_snippet("initialization/edge_of_chaos_dropout")["paths"]
    assert paths[1.0] == pytest.approx([1] * 26)
    ends = [paths[keep][-1] for keep in (0.95, 0.8, 0.5)]
    assert ends == pytest.approx([0.53, 0.20, 0.05], abs=0.006)


def test_a_wide_net_does_what_the_theory_says(run_snippet):
    found = run_snippet("initialization/edge_of_chaos_dropout")
    rng, width, keep = torch.Generator().manual_seed(0), 2000, 0.8
    z = torch.randn(width, generator=rng).repeat(2, 1)
    for _ in range(8):
        weight = torch.randn(width, width, generator=rng) * (found["weight_variance"] / width) ** 0.5
        mask = (torch.rand(2, width, generator=rng) < keep) / keep
        z = (z.tanh() * mask) @ weight + found["bias_variance"] ** 0.5 * torch.randn(width, generator=rng)
    assert torch.cosine_similarity(*z, dim=0).item() == pytest.approx(found["paths"][keep][8], abs=0.08)
