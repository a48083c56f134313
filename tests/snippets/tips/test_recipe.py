def test_the_range_test_finds_the_range_of_the_runs(run_snippet):
    found = run_snippet("tips/recipe")
    scores, loss, rates = found["scores"], found["history"].loss, found["history"].lr
    best = max(scores, key=scores.get)
    assert best in (0.3, 1.0) and scores[3.0] < 0.3 and scores[0.001] < 0.4
    lowest = rates[loss.index(min(loss))]
    assert 0.3 <= lowest <= 2 and loss[-1] > 100 * min(loss)
    assert min(scores[rate] for rate in (0.1, 0.3)) > 0.9  # a third to a tenth of where it breaks
    assert rates[1] / rates[0] == rates[50] / rates[49] or abs(rates[1] / rates[0] - 1.1) < 1e-6
