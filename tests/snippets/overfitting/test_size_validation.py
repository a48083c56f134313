import pytest
from scipy import stats


def test_the_formula_and_the_chance_to_pick_the_better(run_snippet):
    found = run_snippet("overfitting/size_validation")
    for spread, formula in zip(found["spread"], found["formula"], strict=True):
        assert spread.item() == pytest.approx(formula.item(), rel=0.06)
    chances = dict(zip(found["counts"].tolist(), found["wins"], strict=True))
    for count in (25, 100, 1000):
        variance = (0.93 * 0.07 + 0.90 * 0.10) / count
        normal = stats.norm.cdf(0.03 / variance**0.5)
        assert chances[count].item() == pytest.approx(normal, abs=0.02)
    assert 1 - chances[100] > 0.2 and chances[1000] > 0.98
