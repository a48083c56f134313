def test_other_statistics_cost_accuracy_and_raise_nothing(run_snippet):
    scores = run_snippet("preprocessing/images_prediction")["scores"]
    right = scores["as in training"]
    assert right > 0.94
    for name in ("not standardized", "scaled to 0...1", "dark, as in training"):
        assert right - 0.12 < scores[name] < right - 0.02
    assert scores["dark, by its own statistics"] > right - 0.01
