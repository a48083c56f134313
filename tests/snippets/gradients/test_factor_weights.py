import pytest


def test_the_factor_reaches_one_when_half_of_the_units_are_saturated(run_snippet):
    found = run_snippet("gradients/factor_weights")
    factor = dict(zip(found["scales"], found["factors"], strict=True))
    saturated = dict(zip(found["scales"], found["saturated"], strict=True))
    assert factor[1].item() == pytest.approx(0.23, abs=0.02), "a quarter of the gradient at scale 1"
    assert factor[10].item() == pytest.approx(1, abs=0.08)
    assert saturated[10].item() == pytest.approx(0.5, abs=0.05)
    assert saturated[1] == 0 and list(factor.values()) == sorted(factor.values())
