import pytest


def test_each_step_predicts_what_is_measured(run_snippet):
    found = run_snippet("initialization/variance_steps")
    assert len(found["steps"]) == 8
    for predicted, measured in found["steps"].values():
        assert float(measured / predicted) == pytest.approx(1, abs=0.03)
    assert found["n"] * found["v"] / 2 == 1.5
    assert found["narrower"].shape == (500, 1000)
    assert found["narrower"].var().item() == pytest.approx(2 / 1500, rel=0.01)
    forward, backward = (predicted for predicted, _ in list(found["steps"].values())[-2:])
    assert (forward, backward) == pytest.approx((1000 / 750, 500 / 750))
