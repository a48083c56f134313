import pytest


def test_squared_error_leaves_the_unit_stuck_and_cross_entropy_frees_it(run_snippet):
    outputs = run_snippet("activations/sigmoid_saturated")["outputs"]
    stuck, freed = outputs["squared error", 10.0], outputs["cross-entropy", 10.0]
    assert stuck[0] == freed[0] > 0.9999
    assert stuck[-1] > 0.9999, "squared error has moved the unit"
    assert freed[-1] < 0.02
    below = [output < 0.5 for output in freed].index(True)
    assert below == pytest.approx(21, abs=2)
    assert all(path[-1] < 0.02 for (loss, _), path in outputs.items() if loss == "cross-entropy")
    assert outputs["squared error", 2.0][-1] < 0.1, "a unit in the steep part learns with either loss"
