import math

import pytest
import torch


def test_the_naive_logarithm_becomes_infinite_and_logsigmoid_stays_exact(run_snippet, capsys):
    found = run_snippet("activations/sigmoid_range")
    x, computed, exact = found["x"], found["computed"], found["exact"]
    assert found["first"].item() == pytest.approx(16.7, abs=0.1)
    assert computed[x >= found["first"]].isinf().all()
    oracle = torch.tensor([-v - math.log1p(math.exp(-v)) for v in x.double().tolist()])
    assert torch.allclose(exact, oracle, rtol=1e-6)
    assert (computed - oracle).abs()[x < found["first"]].max() > 0.1, "steps are visible before it ends"
    told = capsys.readouterr().out
    assert "sigmoid(20), torch.float32: 1.0\n" in told
    assert f"sigmoid(20), torch.float64: {1 / (1 + math.exp(-20)):.14f}"[:-2] in told
