from itertools import pairwise

import pytest


def test_small_weights_give_a_level_line_far_too_low(run_snippet):
    small, right, large = run_snippet("initialization/scale_gradients")["norms"].values()
    assert max(small) / min(small) < 1.5 and max(right) / min(right) < 1.5
    assert all(500 < one / other < 2000 for one, other in zip(right, small, strict=True))
    assert all(0.4 < norm < 0.55 for norm in right)
    assert all(a > b for a, b in pairwise(large)) and large[0] > 4 * large[-1]
    assert (large[-1], large[0]) == pytest.approx((1.4, 6.6), rel=0.1)
