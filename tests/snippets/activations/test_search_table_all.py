import statistics

import pytest
from scipy import stats

from lego.activations import ACTIVATIONS, SEARCH_CANDIDATES


def test_what_the_page_says_of_all_activations(run_snippet):
    found = run_snippet("activations/search_table_all")
    means, order, runs = found["means"], found["order"], found["runs"]
    assert set(order) == {*SEARCH_CANDIDATES, *ACTIVATIONS} and len(order) == 26
    sums = [sum(means[name].values()) for name in order]
    assert sums == sorted(sums, reverse=True)
    assert set(order[:5]) == {"acon_a", "swish", "silu", "hardswish", "gelu"} and order[0] == "acon_a"
    assert order.index("relu") == 8 and (sums[0] - sums[8]) / 3 == pytest.approx(1.6, abs=0.05)
    residual = [means[name]["residual CNN"] for name in order[:13]]
    assert max(residual) - min(residual) < 3

    apart = {
        network: abs(means["acon_a"][network] - means["swish"][network]) for network in found["networks"]
    }
    assert runs["acon_a"]["MLP"] == runs["swish"]["MLP"] and 0.1 < max(apart.values()) < 0.35
    assert (
        min(runs["mish"]["CNN"]) == pytest.approx(40, abs=0.5) and statistics.median(runs["mish"]["CNN"]) > 92
    )

    ahead = (sum(means["acon_c"].values()) - sum(means["relu"].values())) / 3
    assert ahead == pytest.approx(0.1, abs=0.05)
    failed, *others = sorted(runs["acon_c"]["MLP"])
    assert failed == pytest.approx(32, abs=0.5) and statistics.mean(others) > means["acon_a"]["MLP"]
    for network in found["networks"]:
        assert stats.ttest_ind(runs["acon_c"][network], runs["relu"][network], equal_var=False).pvalue > 0.1

    for network, (lowest, highest) in {
        "CNN": (-6.5, -5.5),
        "residual CNN": (-2.2, -1),
        "MLP": (0, 1.5),
    }.items():
        assert lowest < means["elu"][network] - means["relu"][network] < highest
    for line in runs.values():
        for network, scores in line.items():
            assert len(scores) == 10, network
