import math

import pytest


def test_the_gradient_grows_with_depth_at_the_rate_of_the_weights(run_snippet):
    first = run_snippet("gradients/exploding")["first"]
    assert min(first[1.0]) > 0.3 and max(first[1.0]) < 3
    for scale in (1.5, 2.0):
        per_layer = (first[scale][-1] / first[scale][0]) ** (1 / 18)
        assert per_layer == pytest.approx(scale, rel=0.08)
    assert first[2.0][-1] == pytest.approx(340_000, rel=0.03)
    assert first[1.5][-1] == pytest.approx(2500, rel=0.03)


def test_the_loss_leaves_the_numbers_and_the_milder_one_comes_back(run_snippet):
    losses = run_snippet("gradients/exploding")["losses"]
    assert losses[2.0][4] > 1e18 and not all(map(math.isfinite, losses[2.0][:10]))
    assert 50 < max(losses[1.5]) < 150 and losses[1.5][-1] < 1.5
    assert max(losses[1.0]) < 10
