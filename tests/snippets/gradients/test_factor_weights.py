import pytest


def test_the_factor_reaches_one_when_half_of_the_values_are_saturated(run_snippet):
    found = run_snippet("gradients/factor_weights")
    factor = dict(zip(found["scales"], found["factors"], strict=True))
    saturated = dict(zip(found["scales"], found["saturated"], strict=True))
    assert factor[1].item() == pytest.approx(0.23, abs=0.02), "a quarter of the gradient at scale 1"
    assert factor[10].item() == pytest.approx(1, abs=0.08)
    assert saturated[10].item() == pytest.approx(0.5, abs=0.05)
    assert factor[0.5].item() == pytest.approx(0.12, abs=0.01) and factor[32].item() == pytest.approx(
        1.7, abs=0.05
    )
    assert saturated[32].item() == pytest.approx(0.84, abs=0.01)
    assert saturated[1] == 0 and list(factor.values()) == sorted(factor.values())


def test_diagnose_names_the_illness_on_each_side():
    import torch

    from lego.diagnostics import diagnose
    from lego.stack import mlp

    rng, names = torch.Generator().manual_seed(0), {}
    batch = torch.randn(256, 64, generator=rng), torch.randint(10, (256,), generator=rng)
    for scale in (1, 4, 10):
        model = mlp([64] * 8 + [10], "sigmoid", init="xavier_normal", generator=rng)
        for layer in model[::2]:
            layer.weight.data *= scale
        names[scale] = [finding.name for finding in diagnose(model, batch).findings]
    assert names[1] == ["vanishing gradient"] and names[4] == [] and "saturated units" in names[10]
