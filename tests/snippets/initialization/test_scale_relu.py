import pytest


def test_half_is_lost_and_the_factor_of_two_restores_it(run_snippet):
    outputs = run_snippet("initialization/scale_relu")["outputs"]
    small, right = ([h.square().mean().item() for h in layers.values()] for layers in outputs.values())
    for layer, (a, b) in enumerate(zip(small, right, strict=True), 1):
        assert a == pytest.approx(0.5**layer, rel=0.15)
        assert b == pytest.approx(1, abs=0.15)
