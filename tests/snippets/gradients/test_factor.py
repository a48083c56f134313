import pytest


def test_half_the_scale_halves_the_gradient_at_every_layer(run_snippet):
    found = run_snippet("gradients/factor")
    for name in ("identity", "tanh", "relu"):
        right, half = found["arrives"][name, 1.0], found["arrives"][name, 0.5]
        assert max(right) / min(right) < 10
        factor = (half[0] / half[-1]).item() ** (1 / (found["depth"] - 1))
        assert factor == pytest.approx(0.5, abs=0.01)
