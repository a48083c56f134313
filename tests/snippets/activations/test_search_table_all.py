import pytest

from lego.activations import SEARCH_CANDIDATES


def test_over_three_networks_swish_is_first_and_the_two_last_are_last(run_snippet):
    found = run_snippet("activations/search_table_all")
    means, order = found["means"], found["order"]
    assert set(order) == set(SEARCH_CANDIDATES)  # with more rows in the table, the page has more to say
    assert order[0] == "swish" and set(order[-2:]) == {"sinc(x) + x", "x * arcsinh(x)^2"}
    sums = [sum(means[name].values()) for name in order]
    assert sums == sorted(sums, reverse=True)
    for network in ("CNN", "residual CNN"):
        assert max(means[name][network] for name in order[-2:]) < min(
            means[name][network] for name in order[:-2]
        )
    for name, line in found["runs"].items():
        for network, runs in line.items():
            assert len(runs) == 10 and means[name][network] == pytest.approx(sum(runs) / 10)
