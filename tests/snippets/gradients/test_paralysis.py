import pytest
import torch


def test_one_stays_at_chance_and_three_come_back(run_snippet):
    found = run_snippet("gradients/paralysis")
    scores = found["scores"]
    assert scores["sigmoid"] < 0.2
    assert scores["tanh"] > 0.9
    assert scores["sigmoid, batch norm"] > 0.9
    assert 0.35 < scores["sigmoid, weights × 6"] < 0.8  # the slowest way
    larger = found["axes"].lines[2]
    assert "weights × 6" in larger.get_label() and larger.get_ydata()[-1] == pytest.approx(1.5, abs=0.15)


def test_the_flat_loss_is_that_of_chance(run_snippet):
    found = run_snippet("gradients/paralysis")
    output = found["nets"]["sigmoid"](found["x"])
    loss = torch.nn.functional.cross_entropy(output, found["y"])
    assert abs(loss.item() - torch.tensor(10.0).log().item()) < 0.05


@pytest.mark.parametrize(
    ("scale", "lr", "steps"),
    [(2, 0.1, 240), (40, 0.1, 240), (1, 1.0, 240), (1, 10.0, 240), (1, 0.1, 1000)],
)
def test_neither_other_weights_nor_larger_or_more_steps_bring_it_back(run_snippet, scale, lr, steps):
    from lego.stack import mlp
    from lego.training import accuracy, fit

    found, rng = run_snippet("gradients/paralysis"), torch.Generator().manual_seed(0)
    model = mlp(found["widths"], "sigmoid", init="xavier_normal", generator=rng)
    for layer in model[:-1:2]:
        layer.weight.data *= scale
    fit(model, found["x"], found["y"], steps=steps, lr=lr, batch_size=64, generator=rng)
    score = accuracy(model, *found["held_out"])
    assert score == pytest.approx(0.2, abs=0.03) if scale == 40 else score < 0.15
