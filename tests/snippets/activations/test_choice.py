import statistics


def test_eight_activations_overlap_and_the_sigmoid_falls_behind(run_snippet):
    scores = run_snippet("activations/choice")["scores"]
    sigmoid = scores.pop("sigmoid")
    means = [statistics.mean(values) for values in scores.values()]
    spreads = [max(values) - min(values) for values in scores.values()]
    assert len(scores) == 8 and max(means) - min(means) < 0.5 < max(spreads)
    assert max(sigmoid) < min(min(values) for values in scores.values())
    assert min(means) > 94
