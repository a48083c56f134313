import math

import pytest


def test_gelu_is_the_average_of_a_random_gate(run_snippet):
    found = run_snippet("activations/gelu")
    x, average = found["x"].double(), found["average"].double()
    for v, mean in zip(x.tolist(), average.tolist(), strict=True):
        p = (1 + math.erf(v / math.sqrt(2))) / 2
        assert abs(mean - v * p) < 4.5 * abs(v) * math.sqrt(p * (1 - p) / 4000) + 1e-6
    assert found["distance"] < 0.03
    assert found["lowest"] == pytest.approx(-0.16997, abs=1e-4)
