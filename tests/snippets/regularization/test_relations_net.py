def test_the_nearest_factor_follows_the_rule_of_thumb(run_snippet):
    found = run_snippet("regularization/relations_net")
    ratios = [f * 0.1 * count for f, count in zip(found["nearest"], found["counts"], strict=True)]
    assert all(0.4 < ratio < 1.1 for ratio in ratios) and ratios[0] > ratios[-1]
    assert found["nearest"] == sorted(found["nearest"], reverse=True)
    assert all(gap < 0.17 * moved for gap, moved in zip(found["gaps"], found["moved"], strict=True))
    assert found["factors"][0] < found["nearest"][-1] and found["nearest"][0] < found["factors"][-1]
