import torch

from lego.activations import gelu, mish, silu


def test_two_bricks_are_steeper_than_their_lines(run_snippet):
    steepest = run_snippet("activations/explorer")["steepest"]
    assert steepest["relu"] == 1
    assert abs(steepest["swish"] - 1.0998) < 1e-3
    assert abs(steepest["acon_c"] - (1.0998 * 1.2 + 0.0998 * 0.3)) < 1e-3 and steepest["acon_c"] > 1.2


def test_three_smooth_bricks_differ_little():
    for x in torch.tensor([1.0, -1.0]):
        values = [function(x).item() for function in (gelu, silu, mish)]
        assert max(values) - min(values) <= 0.15
