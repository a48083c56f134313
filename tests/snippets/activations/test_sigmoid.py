import math

import pytest
import torch


def test_slope_is_at_most_a_quarter_and_small_in_the_tails(run_snippet, capsys):
    found = run_snippet("activations/sigmoid")
    x, gradient = found["x"].double(), found["gradient"]
    assert gradient.max().item() == pytest.approx(0.25, abs=1e-6)
    assert x[gradient.argmax()].abs() < 1e-6
    assert (gradient[x.abs() > 4.6] < 0.01).all() and (gradient[x.abs() < 4.5] > 0.01).all()
    expected = torch.tensor([math.exp(-v) / (1 + math.exp(-v)) ** 2 for v in x.tolist()])
    assert torch.allclose(gradient, expected, atol=1e-6)
    assert "largest slope 0.2500, at x = 0.0" in capsys.readouterr().out
