import pytest


def test_each_remedy_lets_the_gradient_through(run_snippet):
    found = run_snippet("gradients/remedies")
    norms, scores = found["norms"], found["scores"]
    assert norms["nothing"][0] / norms["nothing"][-1] < 1e-8 and scores["nothing"] < 0.2
    for name in ("larger weights", "tanh instead", "batch norm", "shortcuts"):
        assert norms[name][0] > 1e-2 and max(norms[name]) / min(norms[name]) < 150
        assert scores[name] > 0.2
    assert (
        set(sorted(scores, key=scores.get)[-2:]) == {"tanh instead", "batch norm"}
        and scores["tanh instead"] > 0.9
    )
    for name in ("tanh instead", "batch norm"):
        assert all(0.15 < norm < 0.75 for norm in norms[name])
    assert norms["shortcuts"][-1] == pytest.approx(55, rel=0.05)


def test_relu_needs_its_own_weights_too(run_snippet):
    import torch

    from lego.diagnostics import gradient_norms
    from lego.stack import mlp

    found = run_snippet("gradients/remedies")
    norms = {}
    for init in ("xavier_normal", "he_normal"):
        model = mlp(found["widths"], "relu", init=init, generator=torch.Generator().manual_seed(0))
        norms[init] = list(gradient_norms(model, found["x"][:1000], found["y"][:1000]).values())
    pairs = zip(norms["xavier_normal"], norms["he_normal"], strict=True)
    assert all(small < large / 100 for small, large in pairs)


def test_the_shortcuts_net_is_sixteen_layers_of_the_same_kind(run_snippet):
    import torch

    found = run_snippet("gradients/remedies")
    x = found["x"][:5]
    h = x
    for block in found["blocks"]:
        linear, bend = block
        h = h + bend(linear(h))
    assert torch.equal(found["nets"]["shortcuts"](x), found["plain"][-1](h))


def test_each_shortcut_adds_the_mean_of_a_sigmoid(run_snippet):
    import torch

    from lego.stack import mlp

    found = run_snippet("gradients/remedies")
    generator = torch.Generator().manual_seed(0)
    model = mlp(found["widths"], "sigmoid", init="xavier_normal", generator=generator)  # not trained yet
    h = found["x"][:1000]
    for i in range(0, 30, 2):
        h = h + model[i : i + 2](h)
    assert h.mean().item() == pytest.approx(7.5, abs=0.5)
