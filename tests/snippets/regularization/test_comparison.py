import pytest
import torch
from scipy import stats


def test_what_the_intervals_allow_to_say(run_snippet):
    found = run_snippet("regularization/comparison")
    means, halves = found["means"], found["halves"]
    sure = {name for name in means if means[name] - halves[name] > 0}
    assert sure == {"dropout", "noise", "L2", "L1", "L2 and dropout", "L2 and noise"}
    gains = {"early stopping": 1.3, "label smoothing": -0.7, "dropout": 4.1, "noise": 6.8}
    gains |= {"L2": 7.9, "L1": 4.8, "L2 and dropout": 7.2, "L2 and noise": 8.3}
    assert means == pytest.approx(gains, abs=0.5)
    assert min(means["L2"], means["noise"]) > max(means["early stopping"], means["dropout"], means["L1"])
    spreads = [100 * torch.tensor(scores).std() for scores in found["found"].values()]
    assert min(spreads) > 0.9 and max(spreads) < 3.1
    best = sorted(means, key=means.get)[-4:]
    assert set(best) == {"noise", "L2", "L2 and dropout", "L2 and noise"}
    assert max(means[name] - halves[name] for name in best) < min(means[name] + halves[name] for name in best)


@pytest.mark.parametrize(("other", "more", "half"), [("noise", 0.4, 1.2), ("dropout", -0.7, 0.4)])
def test_neither_pair_is_shown_to_beat_l2_alone(run_snippet, other, more, half):
    found = run_snippet("regularization/comparison")["found"]
    difference = 100 * (torch.tensor(found[f"L2 and {other}"]) - torch.tensor(found["L2"]))
    low, high = stats.t.interval(0.95, 3, difference.mean(), stats.sem(difference))
    assert low < 0 and ((low + high) / 2, (high - low) / 2) == pytest.approx((more, half), abs=0.3)


def test_the_interval_is_students(run_snippet):
    found = run_snippet("regularization/comparison")
    assert stats.t.ppf(0.975, 3) == pytest.approx(3.18, abs=0.005)
    assert all(len(scores) == 4 for scores in found["found"].values())
    assert len({len(trials) for name, trials in found["settings"].items() if name != "nothing"}) == 1


def test_a_point_takes_eighteen_seeds_and_three_take_five_points():
    def half(seeds):
        return stats.t.ppf(0.975, seeds - 1) * 2 / seeds**0.5

    assert half(18) < 1 < half(17) and half(3) == pytest.approx(5, abs=0.05)
    assert stats.t.ppf(0.975, 2) == pytest.approx(4.3, abs=0.01)
