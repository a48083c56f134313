def test_a_net_bends_less_and_less(run_snippet):
    found = run_snippet("activations/leaky_relu_slope")
    scores = dict(zip(found["slopes"], found["scores"], strict=True))
    assert abs(scores[0.01] - scores[0]) < 0.03, "0.01 is as good as ReLU"
    assert min(scores[0], scores[0.01], scores[0.1]) > 0.85
    assert scores[0.2] > scores[0.4] > scores[0.6] > scores[0.8]
    assert max(scores[0.8], scores[1]) < 0.45
