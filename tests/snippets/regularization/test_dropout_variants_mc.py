import torch


def test_the_spread_grows_away_from_the_data_and_misses_the_truth(run_snippet):
    found = run_snippet("regularization/dropout_variants_mc")
    spread, inside = found["spread"][:, 0], found["inside"]
    assert spread[[0, -1]].mean() > 2.5 * spread[inside].mean()
    truth = torch.sin(3 * found["line"])
    covered = (truth - found["mean"][:, 0]).abs() < 2 * spread
    assert covered[~inside].double().mean() < 0.5
    assert (found["mean"][inside, 0] - truth[inside]).abs().mean() < 0.15
