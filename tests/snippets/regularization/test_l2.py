import numpy as np
import pytest


def test_the_flat_direction_goes_first_and_nothing_is_exactly_zero(run_snippet):
    found = run_snippet("regularization/l2")
    way, path = found["way"], found["path"]
    middle = way[len(way) // 2]
    assert middle[1] < 0.5 * middle[0]  # the second weight is the flat one
    assert (path != 0).all() and path[-1].abs().max() < 0.02
    assert (path.norm(dim=1).diff() < 0).all()


def test_the_path_is_that_of_ridge(run_snippet):
    found = run_snippet("regularization/l2")
    x, y, penalty = found["x"].numpy(), found["y"].numpy(), float(found["penalties"][20])
    rows = np.vstack([x, penalty**0.5 * np.eye(10)])
    expected = np.linalg.lstsq(rows, np.append(y, np.zeros(10)), rcond=None)[0]
    assert found["path"][20].numpy() == pytest.approx(expected, abs=1e-9)
