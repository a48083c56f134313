import math

import numpy as np
import pytest


def test_the_deeper_the_narrower(run_snippet):
    found = run_snippet("initialization/edge_of_chaos_depth")
    four, ten, many = found["scores"].tolist()
    assert min(four) > 0.45
    assert [max(range(6), key=row.__getitem__) for row in (four, ten, many)] == [3, 3, 3]
    assert many[3] > 0.8 and many[2] > 0.6 and max(many[0], many[1], many[5]) < 0.2 < many[4] < 0.6
    assert all(a >= b - 0.05 for a, b in zip(four, ten, strict=True) if (a, b) != (four[3], ten[3]))
    assert found["scales"][2] == math.inf
    for scale, weight in zip(found["scales"][3:], found["weights"][3:], strict=True):
        q = 1.0
        for _ in range(2000):
            q = weight**2 * gauss(lambda z, q=q: np.tanh(np.sqrt(q) * z) ** 2)
        slope = weight**2 * gauss(lambda z, q=q: (1 - np.tanh(np.sqrt(q) * z) ** 2) ** 2)
        assert scale == pytest.approx(1 / abs(math.log(slope)), rel=1e-3)


def gauss(function):
    z, shares = np.polynomial.hermite_e.hermegauss(201)
    return (shares * function(z)).sum() / shares.sum()
