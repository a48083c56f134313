import pytest
import torch


def test_the_slope_is_four_times_the_sigmoids(run_snippet, capsys):
    found = run_snippet("activations/tanh")
    assert found["peaks"]["tanh"] == pytest.approx(1) and found["peaks"]["sigmoid"] == pytest.approx(0.25)
    assert found["means"]["tanh"] == pytest.approx(0, abs=1e-6)
    assert found["means"]["sigmoid"] == pytest.approx(0.5, abs=1e-6)
    assert "tanh: slope up to 1.00" in capsys.readouterr().out
    assert 1 - torch.tensor(3.0).double().tanh() ** 2 < 0.01
