def test_other_statistics_cost_accuracy_and_raise_nothing(run_snippet):
    scores = run_snippet("preprocessing/images_prediction")["scores"]
    right = scores["as in training"]
    assert right > 0.94
    for name in ("not standardized", "scaled to 0...1", "dark, as in training"):
        assert right - 0.12 < scores[name] < right - 0.02
    assert scores["dark, by its own statistics"] > right - 0.01


def test_diagnose_does_not_see_it(run_snippet):
    from lego.diagnostics import diagnose

    found = run_snippet("preprocessing/images_prediction")
    for inputs in found["cases"].values():
        batch = inputs.flatten(1), found["data"].test.targets
        assert diagnose(found["model"], batch).findings == []
