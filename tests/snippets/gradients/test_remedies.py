def test_each_remedy_lets_the_gradient_through(run_snippet):
    found = run_snippet("gradients/remedies")
    norms, scores = found["norms"], found["scores"]
    assert norms["nothing"][0] / norms["nothing"][-1] < 1e-8 and scores["nothing"] < 0.2
    for name in ("larger weights", "ReLU with He", "batch norm", "shortcuts"):
        assert norms[name][0] > 1e-2 and max(norms[name]) / min(norms[name]) < 150
        assert scores[name] > 0.2
    assert max(scores, key=scores.get) == "batch norm"
    assert 30 < norms["shortcuts"][-1] < 100


def test_the_shortcuts_net_is_sixteen_layers_of_the_same_kind(run_snippet):
    import torch

    found = run_snippet("gradients/remedies")
    x = found["x"][:5]
    h = x
    for block in found["blocks"]:
        linear, bend = block
        h = h + bend(linear(h))
    assert torch.equal(found["nets"]["shortcuts"](x), found["plain"][-1](h))
