from itertools import pairwise

import pytest


def test_behind_a_norm_the_relative_step_falls_with_the_square(run_snippet):
    found = run_snippet("initialization/normalization_rate")
    _, batch = found["norms"].values()
    ratios = [a / b for a, b in pairwise(batch)]
    assert ratios == pytest.approx([4] * 5, rel=0.05)
    assert batch[2] / batch[4] == pytest.approx(16, rel=0.05)
    plain, normed = found["outputs"].values()
    assert max(normed) - min(normed) < 0.02 < 0.3 < max(plain) - min(plain)


def test_diagnose_names_the_slow_steps_of_large_weights_behind_a_norm():
    import torch

    from lego.diagnostics import diagnose
    from lego.stack import mlp

    rng, reports = torch.Generator().manual_seed(0), []
    batch = torch.randn(256, 64, generator=rng), torch.randint(10, (256,), generator=rng)
    for scale in (1, 30):
        model = mlp([64] * 4 + [10], norm="batch", generator=rng)
        for layer in model[:-1:3]:
            layer.weight.data *= scale
        optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
        reports.append(diagnose(model, batch, optimizer=optimizer))
    usual, large = reports
    assert large.loss == pytest.approx(usual.loss, rel=0.05) and usual.findings == []
    assert {finding.name for finding in large.findings} == {"learning rate too low"}
    ratio = usual.layers[0].update_to_weight / large.layers[0].update_to_weight
    assert ratio == pytest.approx(900, rel=0.2)
