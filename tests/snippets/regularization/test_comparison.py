import pytest
from scipy import stats


def test_all_help_and_together_is_not_more(run_snippet):
    found = run_snippet("regularization/comparison")
    means = found["means"]
    assert min(means.values()) > 1
    assert min(means["L2"], means["noise"]) > max(means["early stopping"], means["dropout"])
    assert abs(means["L2 and dropout"] - means["L2"]) < 1.5


def test_the_interval_is_students(run_snippet):
    found = run_snippet("regularization/comparison")
    assert stats.t.ppf(0.975, 3) == pytest.approx(3.18, abs=0.005)
    assert all(len(scores) == 4 for scores in found["found"].values())
    assert len({len(trials) for name, trials in found["settings"].items() if name != "nothing"}) == 1
