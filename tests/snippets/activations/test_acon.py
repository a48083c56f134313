import pytest
import torch


def test_beta_switches_from_a_line_to_a_maximum_and_the_slope_keeps_its_bounds(run_snippet):
    found = run_snippet("activations/acon")
    p1, p2, x = found["p1"], found["p2"], found["x"]
    low, high = found["bounds"]
    assert torch.allclose(found["acon_c"](x, p1, p2, 0.0), (p1 + p2) / 2 * x, atol=1e-6)
    assert (found["acon_c"](x, p1, p2, 100.0) - torch.maximum(p1 * x, p2 * x)).abs().max() < 0.003
    assert found["extremes"][2.0] == pytest.approx((low, high), abs=1e-3)
    for beta, (least, most) in found["extremes"].items():
        assert low - 1e-4 <= least <= most <= high + 1e-4, beta
