import itertools
import math

import pytest


def test_six_shapes(run_snippet):
    histories = run_snippet("overfitting/telling")["histories"]

    def end(name):
        history = histories[name]
        return sum(history.loss[-20:]) / 20, sum(history.validation[-4:]) / 4

    train, held_out = end("overfitting")
    assert held_out > 10 * train
    train, held_out = end("healthy")
    assert held_out < 0.3 and held_out < 3 * train
    train, held_out = end("too small")
    assert train > 1 and held_out < 1.2 * train
    assert end("paralyzed") == pytest.approx((math.log(10), math.log(10)), abs=0.05)
    large = histories["learning rate too large"]
    assert max(large.loss) > 5 and max(large.validation) > 20
    losses = [max(loss, 1e-9) for loss in large.loss]  # a loss can be 0
    assert sum(max(a / b, b / a) > 1000 for a, b in itertools.pairwise(losses)) > 5
    train, held_out = end("dropout")
    assert held_out < train
