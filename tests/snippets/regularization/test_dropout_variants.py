import pytest


def test_batch_norm_after_dropout_shifts_and_before_it_does_not(run_snippet):
    found = run_snippet("regularization/dropout_variants")
    after, before = found["ratios"].values()
    assert before == pytest.approx([1] * 5, abs=0.05)
    assert after[0] == pytest.approx(1, abs=0.05) and after == sorted(after, reverse=True)
    # the mean square of half-normal inputs is 1/2, their variance 1/2 - 1/(2 pi)
    for share, variance in zip(found["shares"], after, strict=True):
        seen = 0.5 / (1 - share) - 1 / (2 * 3.14159265)
        assert variance == pytest.approx((0.5 - 1 / (2 * 3.14159265)) / seen, abs=0.04)
