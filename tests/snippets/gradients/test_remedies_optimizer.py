def test_adam_rescues_a_moderate_depth_only(run_snippet):
    scores = run_snippet("gradients/remedies_optimizer")["scores"]
    assert min(scores[depth, "adam"] for depth in (2, 4, 6)) > 0.84 and scores[6, "sgd"] < 0.2
    assert all(scores[depth, "adam"] < 0.3 and scores[depth, "sgd"] < 0.2 for depth in (8, 10))
    assert scores[4, "adam"] > scores[4, "sgd"]
