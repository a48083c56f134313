r"""Training: one readable loop.

`fit` trains any model on tensors or on the batches of a loader, and returns a `History` of what it saw.
`accuracy` scores a classifier. `OPTIMIZERS` and `PRECISIONS` map each name that `fit` knows to what it stands for.

How a model is called depends on its inputs: `model(inputs)` with a tensor, `model(*inputs)` with a tuple or list,
`model(**inputs)` with a dict. Targets of any form are passed to the loss as they are.
"""

import copy
import math
import os
import pickle
import re
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from inspect import Parameter, signature
from itertools import chain, islice
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn
from torch.nn.parameter import is_lazy
from torch.nn.utils import clip_grad_norm_, clip_grad_value_
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau

from lego import _checks as check
from lego._layers import kept_buffers, kept_modes, uncompiled
from lego._names import find

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame

__all__ = ["OPTIMIZERS", "PRECISIONS", "History", "Stopper", "accuracy", "fit"]

OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {
    "sgd": torch.optim.SGD,
    "momentum": partial(torch.optim.SGD, momentum=0.9),
    "rmsprop": torch.optim.RMSprop,
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
}
"""The callable that makes each optimizer from `(parameters, lr=lr)`, by name, in teaching order."""

PRECISIONS: dict[str, torch.dtype | None] = {
    "float32": None,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
}
"""The dtype that autocast computes in, by name; `None` means no autocast."""


Measure = Callable[[Any, Any], tuple[float, float]]  # of a batch: a sum, and its count or weight


class Stopper(Protocol):
    """What [fit][lego.training.fit] expects of early stopping, such as `lego.regularization.EarlyStopping`."""

    def step(self, value: float, model: nn.Module) -> bool:
        """Records a validation loss; returns whether to stop now."""

    def restore(self, model: nn.Module) -> Any:
        """Restores the model's best weights."""

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps."""

    def load_state_dict(self, state: dict[str, Any], /) -> Any:
        """Continues from what a checkpoint kept."""


_LOSSES: dict[type[nn.Module], Callable[..., Tensor]] = {
    nn.CrossEntropyLoss: F.cross_entropy,
    nn.NLLLoss: F.nll_loss,
    nn.BCEWithLogitsLoss: F.binary_cross_entropy_with_logits,
    nn.MSELoss: F.mse_loss,
    nn.L1Loss: F.l1_loss,
    nn.SmoothL1Loss: F.smooth_l1_loss,
    nn.HuberLoss: F.huber_loss,
}
_STOPPER = ("step", "restore", "state_dict", "load_state_dict")
_UNKNOWN = "not known yet"  # the shape of what a lazy layer makes at its first batch


@dataclass(repr=False)
class History:
    """What [fit][lego.training.fit] recorded: numbers by step, where a step is the number of updates before it.

    Attributes:
        loss: the loss of each step's batch, from step 0 on, without the penalty.
        validation: the validation losses.
        validation_steps: the step of each validation loss.
        metric: the validation metrics, if `fit` was given a metric.
        lr: the learning rate of each step, if `fit` was given a schedule.
        gradient_norm: the norm of each step's gradient before clipping, if `fit` was given `clip_norm`.
        watched: what `watch` returned, by name.
        watched_steps: the step of each number in `watched`, by name.

    Examples:
        ```python
        from lego.training import History

        history = History(loss=[1.0, 0.4, 0.2], validation=[0.5], validation_steps=[3])
        print(history)
        axes = history.plot()
        ```
    """

    loss: list[float] = field(default_factory=list)
    validation: list[float] = field(default_factory=list)
    validation_steps: list[int] = field(default_factory=list)
    metric: list[float] = field(default_factory=list)
    lr: list[float] = field(default_factory=list)
    gradient_norm: list[float] = field(default_factory=list)
    watched: dict[str, list[float]] = field(default_factory=dict)
    watched_steps: dict[str, list[int]] = field(default_factory=dict)

    def __repr__(self) -> str:
        parts = [f"{len(self.loss)} steps"]
        for name, numbers in {"loss": self.loss, "validation loss": self.validation}.items():
            if numbers:
                parts.append(f"{name} {numbers[0]:.4g} to {numbers[-1]:.4g}")
        if self.watched:
            parts.append(f"watched {', '.join(self.watched)}")
        return f"History({'; '.join(parts)})"

    def plot(self, axes: "Axes | None" = None) -> "Axes":
        """Draws the loss against the step, and the validation loss if there is one.

        Args:
            axes: where to draw; those of a new figure if omitted.

        Returns:
            The axes.

        Raises:
            ImportError: if matplotlib is missing.
            TypeError: if `axes` are not those of a figure.
        """
        if axes is None:
            try:
                import matplotlib.pyplot as plt
            except ImportError as error:
                raise ImportError(
                    "History.plot needs matplotlib: pip install '.[plot]' in a clone of this project"
                ) from error
            axes = plt.subplots()[1]
        elif not hasattr(axes, "plot"):
            raise TypeError(f"axes must be those of a figure of matplotlib, got {check.shown(axes)}")
        axes.plot(range(len(self.loss)), self.loss, label="training")
        if self.validation:
            axes.plot(self.validation_steps, self.validation, "--", marker=".", label="validation")
            axes.legend()
        axes.set(xlabel="step", ylabel="loss")
        return axes

    def to_frame(self) -> "DataFrame":
        """A data frame of everything recorded, one row per step, with NaN where nothing was measured.

        Returns:
            The columns are `loss`, then `validation`, `metric`, `lr` and `gradient_norm` where there are any, then
                what was watched, by name.

        Raises:
            ImportError: if pandas is missing.
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise ImportError("History.to_frame needs pandas: pip install pandas") from error
        columns = {
            "loss": pd.Series(self.loss, dtype=float),
            "validation": pd.Series(self.validation, self.validation_steps, dtype=float),
            "metric": pd.Series(self.metric, self.validation_steps[: len(self.metric)], dtype=float),
            "lr": pd.Series(self.lr, dtype=float),
            "gradient_norm": pd.Series(self.gradient_norm, dtype=float),
        }
        for name, numbers in self.watched.items():
            columns[f"watched {name}" if name in columns else name] = pd.Series(
                numbers, self.watched_steps[name], dtype=float
            )
        kept = {name: column for name, column in columns.items() if name == "loss" or len(column)}
        return pd.DataFrame(kept).rename_axis("step")


def fit(
    model: nn.Module,
    inputs: Any,
    targets: Any = None,
    *,
    steps: int | None = None,
    epochs: int | None = None,
    lr: float,
    optimizer: str | Callable[..., Optimizer] = "sgd",
    batch_size: int | None = None,
    loss: Callable[[Any, Any], Tensor] = F.cross_entropy,
    penalty: Callable[[nn.Module], Tensor] | None = None,
    schedule: Callable[[Optimizer], LRScheduler] | None = None,
    clip_norm: float | None = None,
    clip_value: float | None = None,
    after_step: Callable[[nn.Module], Any] | None = None,
    validation: Any = None,
    validate_every: int | None = None,
    metric: Callable[[nn.Module, Any, Any], float] | None = None,
    early_stopping: Stopper | None = None,
    watch: Callable[[int, nn.Module], Mapping[str, float] | None] | None = None,
    device: str | torch.device | None = None,
    precision: str = "float32",
    checkpoint: str | os.PathLike[str] | None = None,
    checkpoint_every: int = 100,
    generator: Generator | None = None,
    seed: int | None = None,
    progress: bool = True,
) -> History:
    """Trains a model in place: forward, backward, step, again.

    Args:
        model: any module; it is put into training mode and stays there.
        inputs: shape `(count, ...)`, or a tuple, list or dict of such tensors. Without `targets`: batches, each a
            pair of inputs and targets, such as a `DataLoader`.
        targets: shape `(count, ...)`, as `loss` expects them.
        steps: how many updates.
        epochs: how many passes over the data, instead of `steps`.
        lr: learning rate.
        optimizer: a name in `OPTIMIZERS`, or a callable that makes one from `(parameters, lr=lr)`. One that asks for a
            closure, such as `torch.optim.LBFGS`, evaluates the same batch again.
        batch_size: examples per step; all of them if omitted. Each epoch shuffles them and leaves out an
            incomplete last batch.
        loss: a function of the model's output and the targets, such as `F.cross_entropy`.
        penalty: a function of the model that is added to the loss, such as `lego.regularization.l2`.
        schedule: makes a learning-rate scheduler for the optimizer; the scheduler moves on once per step.
        clip_norm: scales a gradient of a larger norm down to this one.
        clip_value: clips each entry of the gradient to this size, after `clip_norm`.
        after_step: called with the model after each update, with gradients off; for a proximal step, for example.
        validation: a tuple of inputs and targets, or batches as in `inputs`. It changes nothing in training. The
            loss is computed in batches of 1024 and must be a mean over examples; cross-entropy may ignore or weight
            classes.
        validate_every: how many steps from one validation to the next; there is also one at the end. If omitted, one
            per epoch, or only at the end if the data has no length.
        metric: a function of `(model, inputs, targets)`, such as [accuracy][lego.training.accuracy], to average
            over the validation data too.
        early_stopping: receives each validation loss, can stop training, and restores the model at the end. Use a
            new one for each run.
        watch: called as `watch(step, model)` between backward and clipping, while the gradients are there. The
            history keeps the numbers that it returns by name. An attribute `optimizer`, such as that of a
            [Watch][lego.diagnostics.Watch], is set to this run's optimizer, or to `None` if that asks for a closure.
        device: where to train; the model is moved there. Batches are moved to the model's device in any case.
        precision: a name in `PRECISIONS`: what the forward pass computes in. `"float32"` leaves every tensor in
            its own dtype; the others use `torch.autocast`, and `"float16"` also scales the loss.
        checkpoint: a file to keep the state in. If it exists, training continues from it, on a CPU bit for bit as if
            never interrupted: weights, optimizer, shuffling, dropout and history. A finished run returns at
            once, or continues to more `steps`. The random states of Python, NumPy, persistent workers and
            a validation loader's generator, and what `watch` keeps for itself, are not in the file. The data and the
            functions are not compared.
        checkpoint_every: how many steps from one write of the checkpoint to the next; it is also written at the end.
        generator: source of the shuffling; PyTorch's global one if omitted.
        seed: seeds PyTorch's global generators of the CPU and the CUDA device while `fit` runs. They drive dropout,
            a loader's shuffling and, without `generator`, that of tensors. Afterwards, they are as before.
        progress: whether to show a bar; it appears only in a terminal.

    Returns:
        The loss of each step, the validation losses, and what `watch` saw. A validation loss that is infinite or NaN
        is recorded, too, and does not end the run.

    Raises:
        ValueError: if an argument breaks its rule, or the checkpoint is from other settings; the message names it.
        TypeError: if an argument is of the wrong kind, such as data that is neither tensors nor batches.
        FloatingPointError: if the loss, or the gradient's norm under `clip_norm`, becomes infinite or NaN; the
            message names the layer. The weights are those that led to it. With `"float16"`, a step whose gradient
            is not finite is skipped instead, and its norm is recorded. Like any other error that ends training, this
            one holds what was recorded so far as `error.history`.

    Examples:
        ```python
        import torch
        from torch import nn

        from lego.training import accuracy, fit

        x = torch.randn(200, 2)
        y = (x[:, 0] > x[:, 1]).long()
        history = fit(nn.Linear(2, 2), x, y, epochs=3, lr=0.5, batch_size=20, validation=(x, y), metric=accuracy)
        print(history, history.metric)
        ```
    """
    calls: dict[str, Any] = {"penalty": penalty, "schedule": schedule, "after_step": after_step}
    _check_arguments(model, loss, calls | {"metric": metric, "watch": watch}, early_stopping, checkpoint)
    rate = _rate(lr)
    seed = None if seed is None else check.whole("seed", seed, 2**64)
    batch_size = None if batch_size is None else check.whole("batch_size", batch_size)
    data = _data(inputs, targets, batch_size, check.generator(generator))
    steps = _steps(steps, epochs, data)
    held_out = _held_out(validation, needed_by=(validate_every, metric, early_stopping))
    clip_norm = None if clip_norm is None else _limit("clip_norm", clip_norm)
    clip_value = None if clip_value is None else _limit("clip_value", clip_value)
    validate_every = None if validate_every is None else _interval("validate_every", validate_every)
    checkpoint_every = _interval("checkpoint_every", checkpoint_every)
    make = optimizer if callable(optimizer) else find("optimizer", optimizer, OPTIMIZERS, "OPTIMIZERS")
    dtype = find("precision", precision, PRECISIONS, "PRECISIONS")

    if device is not None:
        model.to(device=_place(device))
    place = device_of(model)
    update = _optimizer(make, model, rate, closures=not (clip_norm or clip_value or dtype is torch.float16))
    by_closure = _asks_for_closure(update)
    if watch is not None and hasattr(watch, "optimizer"):
        watch.optimizer = None if by_closure else update
    scheduler = _scheduler(schedule, update)
    scaler = torch.amp.GradScaler(place.type, enabled=dtype is torch.float16)
    cast: AbstractContextManager[Any] = torch.autocast(place.type, dtype) if dtype else nullcontext()
    ambient = _ambient(place)
    drawing = [*ambient, *own_generators(model)]
    feed = _Feed(data, drawing)
    trained = [parameter for group in update.param_groups for parameter in group["params"]]
    parts: dict[str, Any] = {"model": model, "optimizer": update, "schedule": scheduler, "scaler": scaler}
    parts |= {"early_stopping": early_stopping, "feed": feed, "others": _outside(model, trained)}
    options: dict[str, Any] = {"clip_norm": clip_norm, "clip_value": clip_value}
    options |= {"validate_every": validate_every, "batch_size": batch_size, "precision": precision}
    settings = _settings(parts, options) if checkpoint is not None else {}
    validate_every = validate_every or _length(data) or steps
    measures: list[Measure] = [lambda x, y: _share(loss, lambda: loss(run_model(model, x), y), y)]
    if metric:
        measures.append(lambda x, y: (_size(y) * check.real("metric", metric(model, x, y)), _size(y)))

    def evaluate(x: Any, y: Any) -> tuple[Tensor, Tensor]:
        model.zero_grad()
        update.zero_grad()  # it may train other parameters than the model's
        with cast:
            value = loss(run_model(model, x), y)
        total = _penalized(value, penalty, model)
        torch.autograd.backward(scaler.scale(total))
        return value, total

    def again() -> float:
        return evaluate(x, y)[1].item()

    history = History()
    with _kept_by_errors(history), _seeded(seed, ambient), _bar(steps, progress) as bar:
        stopped = _load(checkpoint, settings, parts, steps, history)
        if not history.loss:
            _check_new(early_stopping)
        model.train()
        for step, batch in zip(range(len(history.loss), 0 if stopped else steps), feed, strict=False):
            x, y = on_device(batch, place)
            before = _states(drawing)
            value, total = evaluate(x, y)
            history.loss.append(value.item())
            if not math.isfinite(total.item()):
                _set_states(drawing, before)  # for the same dropout again
                why = _source(model, x, y, cast)
                raise FloatingPointError(f"loss must stay finite, got {total.item()} at step {step}: {why}")
            scaler.unscale_(update)
            if watch:
                _keep(history, step, watch(step, model))
            if clip_norm:
                scales = scaler.is_enabled()  # it skips a step whose gradient is not finite
                history.gradient_norm.append(_clip_norm(model, trained, clip_norm, step, finite=not scales))
            if clip_value:
                clip_grad_value_(trained, clip_value)
            if by_closure:
                update.step(again)
            else:
                scaler.step(update)
                scaler.update()
            if scheduler:
                history.lr.append(float(update.param_groups[0]["lr"]))
                scheduler.step()
            if after_step:
                with torch.no_grad():
                    after_step(model)
            done = step + 1
            if held_out is not None and (done % validate_every == 0 or done == steps):
                with undrawn(feed.generators), cast:
                    validation_loss, *score = _means(model, held_out, measures)
                history.validation.append(validation_loss)
                history.validation_steps.append(done)
                if score:  # earlier validations may have had none
                    history.metric += [math.nan] * (len(history.validation) - 1 - len(history.metric)) + score
                if early_stopping is not None:
                    stopped = bool(early_stopping.step(validation_loss, model))
            if checkpoint is not None and (done % checkpoint_every == 0 or done == steps or stopped):
                _save(checkpoint, settings, parts, history, stopped)
            if bar is not None:
                bar.set_postfix_str(f"loss {history.loss[-1]:.4g}", refresh=False)
                bar.update(done - bar.n)
            if stopped:
                break
    if early_stopping is not None:
        early_stopping.restore(model)
    return history


def accuracy(model: nn.Module, inputs: Any, targets: Any = None) -> float:
    r"""Share of the examples whose largest output is the target's, with dropout off and norms frozen.

    $$\frac{1}{n} \sum_i \left[\arg\max_k f_k(x_i) = y_i\right]$$

    Here $f_k$ is output $k$, and $[\,\cdot\,]$ is 1 where the statement is true and 0 elsewhere.

    Args:
        model: a module from `inputs` to shape `(count, classes)`; its modes are left as they were.
        inputs: shape `(count, ...)`, or a tuple, list or dict of such tensors, run in batches of 1024. Without
            `targets`: batches, each a pair of inputs and targets, such as a `DataLoader`.
        targets: shape `(count,)`, the class of each example.

    Returns:
        A number from 0 to 1.

    Raises:
        ValueError: if the shapes do not fit, or there is no example.
        TypeError: if the data is neither tensors nor batches.

    Examples:
        ```python
        import torch

        from lego.training import accuracy

        outputs = torch.tensor([[2.0, 1.0], [0.0, 3.0]])
        print(accuracy(torch.nn.Identity(), outputs, torch.tensor([0, 0])))
        ```
    """
    check.instance("model", model, nn.Module)

    def right(x: Any, y: Tensor) -> tuple[float, float]:
        outputs = run_model(model, x)
        if outputs.ndim != 2 or y.shape != outputs.shape[:1]:
            shapes = f"{tuple(outputs.shape)} and {tuple(y.shape)}"
            raise ValueError(f"outputs must have shape (count, classes) and targets (count,), got {shapes}")
        found = (outputs.argmax(dim=1) == y) & ~outputs.isnan().any(dim=1)  # argmax takes NaN for the largest
        return float(found.sum()), len(y)

    return _means(model, _in_order("inputs", inputs, targets), [right])[0]


class _Shuffled:
    """Tensors as batches; each epoch shuffles them and leaves out an incomplete last batch."""

    def __init__(self, inputs: Any, targets: Any, size: int | None, generator: Generator | None) -> None:
        self.inputs, self.targets, self.size, self.generator = inputs, targets, size, generator
        self.count = _count(inputs, targets)
        if size is not None and not 1 <= size <= self.count:
            raise ValueError(f"batch_size must be from 1 to the {self.count} examples, got {size}")

    def __len__(self) -> int:
        return self.count // (self.size or self.count)

    def __iter__(self) -> Iterator[Any]:
        if self.size is None:
            yield self.inputs, self.targets
            return
        drawn_on = self.generator.device if self.generator else None
        order = torch.randperm(self.count, generator=self.generator, device=drawn_on)
        order = order.to(_tensors(self.inputs)[0].device)
        for rows in torch.split(order, self.size)[: len(self)]:
            yield _rows(self.inputs, rows), _rows(self.targets, rows)


class _Feed:
    """Batches, epoch after epoch, that can continue in the middle of one as if never interrupted."""

    def __init__(self, data: Iterable[Any], drawing: list[Generator]) -> None:
        owners = [data, getattr(data, "batch_sampler", None)]
        samplers = [getattr(owner, "sampler", None) for owner in owners]
        own = [getattr(owner, "generator", None) for owner in (*owners, *samplers)]
        self.data = data
        self.generators = drawing + [generator for generator in own if isinstance(generator, Generator)]
        self.taken = 0  # batches of the present epoch
        self.start = _states(self.generators)  # of the present epoch

    def __iter__(self) -> Iterator[Any]:
        while True:
            present = _states(self.generators)
            if self.taken:
                _set_states(self.generators, self.start)  # draws the order of the epoch again
            else:
                self.start = present
            batches = iter(self.data)
            if self.taken:
                deque(islice(batches, self.taken), maxlen=0)
                _set_states(self.generators, present)
            for batch in batches:
                self.taken += 1
                yield batch
            if not self.taken:
                raise ValueError(
                    "inputs must hold a batch in every epoch, got none (an iterator has only one epoch)"
                )
            self.taken = 0

    def state_dict(self) -> dict[str, Any]:
        return {"taken": self.taken, "start": self.start, "present": _states(self.generators)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.taken, self.start = state["taken"], state["start"]
        _set_states(self.generators, state["present"])


def _data(inputs: Any, targets: Any, size: int | None, generator: Generator | None) -> Iterable[Any]:
    if targets is not None:
        return _Shuffled(inputs, targets, size, generator)
    if size is not None or generator is not None:
        raise ValueError(f"batch_size and generator must be None with batches, got {size} and {generator}")
    return _batches("inputs", inputs)


def _in_order(argument: str, inputs: Any, targets: Any) -> Iterable[Any]:
    """Tensors as batches that hold each example once, in order, or the batches that were given."""
    if targets is None:
        return _batches(argument, inputs)
    what = argument if argument == "validation" else "inputs and targets"
    starts = range(0, _count(inputs, targets, what), 1024)
    chunks = [slice(start, start + 1024) for start in starts]
    return [(_rows(inputs, chunk), _rows(targets, chunk)) for chunk in chunks]


def _batches(argument: str, batches: Any) -> Iterable[Any]:
    if isinstance(batches, Tensor | Mapping) or not isinstance(batches, Iterable):
        kind = type(batches).__name__
        raise TypeError(
            f"{argument} must be batches, such as a DataLoader, when targets is omitted, got {kind}"
        )
    return batches


def _count(inputs: Any, targets: Any, what: str = "inputs and targets") -> int:
    rows = _tensors(inputs) + _tensors(targets)
    if any(tensor.ndim == 0 for tensor in rows):
        raise ValueError(f"{what} must hold one row an example, got a tensor without dimensions")
    lengths = [len(tensor) for tensor in rows]
    if not _tensors(inputs) or not _tensors(targets):
        kinds = f"{type(inputs).__name__} and {type(targets).__name__}"
        raise TypeError(f"{what} must be tensors, or tuples, lists or dicts of them, got {kinds}")
    if len(set(lengths)) > 1 or 0 in lengths:
        raise ValueError(f"{what} must be of one length above 0, got {' and '.join(map(str, lengths))}")
    return lengths[0]


def _check_arguments(
    model: nn.Module,
    loss: Any,
    calls: Mapping[str, Any],
    early_stopping: Stopper | None,
    checkpoint: str | os.PathLike[str] | None,
) -> None:
    """Raises an error for a model with nothing to train, or for a function, stopper or path that is none."""
    check.instance("model", model, nn.Module)
    check.function("loss", loss)
    for name, call in calls.items():
        if call is not None:
            check.function(name, call)
    if early_stopping is not None and not all(hasattr(early_stopping, name) for name in _STOPPER):
        raise TypeError(f"early_stopping must have the methods of Stopper, got {check.shown(early_stopping)}")
    if getattr(early_stopping, "sign", 1) < 0:
        raise ValueError("early_stopping must have mode 'min', as it receives losses, got mode 'max'")
    if checkpoint is not None and not _can_be_file(check.path("checkpoint", checkpoint)):
        raise ValueError(f"checkpoint must lie in a folder that exists, got {os.fspath(checkpoint)!r}")
    if not any(parameter.requires_grad for parameter in model.parameters()):
        raise ValueError(f"model must have a parameter to train, got {type(model).__name__}")


def _rate(lr: float | Tensor) -> float | Tensor:
    """The learning rate for the optimizer, which may change a tensor: a copy of it."""
    if not 0 <= (rate := check.fitting("lr", lr, torch.get_default_dtype())) < math.inf:
        raise ValueError(f"lr must be finite and at least 0, got {lr}")
    return check.tensor("lr", lr).clone() if isinstance(lr, Tensor) else rate


def _held_out(validation: Any, *, needed_by: tuple[Any, ...]) -> Iterable[Any] | None:
    """Batches of the validation data, or `None` if there are none and no other argument is given that needs them."""
    if validation is None:
        if any(argument is not None for argument in needed_by):
            raise ValueError(
                "validation must be given with validate_every, metric or early_stopping, got None"
            )
        return None
    if isinstance(validation, Iterator):
        raise TypeError(f"validation must be iterable more than once, got {type(validation).__name__}")
    if isinstance(validation, list) and any(isinstance(batch, Tensor) for batch in validation):
        raise TypeError("validation must be a tuple of inputs and targets, or batches, got a list of tensors")
    held_out = validation if isinstance(validation, tuple) else (validation, None)
    if len(held_out) != 2:
        raise ValueError(f"validation must be a pair of inputs and targets, got {len(held_out)} values")
    return _in_order("validation", *held_out)


def _limit(argument: str, value: float) -> float:
    """A limit of the gradient, above 0."""
    if not (limit := check.fitting(argument, value, torch.get_default_dtype())) > 0:
        raise ValueError(f"{argument} must be above 0, got {limit}")
    return limit


def _interval(argument: str, value: int) -> int:
    """A number of steps, above 0."""
    if not (interval := check.whole(argument, value)) > 0:
        raise ValueError(f"{argument} must be above 0, got {interval}")
    return interval


def _steps(steps: int | None, epochs: int | None, data: Iterable[Any]) -> int:
    if (steps is None) == (epochs is None):
        raise ValueError(f"steps or epochs must be given, and not both, got {steps} and {epochs}")
    for name, number in {"steps": steps, "epochs": epochs}.items():
        if number is not None and check.whole(name, number) < 1:
            raise ValueError(f"{name} must be at least 1, got {number}")
    if epochs is None:
        return int(steps or 0)
    if not _length(data):
        raise ValueError(f"epochs must come with data of known length, got {type(data).__name__}: give steps")
    return int(epochs) * (_length(data) or 0)


def _length(data: Any) -> int | None:
    try:
        return len(data)
    except TypeError:  # a loader of a stream
        return None


def _each(change: Callable[[Any], Any], nest: Any) -> Any:
    """The same nest of tuples, lists and dicts, with each tensor in it changed."""
    if isinstance(nest, Mapping):
        return {name: _each(change, part) for name, part in nest.items()}
    if hasattr(nest, "to"):  # a tensor, or a PackedSequence, which is a tuple too
        return change(nest)
    if isinstance(nest, tuple | list):
        parts = [_each(change, part) for part in nest]
        return type(nest)(*parts) if hasattr(nest, "_fields") else type(nest)(parts)
    return nest


def _tensors(nest: Any) -> list[Tensor]:
    found: list[Any] = []
    _each(found.append, nest)
    return [part for part in found if isinstance(part, Tensor)]


def _rows(nest: Any, rows: slice | Tensor) -> Any:
    return _each(lambda tensor: tensor[rows if isinstance(rows, slice) else rows.to(tensor.device)], nest)


def _size(nest: Any) -> int:
    """How many examples there are in a batch of targets."""
    return next((len(tensor) for tensor in _tensors(nest) if tensor.ndim), 1)


def on_device(batch: Any, device: torch.device) -> tuple[Any, Any]:
    """Inputs and targets on the device."""
    if not isinstance(batch, tuple | list) or len(batch) != 2:
        raise ValueError(f"each batch must be a pair of inputs and targets, got {type(batch).__name__}")
    inputs, targets = _each(lambda tensor: tensor.to(device), tuple(batch))
    return inputs, targets


def run_model(model: nn.Module, inputs: Any) -> Any:
    """A model's output for a batch's inputs: one input, several by position, or several by name."""
    if isinstance(inputs, Mapping):  # such as what a tokenizer gives, which is no dict
        return model(**inputs)
    return model(*inputs) if type(inputs) in (tuple, list) else model(inputs)


def device_of(model: nn.Module) -> torch.device:
    """Where a model's parameters are."""
    return next(chain(model.parameters(), model.buffers()), torch.empty(0)).device


def _place(device: str | torch.device) -> torch.device:
    """The device; `Module.to` would also accept a dtype or a tensor, and convert the model."""
    try:
        if isinstance(device, str | torch.device):
            return torch.device(device)
    except RuntimeError:
        pass
    raise ValueError(
        f"device must be the name of a device of PyTorch, such as 'cpu', got {check.shown(device)}"
    )


def _check_new(stopper: Stopper | None) -> None:
    """Raises an error if it may restore the weights of an earlier run."""
    if stopper is None:
        return
    from lego.regularization import EarlyStopping  # here: few runs need it

    if isinstance(stopper, EarlyStopping) and stopper.steps > 0:
        raise ValueError("early_stopping must be a new one for each run, got one that has seen values before")


def _optimizer(
    make: Callable[..., Optimizer], model: nn.Module, rate: float | Tensor, *, closures: bool
) -> Optimizer:
    """The optimizer of all the model's parameters; `closures` tells whether it may ask for one."""
    update = make(model.parameters(), lr=rate)
    if not hasattr(update, "param_groups"):
        raise TypeError(f"optimizer must make an optimizer, got {check.shown(update)}")
    if _asks_for_closure(update) and not closures:
        raise ValueError(
            f"optimizer must need no closure with clipping or float16, got {type(update).__name__}"
        )
    return update


def _asks_for_closure(optimizer: Optimizer) -> bool:
    closure = signature(optimizer.step).parameters.get("closure")
    return closure is not None and closure.default is Parameter.empty


def _scheduler(schedule: Callable[[Optimizer], LRScheduler] | None, update: Optimizer) -> LRScheduler | None:
    scheduler = schedule(update) if schedule else None
    if scheduler is not None and not hasattr(scheduler, "step"):
        raise TypeError(f"schedule must make a scheduler, got {check.shown(scheduler)}")
    if isinstance(scheduler, ReduceLROnPlateau):
        raise ValueError("schedule must make a scheduler that needs no metric, got ReduceLROnPlateau")
    return scheduler


def _outside(model: nn.Module, trained: list[Tensor]) -> nn.ParameterList | None:
    """What is trained but is no parameter of the model, if there is anything."""
    inside = set(map(id, model.parameters()))
    others = nn.ParameterList(parameter for parameter in trained if id(parameter) not in inside)
    return others if len(others) else None


def _penalized(value: Tensor, penalty: Callable[[nn.Module], Tensor] | None, model: nn.Module) -> Tensor:
    """A batch's loss plus the penalty: one number with a gradient."""
    if not isinstance(value, Tensor):
        raise TypeError(f"loss must return a tensor, got {check.shown(value)}")
    if value.numel() != 1:
        raise ValueError(f"loss must return one number, got shape {tuple(value.shape)}")
    total = value
    if penalty is not None:
        extra = penalty(model)
        if not isinstance(extra, Tensor | Real):
            raise TypeError(f"penalty must return a number, got {check.shown(extra)}")
        total = value + extra
    if total.numel() != 1:
        raise ValueError(f"penalty must return one number, got shape {tuple(total.shape)}")
    if not total.requires_grad:
        raise ValueError(f"loss must have a gradient, got {check.shown(value)}")
    return total


def _clip_norm(model: nn.Module, trained: list[Tensor], limit: float, step: int, *, finite: bool) -> float:
    """Clips the gradient to a norm; returns the norm before, which must be finite if `finite`."""
    try:
        norm = clip_grad_norm_(trained, limit, error_if_nonfinite=finite)
    except NotImplementedError as error:
        raise ValueError(
            f"clip_norm must be None with gradients without a norm, such as sparse ones, got {limit}"
        ) from error
    except RuntimeError as error:
        why = _gradient_source(model, trained)
        raise FloatingPointError(
            f"gradient must stay finite, got infinity or NaN at step {step}: {why}"
        ) from error
    return norm.item()


def _means(model: nn.Module, batches: Iterable[Any], measures: list[Measure]) -> list[float]:
    """The mean of each measure over all batches, with dropout off and norms frozen."""
    device, sums, count = device_of(model), [(0.0, 0.0)] * len(measures), 0
    with kept_modes(model), torch.no_grad():
        model.eval()
        for batch in batches:
            x, y = on_device(batch, device)
            for number, measure in enumerate(measures):
                (total, counted), (more, weight) = sums[number], measure(x, y)
                sums[number] = total + more, counted + weight
            count += _size(y)
    if count == 0:
        raise ValueError("batches must hold at least one example, got none")
    return [total / counted if counted else math.nan for total, counted in sums]


def _share(loss: Callable[[Any, Any], Any], compute: Callable[[], Any], y: Any) -> tuple[float, float]:
    """A batch's part of a mean loss, and its weight: for classes, how many are not ignored, by class weight."""
    counted = float(_size(y))
    entropy = cross_entropy(loss)
    if entropy and entropy["reduction"] == "mean" and isinstance(y, Tensor) and not y.is_floating_point():
        kept, weight = y[y != entropy["ignore_index"]], entropy["weight"]
        counted = float(len(kept) if weight is None else weight[kept].sum())
    return (counted * float(compute()), counted) if counted else (0.0, 0.0)


def cross_entropy(loss: Callable[..., Any]) -> dict[str, Any] | None:
    """The settings of a loss that is cross-entropy, even one with some arguments given; `None` for another loss."""
    if loss_function(loss) is not F.cross_entropy:
        return None
    settings = {"weight": None, "ignore_index": -100, "reduction": "mean", "label_smoothing": 0.0}
    if isinstance(loss, nn.Module):
        return {name: getattr(loss, name) for name in settings}
    return settings | loss.keywords if isinstance(loss, partial) else settings


def loss_function(loss: Callable[..., Any]) -> Callable[..., Any]:
    """PyTorch's function for a loss that is a module of it, or that function with some arguments given."""
    for kind, function in _LOSSES.items():
        if isinstance(loss, kind):
            return function
    return loss.func if isinstance(loss, partial) and not loss.args else loss


def _keep(history: History, step: int, numbers: Mapping[str, float] | None) -> None:
    if numbers is not None and not isinstance(numbers, Mapping):
        raise TypeError(f"watch must return numbers by name, or None, got {check.shown(numbers)}")
    for name, number in (numbers or {}).items():
        number = number.detach() if isinstance(number, Tensor) else number
        history.watched.setdefault(name, []).append(check.real(f"watch[{name!r}]", number))
        history.watched_steps.setdefault(name, []).append(step)


def _source(model: nn.Module, x: Any, y: Any, cast: AbstractContextManager[Any]) -> str:
    """Where a loss stopped being finite, found by running its batch again."""
    if not _finite(x):
        return "the inputs of the batch are not finite"
    if source := first_not_finite(model, x, cast):
        name, kind, problem = source
        return f"layer {name!r} ({kind}) {problem}" if name else f"the model, {kind}, {problem}"
    if not _finite(y):
        return "the targets of the batch are not finite"
    return "every output is finite, so the loss or the penalty itself is not"


def first_not_finite(
    model: nn.Module, x: Any, cast: AbstractContextManager[Any] | None = None
) -> tuple[str, str, str] | None:
    """The name and kind of the layer where a batch, run again, stops being finite, and what is wrong there.

    A function in a `forward` is no layer: its result is seen by the next layer that gets it, or as the output of the
    layer whose `forward` it is.
    """
    found: list[tuple[str, str, str]] = []
    sound: dict[nn.Module, bool] = {}  # whether the layer got finite inputs, which it may overwrite

    def enter(module: nn.Module, inputs: Any) -> None:
        sound[module] = bool(found) or _finite(inputs)

    def leave(name: str, module: nn.Module, inputs: Any, output: Any) -> None:
        if found or _finite(output):
            return
        weights = [key for key, weight in module.named_parameters(recurse=False) if not _finite(weight)]
        cause = f", with {' and '.join(weights)} not finite already" if weights else ""
        problem = f"gives the first output that is not finite{cause}"
        if not sound[module]:
            problem = "gets the first input that is not finite"
        found.append((name, type(module).__name__, problem))

    hooks = []
    for name, module in model.named_modules():
        if not isinstance(module, torch.jit.ScriptModule):  # compiled: it accepts no hooks
            hooks.append(module.register_forward_pre_hook(enter))
            hooks.append(module.register_forward_hook(partial(leave, name)))
    try:
        with cast or nullcontext(), uncompiled(model), kept_buffers(model):
            run_model(model, x)  # with gradients: a model may use some as it runs
    finally:
        for hook in hooks:
            hook.remove()
    return found[0] if found else None


def _gradient_source(model: nn.Module, trained: list[Tensor]) -> str:
    """Where a gradient stopped being finite: it flows from the loss to the last layer, and on to the first."""
    names = {id(weight): name for name, weight in model.named_parameters()}
    bad = {id(weight) for weight in trained if not _finite(weight.grad)}
    if bad - names.keys():
        return "the gradient of a parameter outside the model is not finite"
    wrong = [name for key, name in names.items() if key in bad]
    if not wrong:
        return "every gradient is finite, their norm overflows"
    return f"the gradient of {wrong[-1]!r} is the first on the way back that is not finite"


def _finite(nest: Any) -> bool:
    return all(bool(_entries(tensor).isfinite().all()) for tensor in _tensors(nest))


def _entries(tensor: Tensor) -> Tensor:
    """The numbers that a tensor holds; for a sparse one, not the zeros between them."""
    tensor = tensor.coalesce() if tensor.is_sparse else tensor
    return tensor if tensor.layout in (torch.strided, torch.jagged) else tensor.values()


def _ambient(device: torch.device) -> list[Generator]:
    """PyTorch's own generators, of the CPU and of the device."""
    if device.type != "cuda":
        return [torch.default_generator]
    return [torch.default_generator, torch.cuda.default_generators[device.index]]


def own_generators(model: nn.Module) -> list[Generator]:
    """The generators that layers hold, such as those of `lego.regularization.Dropout`."""
    held = [value for module in model.modules() for value in vars(module).values()]
    return [value for value in held if isinstance(value, Generator)]


def _states(generators: list[Generator]) -> list[Tensor]:
    return [generator.get_state() for generator in generators]


def _set_states(generators: list[Generator], states: list[Tensor]) -> None:
    for generator, state in zip(generators, states, strict=True):
        generator.set_state(state)


@contextmanager
def undrawn(generators: list[Generator]) -> Iterator[None]:
    """Leaves the generators as they were."""
    states = _states(generators)
    try:
        yield
    finally:
        _set_states(generators, states)


@contextmanager
def _seeded(seed: int | None, generators: list[Generator]) -> Iterator[None]:
    if seed is None:
        yield
        return
    with undrawn(generators):
        for generator in generators:
            generator.manual_seed(seed)
        yield


@contextmanager
def _kept_by_errors(history: History) -> Iterator[None]:
    """Attaches the history to any error that ends training early."""
    try:
        yield
    except BaseException as error:
        error.history = history  # type: ignore[attr-defined]
        raise


def _settings(parts: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    """What must be the same for a run to continue from a checkpoint."""
    model, optimizer, feed = parts["model"], parts["optimizer"], parts["feed"]
    kinds = {name: type(parts[name]).__name__ for name in ("optimizer", "schedule", "early_stopping")}
    data = {"examples": getattr(feed.data, "count", None), "batches": _length(feed.data)}
    place = {"device": device_of(model).type, "generators": len(feed.generators)}
    numbers = {f"{name} of the optimizer": str(value) for name, value in optimizer.defaults.items()}
    return options | kinds | data | place | numbers | _shapes(parts)


def _shapes(parts: dict[str, Any]) -> dict[str, Any]:
    state = parts["model"].state_dict() | {
        f"parameter {name} outside the model": p for name, p in enumerate(parts["others"] or ())
    }
    return {
        f"shape of {name}": _UNKNOWN if is_lazy(value) else tuple(getattr(value, "shape", ()))
        for name, value in state.items()
    }


def _save(
    path: str | os.PathLike[str],
    settings: dict[str, Any],
    parts: dict[str, Any],
    history: History,
    stopped: bool,
) -> None:
    states = {name: _plain(part.state_dict()) for name, part in parts.items() if part is not None}
    learned = {name: shape for name, shape in _shapes(parts).items() if settings.get(name) == _UNKNOWN}
    partial_file = Path(f"{os.fspath(path)}.{os.getpid()}.part")
    try:
        torch.save(
            {"settings": settings | learned, "history": vars(history), "stopped": stopped, **states},
            partial_file,
        )
        if not os.path.exists(path):
            _check_readable(partial_file)
        os.replace(partial_file, path)  # readers see the old file or the new one, never half of it
    finally:
        partial_file.unlink(missing_ok=True)


def _plain(state: Any) -> Any:
    """The same state with Python's numbers in place of NumPy's, which `torch.load` refuses."""
    if isinstance(state, np.generic):
        return state.item()
    if type(state) in (tuple, list):
        return type(state)(map(_plain, state))
    if isinstance(state, dict):
        changed = {name: _plain(part) for name, part in state.items()}
        if any(changed[name] is not part for name, part in state.items()):
            state = copy.copy(state)  # keeps the type of the dict, and the attributes of a model's
            state.update(changed)
    return state


def _check_readable(path: Path) -> None:
    """Raises an error at the first checkpoint of a run, and not when it is needed, if it could not be read."""
    try:
        torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except pickle.UnpicklingError as error:
        kind = re.search(r"GLOBAL (\S+)", str(error))
        raise ValueError(
            "checkpoint must hold tensors, numbers, strings and collections of them, got "
            f"{kind[1] if kind else error} in the state of the model, optimizer, schedule or early_stopping"
        ) from error


def _load(
    path: str | os.PathLike[str] | None,
    settings: dict[str, Any],
    parts: dict[str, Any],
    steps: int,
    history: History,
) -> bool:
    """Fills the parts and the history from a file, if there is one; returns whether the run had stopped early."""
    if path is None or not os.path.exists(path):
        return False
    try:
        saved = torch.load(path, map_location="cpu", weights_only=True)
        known, there = History(**saved["history"]), saved["settings"]
    except (pickle.UnpicklingError, EOFError, RuntimeError, LookupError, TypeError) as error:
        raise ValueError(f"checkpoint must be a file that fit wrote, got {os.fspath(path)!r}") from error
    for name in {**there, **settings}:
        unknown = name in there and settings.get(name) == _UNKNOWN
        if there.get(name) != settings.get(name) and not unknown:
            values = f"{name} {there.get(name)} in the file and {settings.get(name)} now"
            raise ValueError(f"checkpoint must be of a run with the same settings, got {values}")
    if len(known.loss) > steps:
        raise ValueError(
            f"steps must be at least the {len(known.loss)} that checkpoint has done, got {steps}"
        )
    for name, part in parts.items():
        if part is not None:
            part.load_state_dict(saved[name])
    vars(history).update(vars(known))
    return bool(saved["stopped"])


def _can_be_file(path: Path) -> bool:
    return path.name != "" and path.parent.is_dir() and not path.is_dir()


def _bar(steps: int, progress: bool) -> AbstractContextManager[Any]:
    if not (progress and sys.stderr.isatty()):
        return nullcontext()
    try:
        from tqdm import tqdm
    except ImportError:
        return nullcontext()
    bar: AbstractContextManager[Any] = tqdm(total=steps)
    return bar
