import pytest
import torch


def test_the_better_centered_and_scaled_the_faster(run_snippet):
    losses = {name: loss[-1] for name, loss in run_snippet("preprocessing/images")["losses"].items()}
    raw, unit, symmetric, standardized = losses.values()
    assert raw > 1.5 > 0.2 > unit > symmetric > standardized
    assert [round(loss, 2) for loss in (unit, symmetric, standardized)] == [0.15, 0.07, 0.04]


def test_the_ranges_are_what_they_are_called(run_snippet):
    ranges = run_snippet("preprocessing/images")["ranges"]
    bounds = {"0 to 255": (0, 255), "0 to 1": (0, 1), "-1 to 1": (-1, 1)}
    for name, ends in bounds.items():
        assert (ranges[name].min().item(), ranges[name].max().item()) == pytest.approx(ends)
    assert ranges["standardized"].mean().abs() < 1e-5
    assert torch.isclose(ranges["standardized"].std(), torch.tensor(1.0), atol=1e-3)


def test_no_best_rate_is_at_the_end_of_the_grid_where_training_fails(run_snippet):
    best = run_snippet("preprocessing/images")["best"]
    assert best["0 to 255"] < 0.1 and best["standardized"] >= 0.3
