"""Layers without values draw nothing, and need no more of PyTorch than others; models that are run stay as they were."""

import copy
import subprocess
import sys

import pytest
import torch

from lego._checks import numbers
from lego._layers import empty_linear, exact, hidden_layers, kept_buffers, kept_modes, uncompiled
from tests.models import Merging


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16])
def test_it_is_a_linear_layer_of_the_default_dtype_and_draws_nothing(bias, dtype):
    before = torch.get_rng_state()
    usual = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        layer = empty_linear(3, 2, bias=bias)
    finally:
        torch.set_default_dtype(usual)
    assert torch.equal(torch.get_rng_state(), before)
    assert type(layer) is torch.nn.Linear
    assert layer.weight.shape == (2, 3) and layer.weight.device.type == "cpu"
    assert {parameter.dtype for parameter in layer.parameters()} == {dtype}
    assert all(parameter.requires_grad for parameter in layer.parameters())
    assert layer.bias is None if not bias else layer.bias.shape == (2,)


def test_it_stands_on_the_default_device():
    with torch.device("meta"):
        layer = empty_linear(3, 2)
    assert layer.weight.is_meta and layer.bias.is_meta


def test_the_first_network_and_the_first_slope_import_no_computer_algebra():
    code = """
import sys
import torch
from lego.activations import MetaAcon, SwiGLU
from lego.diagnostics import diagnose, slope
from lego.stack import mlp

model = mlp([4, 8, 8, 3])
MetaAcon(4)
SwiGLU(4)
slope(torch.tanh, torch.zeros(2))
diagnose(model, (torch.randn(16, 4), torch.randint(0, 3, (16,))))
print(sorted({"sympy", "torch._dynamo", "torch.fx.experimental.symbolic_shapes"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def compiled(model):
    return torch.compile(model, backend="aot_eager")


def compiled_in_place(model):
    model.compile(backend="aot_eager")
    return model


def compiled_in_part(model):
    model[0].forward = torch.compile(model[0].forward, backend="aot_eager")
    return model


@pytest.mark.parametrize("make", [compiled, compiled_in_place, compiled_in_part])
def test_hooks_that_come_late_are_called(make):
    model, x, seen = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Tanh()), torch.ones(3, 2), []
    model = make(model)
    model(x)
    for module in model.modules():
        module.register_forward_hook(lambda module, inputs, output: seen.append(type(module)))
    with uncompiled(model):
        model(x)
    assert {torch.nn.Linear, torch.nn.Tanh} <= set(seen)


@pytest.mark.parametrize("make", [compiled, compiled_in_place, compiled_in_part])
def test_only_compiled_code_of_an_older_pytorch_hides_layers(make, monkeypatch):
    model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Tanh())
    monkeypatch.setattr(torch.compiler, "set_stance", None, raising=False)
    assert hidden_layers(make(copy.deepcopy(model))) == ""
    monkeypatch.delattr(torch.compiler, "set_stance")
    assert hidden_layers(model) == ""
    assert "before PyTorch 2.6 compiled code skips hooks" in hidden_layers(make(model))


def test_buffers_are_as_before_after_an_exception_too():
    model = torch.nn.BatchNorm1d(2)
    model.register_buffer("late", None)
    model.register_buffer("shared", torch.ones(1, 2).expand(3, 2))
    model.register_buffer("sparse", torch.eye(3).to_sparse())
    model.register_buffer("calls", torch.zeros(()))
    mean, count = model.running_mean, model.num_batches_tracked
    with pytest.raises(ZeroDivisionError), kept_buffers(model):
        model(torch.randn(8, 2))
        model.late, model.running_mean = torch.ones(2), model.running_mean + 1
        model.sparse.mul_(2)
        model.calls += 1
        assert count == 1
        raise ZeroDivisionError
    assert model.late is None and model.running_mean is mean and model.num_batches_tracked is count
    assert mean.tolist() == [0, 0] and count == 0 and model.calls == 0
    assert torch.equal(model.sparse.to_dense(), torch.eye(3))


class Apple(torch.Tensor):
    """Stands for a tensor on a device without double precision."""

    device = property(lambda self: torch.device("mps"))

    def to(self, place):
        if place != "cpu":
            raise TypeError(f"Cannot convert a MPS Tensor to {place}")
        return self.as_subclass(torch.Tensor)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.int64, torch.bool])
def test_exact_numbers_are_doubles_where_a_device_has_them_and_on_the_cpu_elsewhere(dtype):
    x = torch.tensor([0, 1, 1]).to(dtype)
    for found in (exact(x), exact(x.as_subclass(Apple)), numbers("x", x.as_subclass(Apple))):
        assert (
            type(found) is torch.Tensor and found.dtype == torch.double and found.tolist() == [0.0, 1.0, 1.0]
        )
    assert exact(torch.tensor(1 + 2j)).dtype == torch.complex128


def test_every_layer_is_told_the_mode_that_it_had():
    model = torch.nn.Sequential(torch.nn.Sequential(Merging(2, 2)), Merging(2, 2))
    model[0][0].eval()
    model[1].merged = "as it was"
    with pytest.raises(ZeroDivisionError), kept_modes(model):
        model[0].eval()
        raise ZeroDivisionError
    assert [module.training for module in model.modules()] == [True, True, False, True]
    assert model[0][0].merged is True and model[1].merged == "as it was"
