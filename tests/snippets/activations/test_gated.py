import pytest
import torch


def test_products_are_learned_by_gates_and_squares(run_snippet):
    found = run_snippet("activations/gated")
    last = {name: sum(losses[-10:]) / 10 for name, losses in found["losses"].items()}
    assert last["swiglu"] < last["relu"] / 30 and last["relu_squared"] < last["relu"] / 20
    assert last["relu"] > 0.1
    assert found["sizes"] == {"relu": 47, "gelu": 47, "relu_squared": 47, "swiglu": 48}
    z = torch.complex(*found["x"].T) ** 2
    assert torch.stack([z.real, z.imag], dim=1).numpy() == pytest.approx(found["y"].numpy(), abs=1e-5)
