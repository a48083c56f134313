import math
import statistics

import pytest
from scipy import stats


def test_ten_seeds_do_not_tell_the_first_five_apart(run_snippet):
    found = run_snippet("activations/search_table_power")
    assert found["z"].item() ** 2 * 2 == pytest.approx(15.7, abs=0.01)
    needed = {network: n.tolist() for network, n in found["needed"].items()}
    assert sum(n > 10 for line in needed.values() for n in line) >= 8
    assert all(sum(n > 10 for n in line) >= 2 for line in needed.values())
    assert min(n for line in needed.values() for n in line) == 2
    assert (
        max(needed["CNN"]) == 18 and max(needed["MLP"]) == 450 and 3000 < max(needed["residual CNN"]) < 4000
    )
    residual = {name: statistics.mean(runs) for name, runs in found["runs"]["residual CNN"].items()}
    assert sorted(residual, key=residual.get)[-2:] == ["relu", "swish"]
    assert needed["residual CNN"][0] == pytest.approx(150, abs=10)
    for runs in found["runs"].values():
        five = sorted(runs.values(), key=statistics.mean)[-5:]
        spreads = statistics.mean(map(statistics.variance, five)) ** 0.5
        if runs is not found["runs"]["deep MLP"]:
            assert spreads > 1 and 1.45 < spreads * (15.7 / 10) ** 0.5 < 1.85
    power = stats.norm  # the formula against scipy's normal distribution
    n, s, gap = 40, 1.2, (15.7 / 40) ** 0.5 * 1.2
    assert power.sf(power.ppf(0.975) - gap / (s * (2 / n) ** 0.5)) == pytest.approx(0.8, abs=0.001)


@pytest.mark.parametrize("effect", [0.2, 0.5, 1.0, 1.5, 2.0, 2.8])
def test_a_t_test_needs_up_to_two_seeds_more(effect):
    def found(n):  # share of all experiments, with a difference of so many spreads
        edge = stats.t.ppf(0.975, 2 * n - 2)
        return stats.nct.sf(edge, 2 * n - 2, effect * (n / 2) ** 0.5)

    formula = math.ceil(15.7 / effect**2)
    needed = next(n for n in range(2, 1000) if found(n) >= 0.8)
    assert formula < needed <= formula + 2
