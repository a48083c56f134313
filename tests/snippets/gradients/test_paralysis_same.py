import pytest
import torch


def test_the_sigmoid_forgets_the_input_and_tanh_does_not(run_snippet):
    spread = run_snippet("gradients/paralysis_same")["spread"]
    assert min(spread["tanh"]) > 0.99
    assert spread["sigmoid"][0] == pytest.approx(0.15, abs=0.03)
    assert 1e-9 < spread["sigmoid"][-1] < 1e-8
    shares = torch.tensor(spread["sigmoid"])
    assert (shares[1:] < shares[:-1] / 8).all()  # each layer loses an order of magnitude


def test_the_share_is_variance_over_mean_square(run_snippet):
    found = run_snippet("gradients/paralysis_same")
    h = found["model"][:-1](found["x"]).double()  # tanh, the last of the two
    share = (h - h.mean(0)).square().mean() / h.square().mean()
    assert found["spread"]["tanh"][-1] == pytest.approx(share.item(), rel=0.01)
