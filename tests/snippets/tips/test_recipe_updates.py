import statistics

import pytest


def test_the_useful_rate_is_inside_the_band(run_snippet):
    found = run_snippet("tips/recipe_updates")
    middle = {rate: statistics.median(ratios) for rate, ratios in found["ratios"].items()}
    assert middle[0.001] < 3e-4 < middle[0.1] < 3e-2 < middle[10.0]
    scores = found["scores"]
    assert scores[0.1] > scores[10.0] > scores[0.001] and scores[0.1] > 0.93


def test_a_ratio_is_what_a_step_changes(run_snippet):
    found = run_snippet("tips/recipe_updates")
    weight, gradient = found["weight"], found["weight"].grad
    before = weight.detach() + found["rate"] * gradient  # the last step, undone
    change = (weight.detach() - before).norm() / before.norm()
    assert found["ratios"][found["rate"]][-1] == pytest.approx(change.item(), rel=1e-4)
