import pytest


def test_large_steps_kill_and_small_ones_do_not_revive(run_snippet, capsys):
    found = run_snippet("activations/dying_relu_rate")
    share, scores = found["share"], found["scores"]
    printed = capsys.readouterr().out
    assert all(
        f"{path[-1]:.0%} at the end, accuracy {scores[rate]:.2f}" in printed for rate, path in share.items()
    )
    assert all(path[0] < 0.2 and len(path) == 300 for path in share.values())
    assert max(share[1][:10]) >= 0.5 and 0.7 < share[4][9] < 0.95, "within ten steps"
    assert share[4][40] > 0.9 and share[4][-1] > 0.9
    assert 0.4 < share[1][149] < 0.7 and abs(share[1][-1] - share[1][149]) < 0.05
    assert max(share[1][200:]) - min(share[1][200:]) < 0.03, "the small rate moves hardly any unit"
    assert share[0.1][-1] <= share[0.1][0]
    assert scores[4] < 0.5 < 0.8 < scores[0.1]
    assert scores[1] > 0.95, "half of the units are enough"


@pytest.mark.parametrize("seed", range(3))
def test_at_that_rate_a_leak_does_not_save_the_run(seed):
    from functools import partial

    import torch
    from torch import nn

    from lego.datasets import spirals
    from lego.stack import mlp
    from lego.training import fit

    for activation in (partial(nn.LeakyReLU, 0.1), nn.ELU):
        rng = torch.Generator().manual_seed(seed)
        points = spirals(count=500, generator=rng)
        model = mlp([2, 64, 64, 3], activation, generator=rng)
        with pytest.raises(FloatingPointError):
            fit(model, *points.train, steps=150, lr=4, batch_size=64, generator=rng)
