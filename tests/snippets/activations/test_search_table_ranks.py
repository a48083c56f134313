import statistics

import pytest
from scipy import stats

from tests.snippets.activations.test_search_table import scores


def test_our_residual_net_agrees_with_the_paper_as_the_paper_does(run_snippet):
    found = run_snippet("activations/search_table_ranks")
    table = list(zip(*found["published"].values(), strict=True))
    ours = [
        [statistics.mean(scores(network)[name]) for name in found["published"]]
        for network in found["networks"]
    ]
    paper = statistics.mean(
        stats.spearmanr(one, other).statistic for one in table for other in table if one is not other
    )
    residual = statistics.mean(stats.spearmanr(ours[3], column).statistic for column in table)
    assert paper == pytest.approx(0.70, abs=0.03) and residual > paper  # ties count a little otherwise here
    mlp = [stats.spearmanr(ours[0], column).statistic for column in table]
    assert max(mlp) < 0.3
    assert found["both"][9, 1] > 0.9
