import pytest


def test_only_the_sigmoid_never_exceeds_a_quarter(run_snippet):
    slopes = run_snippet("index")["slopes"]
    assert slopes["sigmoid"].max().item() == pytest.approx(0.25, abs=1e-6)
    assert slopes["tanh"].max().item() == pytest.approx(1, abs=1e-6)
    assert slopes["relu"].max() == 1
