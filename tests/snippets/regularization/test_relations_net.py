import copy

import pytest

from lego.training import fit


def test_the_nearest_factor_follows_the_rule_of_thumb(run_snippet):
    found = run_snippet("regularization/relations_net")
    ratios = [f * 0.1 * count for f, count in zip(found["nearest"], found["counts"], strict=True)]
    assert ratios == sorted(ratios, reverse=True)
    assert 1 / ratios[0] == pytest.approx(1.1, abs=0.1) and 1 / ratios[-1] == pytest.approx(2.2, abs=0.25)
    assert found["factors"][0] / found["factors"][1] < 1.25, "too coarse a grid would make up the ratios"
    assert found["nearest"] == sorted(found["nearest"], reverse=True)
    assert all(gap < 0.17 * moved for gap, moved in zip(found["gaps"], found["moved"], strict=True))
    assert found["factors"][-1] < found["nearest"][-1] and found["nearest"][0] < found["factors"][0]


def test_decay_to_zero_of_that_size_gives_other_answers(run_snippet):
    found = run_snippet("regularization/relations_net")
    x, vector = found["x"], found["vector"]
    for count in (5, 20, 80):
        decayed = copy.deepcopy(found["start"])

        def penalty(net, factor=10 / count):
            return factor / 2 * vector(net.parameters()).square().sum()

        fit(decayed, x[:100], found["labels"][:100], steps=1000, lr=0.1, penalty=penalty)
        stopped = found["answers"](copy.deepcopy(found["start"]), count)
        apart = (stopped - decayed(x[1000:]).detach().softmax(1)).abs().sum(1).mean().item() / 2
        gap = found["gaps"][found["counts"].index(count)]
        assert apart > 0.235 and apart > 1.9 * gap
