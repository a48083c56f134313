import torch

from lego.regularization import l1


def test_the_subgradient_has_no_zeros_and_the_proximal_step_many(run_snippet):
    found = run_snippet("regularization/l1_zeros")["found"]
    subgradient, proximal = found.values()
    assert (subgradient == 0).sum() == 0 and (proximal == 0).sum() == 83
    assert (subgradient[:10].abs() > 1).all() and (proximal[:10].abs() > 1).all()
    assert (proximal[10:].abs() < 0.05).all() and (subgradient[10:].abs() < 0.1).all()


def test_the_weights_that_stay_are_too_small_by_about_the_factor(run_snippet):
    found = run_snippet("regularization/l1_zeros")
    missing = 2 - found["found"]["proximal step"][:10].abs()
    assert 0.25 < missing.mean() < 0.35


def test_of_all_subgradients_at_zero_autograd_takes_0():
    layer = torch.nn.Linear(3, 1)
    torch.nn.init.zeros_(layer.weight)
    l1(layer).backward()
    assert layer.weight.grad.tolist() == [[0, 0, 0]]
