import pytest
import torch


def test_positive_inputs_move_both_weights_the_same_way(run_snippet):
    found = run_snippet("activations/zero_centering_single")
    assert (found["outputs"] > 0).all()
    assert found["same"]["sigmoid"] == 1 and 0.3 < found["same"]["sigmoid minus 1/2"] < 0.7
    sigmoid, centered = (len(axes.lines[0].get_xdata()) - 1 for axes in found["panels"])
    assert sigmoid > 2.5 * centered
    assert found["length"]["sigmoid"] > 1.4 * found["length"]["sigmoid minus 1/2"]


def test_the_path_turns_between_two_directions(run_snippet):
    axes = run_snippet("activations/zero_centering_single")["panels"][0]
    steps = torch.as_tensor(axes.lines[0].get_xydata()).diff(dim=0)
    up = steps[:, 0] > 0
    assert torch.equal(up, steps[:, 1] > 0) and (up.diff() != 0).sum() > 10


def test_a_step_is_that_of_autograd(run_snippet):
    found = run_snippet("activations/zero_centering_single")
    inputs = found["cases"]["sigmoid"]
    weights = torch.as_tensor(found["panels"][0].lines[0].get_xydata())
    w = weights[7].clone().requires_grad_()
    h = inputs[7].double()
    loss = ((w - found["best"].double()) @ h).square() / 2
    (gradient,) = torch.autograd.grad(loss, w)
    rate = 0.5 / (inputs.double() ** 2).sum(1).mean()
    assert weights[8].tolist() == pytest.approx((weights[7] - rate * gradient).tolist(), abs=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_it_is_so_for_other_draws(seed):
    def path(inputs):
        w, length, best = torch.zeros(2), 0, torch.tensor([1.0, -1.0])
        for h in inputs:
            step = -0.5 / inputs.square().sum(1).mean() * ((w - best) @ h) * h
            w, length = w + step, length + step.norm().item()
        return length

    outputs = torch.sigmoid(2 * torch.randn(1000, 2, generator=torch.Generator().manual_seed(seed)))
    assert path(outputs) > 1.3 * path(outputs - 0.5)
