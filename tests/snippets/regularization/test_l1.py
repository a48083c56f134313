import itertools

import pytest
from sklearn.linear_model import Lasso


def test_l1_drops_coefficients_and_l2_none(run_snippet):
    found = run_snippet("regularization/l1")
    left = [(row != 0).sum().item() for row in found["lasso"]]
    assert left[0] == 10 and left[-1] == 0 and left[15] < 10
    assert all(later <= earlier + 1 for earlier, later in itertools.pairwise(left))
    assert (found["squares"] != 0).all()


def test_the_path_is_scikit_learns_lasso(run_snippet):
    found = run_snippet("regularization/l1")
    x, y = found["x"].numpy(), found["y"].numpy()
    for row in (5, 15, 25):
        alpha = float(found["penalties"][row]) / len(x)
        lasso = Lasso(alpha=alpha, fit_intercept=False, tol=1e-12, max_iter=100_000).fit(x, y)
        assert found["lasso"][row].numpy() == pytest.approx(lasso.coef_, abs=0.01)
