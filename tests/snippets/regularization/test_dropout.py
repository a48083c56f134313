import pytest


def test_the_mean_stays_and_the_variance_is_the_formulas(run_snippet):
    found = run_snippet("regularization/dropout")
    for p, (mean, without, variance, predicted) in found["moments"].items():
        assert mean.item() == pytest.approx(without.item(), abs=4 * (predicted.item() / 4000) ** 0.5)
        assert variance.item() == pytest.approx(predicted.item(), rel=0.1)
        by_hand = (
            p
            / (1 - p)
            * sum((a * b) ** 2 for a, b in zip(found["h"].tolist(), found["w"].tolist(), strict=True))
        )
        assert predicted.item() == pytest.approx(by_hand, rel=1e-4)
