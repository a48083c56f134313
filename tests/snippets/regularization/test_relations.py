import pytest


def test_the_exact_penalties_agree_and_one_penalty_is_a_fifth_off(run_snippet):
    found = run_snippet("regularization/relations")
    assert (found["stopped"] - found["each"]).abs().max() < 1e-10
    gap = (found["stopped"] - found["plain"]).abs()
    assert gap.max() == pytest.approx(0.2036, abs=0.004)  # its limit for small rates
    assert found["s"][gap.argmax()].item() == pytest.approx(2.513, rel=0.03)  # at rate × steps = 1
    assert found["exact"][0].item() == pytest.approx(1, abs=2e-3)
