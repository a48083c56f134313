import pytest


def test_a_slope_large_enough_revives_units(run_snippet):
    found = run_snippet("activations/dying_relu_rescue")
    share, scores = found["share"], found["scores"]
    for name in ("ReLU", "slope 0.01", "slope 0.2", "ELU"):
        assert share[name][0] > 0.9, f"{name} does not start off"
    assert set(share["ReLU"]) == {1.0}, "a dead layer passes on no gradient"
    assert share["slope 0.01"][-1] > 0.9
    assert 0.25 < share["slope 0.2"][-1] < 0.45
    assert share["ELU"][150] == pytest.approx(1 / 7, abs=0.03)
    assert share["ELU"][-1] == pytest.approx(0.1, abs=0.03)
    assert max(share["ReLU, bias 0"]) < 0.1
    assert max(scores["ReLU"], scores["slope 0.01"]) < 0.45
    assert min(scores["slope 0.2"], scores["ELU"]) > 0.7
    assert scores["ReLU, bias 0"] > 0.95


def test_dead_layers_keep_their_weights_bit_by_bit():
    import torch
    from torch import nn

    from lego.datasets import spirals
    from lego.stack import mlp
    from lego.training import fit

    rng = torch.Generator().manual_seed(1)
    points = spirals(count=500, generator=rng)
    model = mlp([2, 64, 64, 3], "relu", generator=rng)
    for layer in model[0], model[2]:
        nn.init.constant_(layer.bias, -3)
    assert (model[:3](points.train.inputs) < 0).all(), "the second layer is off everywhere"
    before = [parameter.detach().clone() for parameter in model.parameters()]
    fit(model, *points.train, steps=50, lr=0.4, batch_size=64, generator=rng)
    moved = [not torch.equal(*pair) for pair in zip(before, model.parameters(), strict=True)]
    assert moved == [False] * 5 + [True], "only the last bias still learns"


def test_diagnose_names_the_dead_units():
    import torch
    from torch import nn

    from lego.datasets import spirals
    from lego.diagnostics import diagnose
    from lego.stack import mlp

    rng = torch.Generator().manual_seed(0)
    points = spirals(count=500, generator=rng)
    model = mlp([2, 64, 64, 3], "relu", generator=rng)
    assert "dead units" not in [finding.name for finding in diagnose(model, points.train).findings]
    for layer in model[0], model[2]:
        nn.init.constant_(layer.bias, -3)
    assert "dead units" in [finding.name for finding in diagnose(model, points.train).findings]
