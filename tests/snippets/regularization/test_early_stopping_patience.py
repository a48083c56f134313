import statistics

import pytest


def test_little_patience_stops_far_too_early(run_snippet):
    found = run_snippet("regularization/early_stopping_patience")
    losses = {p: statistics.median(shares) for p, shares in found["losses"].items()}
    assert losses[1] > 2.5 > losses[10] > 1 and losses[30] < 1.5
    assert losses[1] > losses[3] > losses[10] > losses[30] >= losses[100] == 1
    assert max(found["losses"][30]) < 1.9 and 10 < max(found["losses"][1]) < 21
    half = statistics.median_low(found["losses"][1])  # half are as large, or larger
    assert half == pytest.approx(4.3, rel=0.1)
