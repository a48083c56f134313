"""Layers without values, for what fills them comes later; models that are run and left as they were; exact numbers."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


def empty_linear(fan_in: int, fan_out: int, *, bias: bool = True) -> nn.Linear:
    """A linear layer of the default dtype, on the default device, whose parameters hold anything.

    `nn.Linear` alone would draw values from the global generator, and in vain. `nn.utils.skip_init` and `to_empty`
    import a computer algebra system first, which takes a third of a second.
    """
    layer = nn.Linear(fan_in, fan_out, bias=bias, device="meta")
    layer.weight = nn.Parameter(torch.empty(fan_out, fan_in))
    if bias:
        layer.bias = nn.Parameter(torch.empty(fan_out))
    return layer


@contextmanager
def uncompiled(model: nn.Module) -> Iterator[None]:
    """Runs what is compiled in a model as it was written: compiled code skips hooks that came after it."""
    if _is_compiled(model) and hasattr(torch.compiler, "set_stance"):  # PyTorch has it since 2.6
        with torch.compiler.set_stance("force_eager"):
            yield
    else:
        yield


def hidden_layers(model: nn.Module) -> str:
    """What an error says more of a model that calls no layer, where compiled code may hide the calls."""
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
    """Puts back the mode of each layer, and tells them: some do more than to note it."""
    modes = [(module, module.training) for module in model.modules()]  # a layer stands before those inside it
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
    """Puts back the buffers that a forward pass changes, such as the averages of a batch norm."""
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
            if (
                buffer.layout is not torch.strided
            ):  # a sparse one can't be compared, and `data` is a copy of it
                with torch.no_grad():
                    buffer.copy_(old)
            elif not torch.equal(
                buffer, old
            ):  # those that share their memory with themselves can't be written
                buffer.data.copy_(old)  # through data: a graph that the caller still holds stays valid
