import pytest
import torch

from lego.activations import AconC
from lego.diagnostics import diagnose
from lego.stack import mlp


def test_slopes_spread_and_no_channel_becomes_a_line(run_snippet):
    found = run_snippet("activations/acon_learned")
    learned = found["learned"]
    for name in ("digits", "spirals"):
        p1, p2, beta = (learned[name, part] for part in ("p1", "p2", "beta"))
        assert len(p1) == len(p2) == len(beta) == 128
        assert 0.15 < beta.min() < 0.8 and (p1 - p2).min() > 0.4
        assert found["scores"][name] > 0.9
    for part in ("p1", "p2", "beta"):
        assert learned["spirals", part].std() > 1.2 * learned["digits", part].std()
    assert (learned["digits", "p1"] - 1).abs().max() < 0.45 and learned["digits", "p2"].abs().max() < 0.4
    assert learned["spirals", "p1"].max() > 1.6 and learned["spirals", "p2"].min() < -0.6


def test_the_slopes_far_away_are_those_of_the_axes(run_snippet):
    learned = run_snippet("activations/acon_learned")["learned"]
    brick = AconC(128)
    for part in ("p1", "p2", "beta"):
        getattr(brick, part).data = learned["spirals", part].clone()
    for far, part in ((1000.0, "p1"), (-1000.0, "p2")):
        x = torch.full((1, 128), far, requires_grad=True)
        (slope,) = torch.autograd.grad(brick(x).sum(), x)
        assert slope[0].tolist() == pytest.approx(learned["spirals", part].tolist(), abs=1e-4)


@pytest.mark.parametrize(("slope", "findings"), [(0.0, ["dead units"]), (1.0, [])])
def test_diagnose_sees_a_line_only_if_it_is_flat(slope, findings):
    rng = torch.Generator().manual_seed(0)
    model = mlp([8, 32, 32, 3], lambda: AconC(32, p1=slope, p2=slope), generator=rng)
    batch = torch.randn(256, 8, generator=rng), torch.randint(3, (256,), generator=rng)
    names = [finding.name for finding in diagnose(model, batch).findings]
    assert set(findings) <= set(names) and ("dead units" in names) == bool(findings)
