import pytest
import torch


def test_gaussian_layers_flatten_and_orthogonal_ones_keep(run_snippet):
    values = run_snippet("initialization/orthogonal")["values"]
    assert values["linear", "orthogonal"] == pytest.approx(torch.ones(200).double(), abs=1e-4)
    assert values["tanh", "orthogonal"].min() > 0.6
    for bend in ("linear", "tanh"):
        gaussian = values[bend, "Gaussian"]
        assert gaussian[0] > 4 and gaussian[100] < 2e-3 and gaussian[-1] < 1e-12
    mean_square = values["linear", "Gaussian"].square().mean()
    assert mean_square == pytest.approx(1, abs=0.7)  # the variance argument holds all the same
