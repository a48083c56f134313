def test_equal_units_stay_equal_and_useless(run_snippet):
    found = run_snippet("initialization/zeros")
    assert found["units"]["zeros"] == found["units"]["constant"] == [1] * 10
    assert found["units"]["xavier_normal"] == [32] * 10
    scores = found["scores"]
    assert max(scores["zeros"], scores["constant"]) < 0.45 < 0.9 < scores["xavier_normal"]


def test_the_nets_were_trained(run_snippet):
    found = run_snippet("initialization/zeros")
    assert found["model"][2].bias.abs().max() > 0  # the last of the three, from zero biases
