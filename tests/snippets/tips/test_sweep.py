import statistics

import pytest
import torch

from lego.experiments import bootstrap


def test_dropout_helps_and_the_intervals_overlap_among_the_rates(run_snippet):
    found = run_snippet("tips/sweep")
    scores = {
        rate: [row["accuracy"] for row in found["rows"] if row["dropout"] == rate] for rate in found["rates"]
    }
    assert all(len(runs) == 8 and len(set(runs)) > 4 for runs in scores.values())
    mean = {rate: statistics.mean(runs) for rate, runs in scores.items()}
    assert min(mean, key=mean.get) == 0.0 and max(mean.values()) - mean[0.0] > 0.5
    assert max(mean[rate] for rate in (0.25, 0.5, 0.75)) - min(mean[rate] for rate in (0.25, 0.5, 0.75)) < 0.6


def test_the_width_of_the_interval_that_the_page_asks_for():
    runs = torch.randn(8, generator=torch.Generator().manual_seed(0))
    low, high = bootstrap(90 + 0.6 * (runs - runs.mean()) / runs.std())
    assert high - low == pytest.approx(0.77, abs=0.01) and round(4 * 0.6 / 8**0.5, 2) == 0.85
