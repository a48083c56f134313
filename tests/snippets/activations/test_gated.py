import pytest
import torch
import torch.nn.functional as F

from lego.activations import SwiGLU
from lego.stack import mlp
from lego.training import fit


def test_products_are_learned_by_gates_and_squares(run_snippet):
    found = run_snippet("activations/gated")
    last = {name: sum(losses[-10:]) / 10 for name, losses in found["losses"].items()}
    assert last["swiglu"] < last["relu"] / 30 and last["relu_squared"] < last["relu"] / 20
    assert last["relu"] > 0.1
    assert found["sizes"] == {"relu": 47, "gelu": 47, "relu_squared": 47, "swiglu": 48}
    z = torch.complex(*found["x"].T) ** 2
    assert torch.stack([z.real, z.imag], dim=1).numpy() == pytest.approx(found["y"].numpy(), abs=1e-5)


def test_how_many_of_six_seeds_learn_it():
    learned = dict.fromkeys(("relu", "gelu", "relu_squared", "swiglu"), 0)
    for seed in range(6):
        rng = torch.Generator().manual_seed(seed)
        x = torch.randn(512, 2, generator=rng)
        y = torch.stack([x[:, 0] ** 2 - x[:, 1] ** 2, 2 * x[:, 0] * x[:, 1]], dim=1)
        models = {name: mlp([2, 9, 2], name, generator=rng) for name in ("relu", "gelu", "relu_squared")}
        models["swiglu"] = SwiGLU(2, hidden=8, generator=rng)
        for name, model in models.items():
            loss = fit(model, x, y, steps=250, optimizer="adam", lr=0.03, loss=F.mse_loss).loss
            learned[name] += loss[-1] < 0.01
    assert learned == {"relu": 0, "gelu": 0, "relu_squared": 4, "swiglu": 6}
