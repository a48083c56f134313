import pytest
import torch
import torch.nn.functional as F
from torch import nn

from lego.stack import mlp
from lego.training import accuracy, fit


def test_normalization_forgives_small_weights_and_slows_large_ones(run_snippet):
    scores = run_snippet("initialization/normalization")["scores"]
    none, batch, layer = scores[None], scores["batch"], scores["layer"]
    assert max(none) == none[3] > 0.85 and max(none[0], none[1]) < 0.2 and none[5] == none[6] == 0
    assert none[3] < min(batch[:3] + layer[:3]) and max(batch + layer) < 0.97, "smaller sizes work as well"
    for found in (batch, layer):
        assert min(found[:4]) > 0.85 and 0.45 < found[6] < 0.7
        assert found[3] > found[4] > found[5] > found[6]


@pytest.mark.parametrize("lr", [0.05, 0.5])
def test_before_or_after_the_activation_is_about_as_good(lr, run_snippet):
    found = run_snippet("initialization/normalization")
    x, y, scores = found["x"], found["y"], {"before": [], "after": []}
    for seed in range(4):
        for order, reached in scores.items():
            rng = torch.Generator().manual_seed(seed)
            model = mlp([64] * 6 + [10], norm="batch", generator=rng)
            if order == "after":
                hidden = [model[i : i + 3] for i in range(0, 15, 3)]
                layers = [layer for linear, norm, bend in hidden for layer in (linear, bend, norm)]
                model = nn.Sequential(*layers, model[-1])
            fit(model, x[:1000], y[:1000], steps=100, lr=lr, batch_size=64, generator=rng)
            reached.append(accuracy(model.eval(), x[1000:], y[1000:]))
    before, after = (sum(reached) / 4 for reached in scores.values())
    assert abs(after - before) < 0.015 and (after > before) == (lr == 0.05)


def test_a_bias_before_batch_norm_has_no_gradient_and_before_layer_norm_it_has_one(run_snippet):
    found = run_snippet("initialization/normalization")
    for norm in ("batch", "layer"):
        model = mlp([64] * 4 + [10], norm=norm, generator=torch.Generator().manual_seed(0))
        F.cross_entropy(model(found["x"][:256]), found["y"][:256]).backward()
        for layer in model[:-1:3]:
            bias, weight = layer.bias.grad.abs().max(), layer.weight.grad.abs().max()
            assert weight > 0.02 and (bias < 1e-6 if norm == "batch" else bias > 0.02)
