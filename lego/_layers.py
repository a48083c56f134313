"""Layers to be filled later; models that are run and left as they were; numbers in double precision."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


def empty_linear(fan_in: int, fan_out: int, *, bias: bool = True) -> nn.Linear:
    """A linear layer of the default dtype, on the default device, with parameters not yet filled.

    `nn.Linear` alone would draw values from the global generator, in vain. `nn.utils.skip_init` and `to_empty` first
    import a computer algebra system, which takes a third of a second.
    """
    layer = nn.Linear(fan_in, fan_out, bias=bias, device="meta")
    layer.weight = nn.Parameter(torch.empty(fan_out, fan_in))
    if bias:
        layer.bias = nn.Parameter(torch.empty(fan_out))
    return layer


@contextmanager
def uncompiled(model: nn.Module) -> Iterator[None]:
    """Runs the compiled parts of a model as plain Python: compiled code skips hooks registered after compilation."""
    if _is_compiled(model) and hasattr(torch.compiler, "set_stance"):  # new in PyTorch 2.6
        with torch.compiler.set_stance("force_eager"):
            yield
    else:
        yield


def hidden_layers(model: nn.Module) -> str:
    """What to add to the error about a model that calls no layer, where compiled code may hide the calls."""
    if _is_compiled(model) and not hasattr(torch.compiler, "set_stance"):
        return ": before PyTorch 2.6 compiled code skips hooks, so use the model uncompiled"
    return ""


def _is_compiled(model: nn.Module) -> bool:
    return any(
        hasattr(part, "_torchdynamo_orig_callable") or getattr(part, "_compiled_call_impl", None)
        for module in model.modules()
        for part in (module, getattr(module, "forward", None))
    )


@contextmanager
def kept_modes(model: nn.Module) -> Iterator[None]:
    """Restores the mode of each layer by calling `train`: some layers do more there than set a flag."""
    modes = [(module, module.training) for module in model.modules()]  # a layer comes before those inside it
    try:
        yield
    finally:
        for module, mode in modes:
            if module.training != mode:
                module.train(mode)
        for module, mode in modes:
            module.training = mode


def exact(x: Tensor) -> Tensor:
    """The tensor in double precision, on the CPU if its device has none."""
    place = "cpu" if x.device.type == "mps" else x.device
    return x.to(place).to(torch.promote_types(x.dtype, torch.double))


@contextmanager
def kept_buffers(model: nn.Module) -> Iterator[None]:
    """Restores the buffers that a forward pass changes, such as the averages of a batch norm."""
    modules = [module for module in model.modules() if not isinstance(module, torch.jit.ScriptModule)]
    names = [(module, dict(module._buffers)) for module in modules]
    state = [(buffer, buffer.detach().clone()) for buffer in model.buffers()]
    try:
        yield
    finally:
        for module, before in names:
            module._buffers.clear()
            module._buffers.update(before)
        for buffer, old in state:
            if buffer.layout is not torch.strided:
                with torch.no_grad():  # a sparse one can't be compared, and `data` is a copy of it
                    buffer.copy_(old)
            elif not torch.equal(buffer, old):  # expanded ones, whose entries share memory, can't be written
                buffer.data.copy_(old)  # through data: a graph that the caller still holds stays valid
