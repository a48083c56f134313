import pytest
import torch


def test_the_diamond_is_touched_at_a_corner_and_the_disk_beside_it(run_snippet):
    found = run_snippet("regularization/relations_balls")
    assert found["touch"]["L1"][1].abs() < 2e-3 and found["touch"]["L2"][1] > 0.3
    assert found["w"][1] == 0 and found["touch"]["L1"].tolist() == pytest.approx(
        found["w"].tolist(), abs=5e-3
    )


def test_the_proximal_solution_is_a_minimum(run_snippet):
    found = run_snippet("regularization/relations_balls")
    w, loss, penalty = found["w"], found["loss"], found["penalty"]
    assert penalty == pytest.approx(1 / 1.5)
    value = loss(w[None]) + penalty * w.abs().sum()
    around = w + 0.05 * torch.randn(1000, 2, generator=torch.Generator().manual_seed(0))
    assert (loss(around) + penalty * around.abs().sum(1) >= value - 1e-6).all()
