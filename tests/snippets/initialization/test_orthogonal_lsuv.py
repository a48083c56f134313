import pytest


def test_lsuv_has_variance_one_everywhere(run_snippet):
    variances = run_snippet("initialization/orthogonal_lsuv")["variances"]
    assert variances["lsuv"] == pytest.approx([1] * 15, rel=0.01)
    assert variances["he_normal"][0] < 5 and 100 < variances["he_normal"][-1] < 200
