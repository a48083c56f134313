import pytest


def test_other_statistics_cost_accuracy_and_raise_nothing(run_snippet):
    scores = run_snippet("preprocessing/images_prediction")["scores"]
    assert list(scores.values()) == pytest.approx([0.96, 0.91, 0.92, 0.91, 0.96], abs=0.015)
    right = scores["as in training"]
    for name in ("not standardized", "scaled to 0...1", "dark, as in training"):
        assert right - 0.12 < scores[name] < right - 0.02
    assert scores["dark, by its own statistics"] > right - 0.01


def test_diagnose_does_not_see_it(run_snippet):
    from lego.diagnostics import diagnose

    found = run_snippet("preprocessing/images_prediction")
    for inputs in found["cases"].values():
        batch = inputs.flatten(1), found["data"].test.targets
        assert diagnose(found["model"], batch).findings == []
