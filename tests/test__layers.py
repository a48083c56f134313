"""Layers without values draw nothing, and need no more of PyTorch than others."""

import subprocess
import sys

import pytest
import torch

from lego._layers import empty_linear


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
