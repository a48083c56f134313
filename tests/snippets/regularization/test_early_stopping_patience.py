import statistics


def test_little_patience_stops_far_too_early(run_snippet):
    found = run_snippet("regularization/early_stopping_patience")
    losses = {p: statistics.median(shares) for p, shares in found["losses"].items()}
    assert losses[1] > 2.5 > losses[10] > 1 and losses[30] < 1.5
    assert losses[1] > losses[3] > losses[10] > losses[30] >= losses[100] == 1
    assert max(found["losses"][30]) < 2 and max(found["losses"][1]) > 10
