import pytest


def test_each_step_predicts_what_is_measured(run_snippet):
    found = run_snippet("initialization/variance_steps")
    assert len(found["steps"]) == 5
    for predicted, measured in found["steps"].values():
        assert float(measured / predicted) == pytest.approx(1, abs=0.03)
    assert found["n"] * found["v"] / 2 == 1.5
