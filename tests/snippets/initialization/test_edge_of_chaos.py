import math
from itertools import pairwise

import numpy as np
import pytest

from lego.propagation import chi, critical, fixed_point


def test_the_edge_of_each_activation(run_snippet):
    found = run_snippet("initialization/edge_of_chaos")
    edge = {name: list(edges) for name, edges in found["edges"].items()}
    assert edge["relu"] == pytest.approx([2**0.5] * len(found["biases"]), abs=0.01)
    for bias, place in zip(found["biases"][1:], edge["tanh"][1:], strict=True):
        assert place == pytest.approx(critical("tanh", bias**2) ** 0.5, abs=0.01)
    assert edge["tanh"][0] == pytest.approx(1, abs=0.01) and all(a < b for a, b in pairwise(edge["tanh"]))
    assert edge["gelu"][3:] == pytest.approx([1.4] * 3, abs=0.01)


def test_gelu_has_no_edge_at_small_biases(run_snippet):
    jumps = {
        name: list(where) for name, where in run_snippet("initialization/edge_of_chaos")["jumps"].items()
    }
    assert jumps["gelu"] == [True] * 3 + [False] * 3 and not any(jumps["relu"] + jumps["tanh"])
    for bias in (0.05, 0.2):
        place = critical("gelu", bias**2)
        left, right = (fixed_point("gelu", share * place, bias**2) for share in (0.999, 1.001))
        assert left < 0.2 and math.isinf(right)
        assert chi("gelu", left, place) < 0.75 and chi("gelu", 1e6, place) > 1.1
    assert math.isinf(fixed_point("gelu", 0.999 * critical("gelu")))  # what holds for tiny signals
    for name in ("silu", "mish"):
        place = critical(name, 0.01)
        assert math.isfinite(fixed_point(name, 0.999 * place, 0.01))
        assert math.isinf(fixed_point(name, 1.001 * place, 0.01))


def test_relus_factor_is_half_the_variance_of_the_weights(run_snippet):
    found = run_snippet("initialization/edge_of_chaos")
    assert found["maps"]["relu"] == pytest.approx(
        np.tile(found["weights"] ** 2 / 2, (len(found["biases"]), 1)), rel=1e-6
    )
