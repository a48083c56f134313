"""Training: one readable loop."""

import math
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn
from torch.optim import Optimizer

from lego._names import find

__all__ = ["OPTIMIZERS", "History", "accuracy", "fit"]

OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {
    "sgd": torch.optim.SGD,
    "adam": torch.optim.Adam,
}


@dataclass
class History:
    """What [fit][lego.training.fit] saw: one number a step.

    Attributes:
        loss: the loss of each step's batch, before the step.
        watched: what `watch` returned, by name, one number for each step.
    """

    loss: list[float] = field(default_factory=list)
    watched: dict[str, list[float]] = field(default_factory=dict)


def fit(
    model: nn.Module,
    inputs: Tensor,
    targets: Tensor,
    *,
    steps: int,
    lr: float,
    optimizer: str | Callable[..., Optimizer] = "sgd",
    batch_size: int | None = None,
    loss: Callable[[Tensor, Tensor], Tensor] = F.cross_entropy,
    watch: Callable[[int, nn.Module], Mapping[str, float] | None] | None = None,
    generator: Generator | None = None,
    progress: bool = True,
) -> History:
    """Trains a model in place: forward, backward, step, again.

    Args:
        model: any module; it is put into training mode and stays there.
        inputs: shape `(count, ...)`.
        targets: shape `(count, ...)`, as `loss` wants them.
        steps: how many updates.
        lr: learning rate.
        optimizer: a name in `OPTIMIZERS`, or what makes one from `(parameters, lr=lr)`.
        batch_size: examples a step; all of them if omitted. Each epoch shuffles them and leaves out an
            incomplete last batch.
        loss: a function of the model's output and the targets, such as `F.cross_entropy`.
        watch: called as `watch(step, model)` between backward and update, while the gradients are there. The
            history keeps the numbers that it returns by name.
        generator: source of the shuffling; PyTorch's global one if omitted.
        progress: whether to show a bar; only a terminal gets one.

    Returns:
        The loss of each step, and what `watch` saw.

    Raises:
        ValueError: if an argument breaks its rule; the message names it.
        FloatingPointError: if the loss becomes infinite or NaN; the weights are those that gave it.
    """
    if len(inputs) != len(targets):
        raise ValueError(f"inputs and targets must be of one length, got {len(inputs)} and {len(targets)}")
    if steps < 1:
        raise ValueError(f"steps must be at least 1, got {steps}")
    if batch_size is not None and not 1 <= batch_size <= len(inputs):
        raise ValueError(f"batch_size must be from 1 to the {len(inputs)} examples, got {batch_size}")
    update = _maker(optimizer)(model.parameters(), lr=lr)
    batches = _batches(len(inputs), batch_size, generator)
    bar = progress and sys.stderr.isatty()
    history = History()

    model.train()
    for step, rows in zip(range(steps), batches, strict=False):
        value = loss(model(inputs[rows]), targets[rows])
        history.loss.append(value.item())
        if not math.isfinite(history.loss[-1]):
            raise FloatingPointError(f"loss must stay finite, got {history.loss[-1]} at step {step}")
        update.zero_grad()
        torch.autograd.backward(value)
        for name, number in (watch(step, model) or {} if watch else {}).items():
            history.watched.setdefault(name, []).append(float(torch.as_tensor(number).detach()))
        update.step()
        if bar:
            _show(step + 1, steps, history.loss[-1])
    return history


def accuracy(model: nn.Module, inputs: Tensor, targets: Tensor) -> float:
    r"""Share of the examples whose largest output is the target's, with dropout off and norms frozen.

    $$\frac{1}{n} \sum_i \left[\arg\max_k f_k(x_i) = y_i\right]$$

    Args:
        model: a module from `inputs` to shape `(count, classes)`; its modes are as before afterwards.
        inputs: shape `(count, ...)`.
        targets: shape `(count,)`, the class of each example.

    Raises:
        ValueError: if the shapes do not fit.
    """
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with torch.no_grad():
            outputs = model(inputs)
    finally:
        for module, training in modes:
            module.training = training
    if outputs.ndim != 2 or targets.shape != outputs.shape[:1]:
        shapes = f"{tuple(outputs.shape)} and {tuple(targets.shape)}"
        raise ValueError(f"outputs must have shape (count, classes) and targets (count,), got {shapes}")
    return float((outputs.argmax(dim=1) == targets).double().mean())


def _maker(optimizer: str | Callable[..., Optimizer]) -> Callable[..., Optimizer]:
    if callable(optimizer):
        return optimizer
    return find("optimizer", optimizer, OPTIMIZERS, "OPTIMIZERS")


def _batches(count: int, size: int | None, generator: Generator | None) -> Iterator[slice | Tensor]:
    while size is None:
        yield slice(None)
    while True:
        order = torch.randperm(count, generator=generator)
        yield from torch.split(order, size)[: count // size]


def _show(done: int, steps: int, loss: float) -> None:
    if done == steps or done % max(1, steps // 100) == 0:
        bar = "█" * (30 * done // steps)
        end = "\n" if done == steps else ""
        print(f"\r{bar:<30} {done}/{steps}  loss {loss:.4g} ", end=end, file=sys.stderr, flush=True)
