import itertools

import pytest
from sklearn.linear_model import Lasso

from tests.record import find_all, run_block

BLOCKS = find_all()


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


def test_of_equal_columns_l1_favors_one_by_chance_and_the_elastic_net_none():
    block, sizes = BLOCKS["docs/regularization/l1.md#1"], {}
    start = "generator=torch.Generator().manual_seed(0))"
    assert block.count(start) == 1
    for seed in range(6):
        lines = run_block(block.replace(start, start.replace("0", str(seed))))[:2]
        sizes[seed] = alone, both = [[float(size) for size in line.split()[2:]] for line in lines]
        assert alone[3:] == both[3:] == [0, 0, 0] and sum(alone) == pytest.approx(0.95, abs=0.02)
        assert both[:3] == pytest.approx([0.31] * 3, abs=0.011)
    assert sizes[0][0][0] > 0.9 and sizes[4][0][2] > 0.9, "all to one of them"
    assert all(min(sizes[seed][0][:3]) > 0.1 for seed in (1, 2, 3, 5)), "some to each"
