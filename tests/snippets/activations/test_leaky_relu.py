import pytest
import torch


def test_the_formulas_agree_up_to_one_and_part_beyond(run_snippet):
    found = run_snippet("activations/leaky_relu")
    outputs, slopes, x = found["outputs"], found["slopes"], found["x"]
    for a in (-1, 0.2, 1, 2):
        definition, maximum = outputs["max(0, x) + a min(0, x)", a], outputs["max(ax, x)", a]
        expected = torch.tensor([v if v > 0 else a * v for v in x.tolist()])
        assert torch.allclose(definition, expected)
        assert torch.equal(definition, maximum) == (a <= 1)
        left, right = slopes["max(0, x) + a min(0, x)", a]
        assert (left, right) == (pytest.approx(a), 1)
    assert slopes["max(ax, x)", 2] == [1, 2]


def test_the_output_takes_both_signs_and_the_slope_one(run_snippet):
    found = run_snippet("activations/leaky_relu")
    output = found["outputs"]["max(ax, x)", 0.2]
    assert output.min() < 0 < output.max()
    assert all(s > 0 for s in found["slopes"]["max(ax, x)", 0.2])
    assert found["slopes"]["max(ax, x)", -1][0] < 0


@pytest.mark.parametrize("a", [0.2, 2.0])
def test_the_factor_of_hes_weights(a):
    from torch import nn

    from lego.diagnostics import diagnose
    from lego.stack import mlp

    rng = torch.Generator().manual_seed(0)
    x = torch.randn(256, 64, generator=rng)
    y = torch.randint(10, (256,), generator=rng)
    report = diagnose(mlp([64] * 9 + [10], lambda: nn.LeakyReLU(a), generator=rng), (x, y))
    assert report.gradient_factor == pytest.approx((1 + a * a) ** 0.5, rel=0.1)
    assert ("exploding gradient" in [finding.name for finding in report.findings]) == (a > 1)
