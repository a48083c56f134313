import pytest
import torch


def test_outputs_stay_near_one_half_and_the_gradient_vanishes(run_snippet):
    found = run_snippet("gradients/explorer")
    assert 0.2 < found["factor"] < 0.3
    assert found["norms"][-1] == pytest.approx(found["pull"].square().mean().sqrt().item()), (
        "it comes from above"
    )
    assert (
        found["norms"][0] < 1e-10 * found["norms"][-1]
        and found["report"].findings[0].name == "vanishing gradient"
    )
    assert torch.all((found["middle"] - 0.5).abs() < 0.15)
    assert torch.all(found["low"] > 0.1) and torch.all(found["high"] < 0.9)
