from itertools import pairwise

import numpy as np
import pytest


def test_the_edge_of_each_activation(run_snippet):
    found = run_snippet("initialization/edge_of_chaos")
    weights, biases = found["weights"], found["biases"]
    edge = {
        name: [np.interp(1, row, weights) for row in chi] for name, chi in found["maps"].items()
    }  # chi rises with the weights in each row
    assert edge["relu"] == pytest.approx([2**0.5] * len(biases), abs=0.02)
    assert edge["tanh"][0] == pytest.approx(1, abs=0.05) and edge["tanh"][-1] == pytest.approx(1.85, abs=0.05)
    assert all(a < b for a, b in pairwise(edge["tanh"]))
    assert edge["gelu"][0] > edge["gelu"][-1]


def test_relus_factor_is_half_the_variance_of_the_weights(run_snippet):
    found = run_snippet("initialization/edge_of_chaos")
    assert found["maps"]["relu"] == pytest.approx(
        np.tile(found["weights"] ** 2 / 2, (len(found["biases"]), 1)), rel=1e-6
    )
