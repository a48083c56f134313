import math

import pytest


def test_the_losses_agree_and_the_gradients_do_not(run_snippet):
    found = run_snippet("gradients/vanishing_flat")
    losses, norms = found["losses"], found["norms"]
    assert losses["A"].item() == pytest.approx(math.log(2), abs=0.01)
    assert losses["B"].item() == pytest.approx(losses["A"].item(), abs=0.01)
    assert max(norms["A"]) / min(norms["A"]) < 10
    assert norms["B"][-1] / norms["B"][0] > 5e4


def test_a_shallow_net_learns_what_the_paralyzed_one_does_not(run_snippet):
    import torch

    from lego.stack import mlp
    from lego.training import accuracy, fit

    found = run_snippet("gradients/vanishing_flat")
    generator = torch.Generator().manual_seed(0)
    shallow = mlp([2, 32, 2], "sigmoid", init="xavier_normal", generator=generator)
    x, product = found["x"][:4000], found["product"][:4000]
    fit(shallow, x, product, steps=1500, lr=2.0, batch_size=256, generator=generator)
    assert accuracy(shallow, x, product) > 0.95
