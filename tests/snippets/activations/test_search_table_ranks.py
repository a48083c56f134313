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
    both = found["both"]
    assert [(both[:6, :6].sum() - 6) / 30, both[9, :6].mean()] == pytest.approx([0.70, 0.76], abs=0.005)
    without = found["found"]  # the two last
    assert [(without[:6, :6].sum() - 6) / 30, without[9, :6].mean()] == pytest.approx([0.39, 0.49], abs=0.005)
    convolutions = [*range(6), 8, 9]
    assert both[convolutions][:, convolutions].min() > 0.3
    others = both[6, [*range(6), 7, 9]]
    assert others.abs().max() < 0.3 and 0.25 < both[6, 8] < 0.4  # nobody, and the CNN hardly


def test_the_papers_numbers_are_those_of_the_page_of_the_search(run_snippet):
    ours, page = (
        run_snippet(f"activations/{name}")["published"] for name in ("search_table_ranks", "search")
    )
    assert ours == page
