import itertools

import pytest


def test_doubling_helps_the_wide_and_the_narrow_levels_off(run_snippet):
    found = run_snippet("overfitting/size")
    errors, counts = found["errors"], found["counts"]
    wide = [errors[128, count] for count in counts]
    assert all(later < 0.7 * earlier for earlier, later in itertools.pairwise(wide))
    assert wide[-1] == pytest.approx(0.03, abs=0.005)
    assert errors[4, 1280] == pytest.approx(0.24, abs=0.02) and errors[4, 1280] > 0.85 * errors[4, 640]
    assert all(errors[4, c] > errors[16, c] > errors[128, c] for c in counts)
