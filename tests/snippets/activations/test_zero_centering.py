import pytest
import torch


def test_one_example_gives_one_sign_and_a_batch_mixes_them(run_snippet):
    found = run_snippet("activations/zero_centering")
    shares = found["shares"]
    assert shares["sigmoid", "at zero"][0] == shares["sigmoid", "fitted"][0] == 1
    assert min(shares["sigmoid", "at zero"]) < 0.6 and shares["sigmoid", "at zero"][-1] > 0.85
    fitted = shares["sigmoid", "fitted"]
    assert fitted == sorted(fitted, reverse=True) and fitted[-1] < 0.25
    assert max(shares["tanh", "at zero"]) == 0


def test_the_gradient_of_one_example_is_that_of_autograd(run_snippet):
    found = run_snippet("activations/zero_centering")
    x, target, (first, second) = found["x"][:1], found["target"][:1], found["weights"]
    second = second.clone().requires_grad_()
    loss = (torch.sigmoid(x @ first) @ second - target).square().sum() / 2
    (gradient,) = torch.autograd.grad(loss, second)
    assert all(len(set(column.sign().tolist())) == 1 for column in gradient.T)
    assert len(set(gradient.sign().flatten().tolist())) == 2
    assert gradient[0, 0].item() == pytest.approx(
        (torch.sigmoid(x @ first)[0, 0] * (torch.sigmoid(x @ first) @ second - target)[0, 0]).item()
    )
