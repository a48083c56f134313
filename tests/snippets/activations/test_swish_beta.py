import pytest


def test_beta_moves_and_three_starts_end_apart(run_snippet):
    found = run_snippet("activations/swish_beta")
    learned = found["learned"]
    assert all(abs(beta - 4) < 0.1 for beta in learned[4.0])
    assert all(1.15 < beta < 1.4 for beta in learned[1.0])
    assert all(0.5 < beta < 0.9 for beta in learned[0.25])
    last = [sum(losses[-50:]) / 50 for losses in found["losses"].values()]
    assert max(last) < 0.1


def test_they_are_still_apart_after_1000_steps():
    import torch

    from lego.activations import Swish
    from lego.datasets import digits
    from lego.preprocessing import Standardize
    from lego.stack import mlp
    from lego.training import fit

    x, y = digits().train
    x = Standardize(x)(x)
    ends, losses = [], []
    for start in (0.25, 1.0, 4.0):
        generator = torch.Generator().manual_seed(0)
        model = mlp([64, 64, 64, 64, 10], lambda start=start: Swish(beta=start), generator=generator)
        loss = fit(model, x, y, steps=1000, lr=0.1, batch_size=64, generator=generator).loss
        ends.append([layer.beta.item() for layer in model if isinstance(layer, Swish)])
        losses.append(sum(loss[-50:]) / 50)
    assert max(ends[0]) < min(ends[1]) < max(ends[1]) < min(ends[2])
    assert max(losses) < 0.003, "all three know the training set by heart"
    assert ends[2] == pytest.approx([4, 4, 4], abs=0.1)
