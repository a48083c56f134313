import pytest


def test_he_overflows_and_fixup_starts_as_the_identity_and_learns(run_snippet):
    found = run_snippet("initialization/orthogonal_fixup")
    sizes, scores = found["sizes"], found["scores"]
    assert 1e17 < sizes["he_normal"][-1] / sizes["he_normal"][0] < 1e19
    mean_square = found["x"][:200].square().mean().item()
    assert sizes["fixup"] == pytest.approx([mean_square] * 40)
    assert scores["he_normal"] == 0 and scores["fixup"] > 0.85
