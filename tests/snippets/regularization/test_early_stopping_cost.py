import pytest


def test_holding_out_costs_and_training_again_gives_back(run_snippet):
    found = run_snippet("regularization/early_stopping_cost")
    once, again = ([sum(scores) / 5 for scores in found[name].values()] for name in ("once", "again"))
    assert once == sorted(once, reverse=True) and once[0] - once[3] > 0.05
    assert (once[0], once[-1]) == pytest.approx((0.85, 0.67), abs=0.01)
    assert all(b > a for a, b in zip(once, again, strict=True))
    assert again[:4] == pytest.approx([0.86] * 4, abs=0.01)
    assert again[3] - once[3] == pytest.approx(0.08, abs=0.01)
