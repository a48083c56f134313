import pytest
import torch


def test_beta_leads_from_half_the_identity_to_relu(run_snippet, capsys):
    found = run_snippet("activations/swish")
    x, swish = found["x"], found["swish"]
    assert torch.allclose(swish(x, 0.0), x / 2)
    assert (swish(x, 50.0) - x.clamp(min=0)).abs().max() < 0.006
    assert found["lowest"][1.0] == pytest.approx((-0.27846, -1.27846), abs=0.011)
    assert found["lowest"][0.5] == pytest.approx((2 * -0.27846, 2 * -1.27846), abs=0.011)
    assert "minimum -0.278 at -1.28" in capsys.readouterr().out
