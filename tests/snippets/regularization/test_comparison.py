import pytest
import torch
from scipy import stats


def test_what_the_intervals_allow_to_say(run_snippet):
    found = run_snippet("regularization/comparison")
    means, halves = found["means"], found["halves"]
    sure = {name for name in means if means[name] - halves[name] > 0}
    assert sure == {"dropout", "noise", "L2", "L1", "L2 and dropout"}
    assert abs(means["label smoothing"]) < 1.5
    assert min(means["L2"], means["noise"]) > max(means["early stopping"], means["dropout"], means["L1"])
    assert abs(means["L2 and dropout"] - means["L2"]) < 1.5
    spreads = [100 * torch.tensor(scores).std() for scores in found["found"].values()]
    assert min(spreads) > 0.9 and max(spreads) < 3.1


def test_the_interval_is_students(run_snippet):
    found = run_snippet("regularization/comparison")
    assert stats.t.ppf(0.975, 3) == pytest.approx(3.18, abs=0.005)
    assert all(len(scores) == 4 for scores in found["found"].values())
    assert len({len(trials) for name, trials in found["settings"].items() if name != "nothing"}) == 1
