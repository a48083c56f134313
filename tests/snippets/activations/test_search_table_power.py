import pytest
from scipy import stats


def test_ten_seeds_do_not_tell_the_first_five_apart(run_snippet):
    found = run_snippet("activations/search_table_power")
    assert found["z"].item() ** 2 * 2 == pytest.approx(15.7, abs=0.01)
    needed = {network: n.tolist() for network, n in found["needed"].items()}
    assert sum(n > 10 for line in needed.values() for n in line) >= 8
    assert min(n for line in needed.values() for n in line) == 2 and max(needed["residual CNN"]) > 3000
    assert needed["residual CNN"][0] == pytest.approx(150, abs=10)
    power = stats.norm  # the formula against scipy's normal distribution
    n, s, gap = 40, 1.2, (15.7 / 40) ** 0.5 * 1.2
    assert power.sf(power.ppf(0.975) - gap / (s * (2 / n) ** 0.5)) == pytest.approx(0.8, abs=0.001)
