import pytest
import torch

from lego.activations import Swish
from lego.diagnostics import diagnose
from lego.stack import mlp


def test_beta_leads_from_half_the_identity_to_relu(run_snippet, capsys):
    found = run_snippet("activations/swish")
    x, swish = found["x"], found["swish"]
    assert torch.allclose(swish(x, 0.0), x / 2)
    assert (swish(x, 50.0) - x.clamp(min=0)).abs().max() < 0.006
    assert found["lowest"][1.0] == pytest.approx((-0.27846, -1.27846), abs=0.011)
    assert found["lowest"][0.5] == pytest.approx((2 * -0.27846, 2 * -1.27846), abs=0.011)
    assert "minimum -0.278 at -1.28" in capsys.readouterr().out


def test_diagnose_finds_nothing_in_a_net_without_a_bend():
    rng = torch.Generator().manual_seed(0)
    net = mlp([64] * 8 + [10], lambda: Swish(beta=0.0), generator=rng)
    batch = torch.randn(256, 64, generator=rng), torch.randint(10, (256,), generator=rng)
    assert diagnose(net, batch).findings == []
    assert torch.allclose(net(2 * batch[0]), 2 * net(batch[0]), rtol=1e-4, atol=1e-6)  # it is linear
