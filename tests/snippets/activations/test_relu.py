import math

import pytest
import torch


def test_half_of_the_units_are_off_and_the_rest_pass_all(run_snippet, capsys):
    found = run_snippet("activations/relu")
    z, slopes = found["z"], found["slopes"]
    assert torch.equal(slopes["relu"], (z > 0).float()), "a gradient passes whole or not at all"
    expected = 1 - torch.tensor([math.tanh(v) ** 2 for v in z.double().tolist()])
    assert torch.allclose(slopes["tanh"], expected, atol=1e-6)
    assert (slopes["relu"] == 0).double().mean().item() == pytest.approx(0.5, abs=0.02)
    assert slopes["relu"].square().mean().item() == pytest.approx(0.5, abs=0.02)
    assert slopes["tanh"].square().mean().item() == pytest.approx(0.46, abs=0.01)
    assert slopes["tanh"].min() > 0


def test_the_output_is_not_centered(run_snippet):
    means = run_snippet("activations/relu")["means"]
    assert means["relu"].item() == pytest.approx(1 / math.sqrt(2 * math.pi), abs=0.02)
    assert abs(means["tanh"].item()) < 0.02


@pytest.mark.parametrize("seed", range(3))
def test_pytorchs_default_vanishes_and_he_does_not(seed):
    from lego.diagnostics import diagnose
    from lego.stack import mlp

    rng = torch.Generator().manual_seed(seed)
    x = torch.randn(256, 64, generator=rng)
    y = torch.randint(10, (256,), generator=rng)
    reports = {
        init: diagnose(mlp([64] * 9 + [10], "relu", init=init, generator=rng), (x, y))
        for init in ("pytorch", "he_normal")
    }
    assert reports["pytorch"].gradient_factor == pytest.approx(math.sqrt(1 / 6), rel=0.1)
    assert {"vanishing gradient", "dead units"} <= {f.name for f in reports["pytorch"].findings}
    assert reports["he_normal"].gradient_factor == pytest.approx(1, rel=0.1)
    assert not {"vanishing gradient", "dead units"} & {f.name for f in reports["he_normal"].findings}
