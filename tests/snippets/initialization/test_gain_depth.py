import pytest
import torch


def test_the_own_gain_is_better_and_silu_drifts_all_the_same(run_snippet):
    found = run_snippet("initialization/gain_depth")
    own = {name: found["squares"]["each at its own gain", name][-1] for name in found["bricks"]}
    relus = {name: found["squares"]["all at ReLU's gain", name][-1] for name in found["bricks"]}
    assert all(0.3 < own[name] < 1.5 for name in ("relu", "tanh", "elu"))
    assert 5 < own["mish"] < 15 and 40 < own["gelu"] < 120 and 5e3 < own["silu"] < 2e4
    assert relus["silu"] < 1e-7 and relus["gelu"] < 1e-4 and 5 < relus["elu"] < 15


def test_which_balances_are_unstable(run_snippet):
    growth = run_snippet("initialization/gain_depth")["growth"]
    assert growth["tanh"] < growth["elu"] < growth["relu"] == pytest.approx(0.01)
    assert min(growth[name] for name in ("gelu", "silu", "mish")) > 0.0105
    z = torch.randn(4_000_000, generator=torch.Generator().manual_seed(0), dtype=torch.double)
    silu = torch.nn.functional.silu
    ratio = silu(1.01**0.5 * z).square().mean() / silu(z).square().mean()
    assert growth["silu"] == pytest.approx(ratio.item() - 1, rel=0.01)
