import pytest
import torch


def test_the_own_gain_is_better_and_silu_drifts_all_the_same(run_snippet):
    found = run_snippet("initialization/gain_depth")
    own = {name: found["squares"]["each at its own gain", name][-1] for name in found["bricks"]}
    relus = {name: found["squares"]["all at ReLU's gain", name][-1] for name in found["bricks"]}
    assert all(0.85 < own[name] < 1.5 for name in ("relu", "tanh", "elu", "mish"))
    assert own["gelu"] == pytest.approx(6, rel=0.1) and own["silu"] == pytest.approx(170, rel=0.1)
    assert 1e-9 < relus["silu"] < 1e-8 < relus["gelu"] < 1e-7 and 5 < relus["elu"] < 20
    assert all(first[0] == pytest.approx(1, abs=0.02) for first in found["squares"].values())


def test_diagnose_shows_the_fading_signal_without_a_finding():
    from lego.diagnostics import diagnose
    from lego.stack import mlp

    rng = torch.Generator().manual_seed(0)
    batch = torch.randn(256, 128, generator=rng), torch.randint(10, (256,), generator=rng)
    report = diagnose(mlp([128] * 30 + [10], "silu", generator=rng), batch)
    assert report.findings == [] and report.layers[25].std < report.layers[0].std / 100


def test_which_balances_are_unstable(run_snippet):
    growth = run_snippet("initialization/gain_depth")["growth"]
    assert growth["tanh"] < growth["elu"] < growth["relu"] == pytest.approx(0.01)
    assert min(growth[name] for name in ("gelu", "silu", "mish")) > 0.0105
    z = torch.randn(4_000_000, generator=torch.Generator().manual_seed(0), dtype=torch.double)
    silu = torch.nn.functional.silu
    ratio = silu(1.01**0.5 * z).square().mean() / silu(z).square().mean()
    assert growth["silu"] == pytest.approx(ratio.item() - 1, rel=0.01)
