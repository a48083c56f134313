import pytest


def test_the_peak_is_at_as_many_features_as_examples(run_snippet):
    found = run_snippet("overfitting/double_descent")
    features, errors = found["features"], found["errors"]
    plain = dict(zip(features, errors["least squares"].tolist(), strict=True))
    ridge = dict(zip(features, errors["ridge"].tolist(), strict=True))
    assert max(plain, key=plain.get) == found["count"] == 40
    assert plain[40] == pytest.approx(74, abs=5) and plain[5] < 1 and plain[1500] < 1
    assert all(plain[a] > plain[b] for a, b in ((44, 50), (50, 70), (70, 120), (120, 250)))
    assert max(ridge.values()) < 1 and ridge[40] == pytest.approx(0.83, abs=0.05)
    assert 0.7 < plain[1500] / plain[10] < 1.4  # the second descent does not beat the first minimum
