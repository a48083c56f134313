def test_every_limit_saves_the_run_and_none_the_accuracy(run_snippet):
    scores = run_snippet("gradients/clipping_rescue")["scores"]
    assert scores[2, None] == [0, 0, 0]  # no longer finite
    right = min(scores[1, None])
    assert all(len(scores[2, limit]) == 3 for limit in (10, 1, 0.1))
    assert max(scores[2, 10]) < right and min(scores[2, 10]) > max(scores[2, 1])
    assert min(scores[2, 0.1]) > 0.1 and max(scores[2, 0.1]) < 0.4
