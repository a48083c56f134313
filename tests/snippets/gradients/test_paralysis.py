import torch


def test_one_stays_at_chance_and_three_come_back(run_snippet, capsys):
    scores = run_snippet("gradients/paralysis")["scores"]
    assert scores["sigmoid"] < 0.2
    assert scores["tanh"] > 0.9
    assert scores["sigmoid, batch norm"] > 0.9
    assert 0.35 < scores["sigmoid, weights × 6"] < 0.8  # the slowest way


def test_the_flat_loss_is_that_of_chance(run_snippet):
    found = run_snippet("gradients/paralysis")
    output = found["nets"]["sigmoid"](found["x"])
    loss = torch.nn.functional.cross_entropy(output, found["y"])
    assert abs(loss.item() - torch.tensor(10.0).log().item()) < 0.05
