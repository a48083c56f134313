import pytest


def test_he_overflows_and_fixup_starts_as_the_identity_and_learns(run_snippet):
    found = run_snippet("initialization/orthogonal_fixup")
    sizes, scores = found["sizes"], found["scores"]
    assert 1e17 < sizes["he_normal"][-1] < 1e19
    per_block = (sizes["he_normal"][-1] / sizes["he_normal"][0]) ** (1 / 39)
    assert per_block == pytest.approx(3, abs=0.25)
    mean_square = found["x"][:200].square().mean().item()
    assert sizes["fixup"] == pytest.approx([mean_square] * 40)
    assert scores["he_normal"] == 0 and scores["fixup"] > 0.85


def test_diagnose_sees_the_sum_of_the_branches_and_knows_that_zero_branches_open(run_snippet):
    import torch
    from torch import nn

    from lego.diagnostics import diagnose
    from lego.initialization import initialize
    from lego.stack import mlp
    from lego.training import fit

    rng = torch.Generator().manual_seed(0)
    batch = torch.randn(256, 64, generator=rng), torch.randint(10, (256,), generator=rng)
    blocks = [run_snippet("initialization/orthogonal_fixup")["Block"](*mlp([64, 64, 64])) for _ in range(5)]
    model = nn.Sequential(*blocks, nn.Linear(64, 10))
    names = []
    initialize(model, "he_normal", generator=rng)
    names += [finding.name for finding in diagnose(model, batch).findings]
    initialize(model, "fixup", branches=blocks, generator=rng)
    names += [finding.name for finding in diagnose(model, batch).findings]
    assert names == ["loss above chance"]
    fit(model, *batch, steps=1, lr=0.1, generator=rng)
    assert diagnose(model, batch).findings == []
