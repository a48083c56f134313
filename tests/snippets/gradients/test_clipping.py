import pytest
import torch


def test_the_raw_path_is_thrown_back_and_the_clipped_one_arrives(run_snippet):
    found = run_snippet("gradients/clipping")
    raw, clipped = found["paths"].values()
    steps = raw.diff(dim=0).norm(dim=1)
    throw = int(steps.argmax())
    assert steps[throw] > (raw[throw] - raw[0]).norm()  # farther than it had come
    assert clipped.diff(dim=0).norm(dim=1).max() <= 0.1 + 1e-6
    assert found["loss"](clipped).min() < 1e-4 < 0.01 < found["loss"](raw).min()


def test_the_loss_is_that_of_a_unit_applied_fifty_times(run_snippet):
    loss = run_snippet("gradients/clipping")["loss"]
    point, h = torch.tensor([4.5, -2.0]), 0.5
    for _ in range(50):
        h = 1 / (1 + 2.718281828459045 ** -(4.5 * h - 2.0))
    assert loss(point).item() == pytest.approx((h - 0.7) ** 2, rel=1e-3)
