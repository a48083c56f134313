import pytest


def test_every_limit_saves_the_run_and_none_the_accuracy(run_snippet):
    scores = run_snippet("gradients/clipping_rescue")["scores"]
    assert scores[2, None] == [0, 0, 0]  # no longer finite
    right = min(scores[1, None])
    assert all(len(scores[2, limit]) == 3 for limit in (10, 1, 0.1))
    assert max(scores[2, 10]) < right and min(scores[2, 10]) > max(scores[2, 1])
    means = {limit: sum(scores[2, limit]) / 3 for limit in (10, 1, 0.1)}
    assert means == pytest.approx({10: 0.89, 1: 0.72, 0.1: 0.26}, abs=0.02)
    assert sum(scores[1, None]) / 3 == pytest.approx(0.94, abs=0.01)


def test_diagnose_tells_the_two_causes_apart():
    import torch

    from lego.diagnostics import diagnose
    from lego.stack import mlp

    rng = torch.Generator().manual_seed(0)
    batch = torch.randn(256, 64, generator=rng), torch.randint(10, (256,), generator=rng)
    names = {}
    for scale, lr in ((2, 0.1), (1, 10.0)):
        model = mlp([64] * 6 + [10], generator=rng)
        for layer in model[::2]:
            layer.weight.data *= scale
        report = diagnose(model, batch, optimizer=torch.optim.SGD(model.parameters(), lr=lr))
        names[scale] = [finding.name for finding in report.findings]
    assert "exploding gradient" in names[2] and names[1] == ["learning rate too high"]
