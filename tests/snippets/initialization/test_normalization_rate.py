from itertools import pairwise

import pytest


def test_behind_a_norm_the_relative_step_falls_with_the_square(run_snippet):
    found = run_snippet("initialization/normalization_rate")
    _, batch = found["norms"].values()
    ratios = [a / b for a, b in pairwise(batch)]
    assert ratios == pytest.approx([4] * 5, rel=0.05)
    assert batch[2] / batch[4] == pytest.approx(16, rel=0.05)
    plain, normed = found["outputs"].values()
    assert max(normed) - min(normed) < 0.02 < 0.3 < max(plain) - min(plain)
