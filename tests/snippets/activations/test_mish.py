import math

import pytest


def test_mish_keeps_a_slope_where_relu_has_none(run_snippet, capsys):
    found = run_snippet("activations/mish")
    assert found["lowest"]["mish"] == pytest.approx((-0.30884, -1.19243), abs=0.006)
    assert found["lowest"]["silu"] == pytest.approx((-0.27846, -1.27846), abs=0.006)
    x, h = -2.0, 1e-6
    exact = [(v * math.tanh(math.log1p(math.exp(v)))) for v in (x - h, x + h)]
    expected = (exact[1] - exact[0]) / (2 * h)
    text = capsys.readouterr().out
    assert f"mish: minimum -0.3088, slope at -2: {expected:.4f}" in text
    assert "relu: minimum 0.0000, slope at -2: 0.0000" in text
