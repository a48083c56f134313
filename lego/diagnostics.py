r"""Diagnostics: what each layer of a model sees and sends back, and what ails it.

`slope` returns the derivative of a function, `gradient_norms` one number per layer, `diagnose` a whole report. The
last two work on any `nn.Module` and leave it as it was: weights, buffers, gradients, modes, hooks and the
random state, even after an exception. While they run, dropout and noise layers are off; a function such as
`F.dropout(x, training=self.training)` in a `forward` stays on. A batch norm in training mode uses the batch, as in
training.

A weighted layer is a module with a `weight` of two or more dimensions: linear, convolution, embedding; also a
recurrent layer or attention, with the weight of its inputs and its first output. A hook on it cannot see an
activation that `forward` calls as a function, such as `F.relu`. So whatever comes between one layer's output $z$ and
the next one's input $h$ is found by differentiation: where $h = f(z)$ elementwise, the product of any vector $v$ with
the Jacobian $\partial h / \partial z$ is $f'(z)\, v$.
"""

import copy
import math
import re
import statistics
import textwrap
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from itertools import accumulate, chain
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd
from torch.nn.parameter import is_lazy
from torch.nn.utils import parametrize
from torch.nn.utils.rnn import PackedSequence
from torch.optim import Optimizer

from lego import _checks as check
from lego import _findings as findings
from lego._findings import ADVICE, DEAD_POSITIONS, DRAWS, DRAWS_INSIDE, SHARES, Found
from lego._layers import exact, hidden_layers, kept_buffers, kept_modes, uncompiled
from lego._names import find
from lego.training import (
    _asks_for_closure,
    _entries,
    _finite,
    device_of,
    first_not_finite,
    on_device,
    own_generators,
    run_model,
    undrawn,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["THRESHOLDS", "Finding", "Layer", "Report", "Watch", "diagnose", "gradient_norms", "slope"]

THRESHOLDS: dict[str, float] = {
    "vanishing": 0.5,
    "shrunk": 1 / 30,
    "exploding": 1.4,
    "grown": 10.0,
    "saturated": 0.3,
    "dead": 0.4,
    "identical": 0.0,
    "uncentered": 2.0,
    "unscaled": 1000.0,
    "targets": 100.0,
    "chance": 3.0,
    "slow": 1e-4,
    "fast": 0.2,
    "decay": 0.01,
    "dropout": 0.85,
    "overfit": 0.1,
}
"""The limit at which each finding begins, chosen from what was measured on healthy and on sick nets.

| Name | Measured | Healthy | Sick |
|---|---|---|---|
| vanishing | gradient factor per layer, if all layers together leave little enough | 0.83 to 1.28 | 0.06 to 0.39 |
| shrunk | what all layers together leave of the gradient | at least 0.036, PyTorch's weights | 0.03 and less |
| exploding | the same, if the gradient grows enough over all layers together | 0.83 to 1.8 | 1.5 to 2.0 |
| grown | what all layers together multiply the gradient by | at most 6, trained nets | 11 and more |
| saturated | share of a layer's values where the slope is below 0.01 | at most 0.02 | 0.70 |
| dead | share of a layer's units that pass on no gradient | at most 0.25 | 0.56 to 1 |
| identical | share of a layer's units that copy another | exactly 0 | more |
| uncentered | size of the inputs' mean divided by their spread | at most 1.4, raw digits | 2.4, raw wine |
| unscaled | largest divided by smallest spread of the inputs' features | at most 160, raw digits | 2500, raw wine |
| targets | size of the targets divided by that of the outputs, or by 1 if they are smaller | near 1 | 2e5, raw prices |
| chance | loss divided by that of guessing, log K for K classes | at most 2, at the start | 10 and more, raw inputs |
| slow | median size of an update divided by that of its weights | 0.002 to 0.04 | below 1e-4 |
| fast | the same | 0.002 to 0.04 | above 0.4 |
| decay | share of the weights that weight decay takes away in one step | at most 0.002 | 0.1 |
| dropout | share of the units that dropout leaves out | at most 0.8 | 0.9 and more |
| overfit | loss of one batch after training on it, divided by that before | near 0 | near 1 |
"""

FACTOR_LAYERS = 4  # fewer say little about a factor per layer
FLAT_SLOPE = 0.01
SMALL_BRANCH = 0.1  # of the gradient around it: a dip that is kept cannot reach "grown"
OFF_SHARE = 0.01  # how much of its layer's spread an activation may put out while it is off
RANK_SAMPLE = 64  # number of positions and units that the effective rank uses

Loss = Callable[[Any, Any], Tensor]
_WEIGHTS = (
    "weight",
    "weight_ih_l0",
    "in_proj_weight",
    "weight_ih",
)  # of recurrent layers, attention and cells too
_NORMS = (_NormBase, nn.LayerNorm, nn.GroupNorm, nn.RMSNorm)


@dataclass(frozen=True)
class Layer:
    """One call of a weighted layer; a layer that is used twice has two rows.

    Attributes:
        name: the module's name in the model; a second call adds ` (2)`.
        kind: the module's class.
        mean: mean of the output.
        std: standard deviation of the output.
        weight_gradient: Euclidean norm of the weight's gradient; `None` if it is frozen or not in the loss.
        output_gradient: root mean square of the output's gradient; `None` if the loss does not depend on it.
        saturated: share of the output's values where the activation that follows is flat but not off; it is off
            where its own output is zero or, in a unit that is on elsewhere, tiny, as that of Swish far below zero;
            `None` if what follows is not elementwise.
        dead: share of the units whose activation passes on no gradient at any position (example, pixel or
            token); `None` with fewer than 16 positions, and for the last layer.
        identical: share of the units that copy another unit, in weights and in gradient.
        gradient_to_weight: norm of the weight's gradient divided by that of the weight.
        update_to_weight: norm of the optimizer's next update divided by that of the weight; `None` without an
            optimizer that holds the weight.
        effective_rank: exponential of the entropy of the centered outputs' singular values, on at most 64
            positions and units (Roy & Vetterli, 2007, "The effective rank: a measure of effective
            dimensionality"): how many directions they really use.
    """

    name: str
    kind: str
    mean: float
    std: float
    weight_gradient: float | None
    output_gradient: float | None
    saturated: float | None
    dead: float | None
    identical: float
    gradient_to_weight: float | None = None
    update_to_weight: float | None = None
    effective_rank: float | None = None


@dataclass(frozen=True)
class Finding:
    """What ails a model, and where it is worst.

    Attributes:
        name: such as `"vanishing gradient"`.
        layer: the layer where `value` was measured.
        value: what was measured.
        threshold: the limit that a healthy model keeps to.
        message: the finding in one sentence.
        remedy: what to try.
        severity: `"error"`, `"warning"` or `"note"`.
        page: address of the handbook's page that explains it, from the site's root; empty if there is none yet.
    """

    name: str
    layer: str
    value: float
    threshold: float
    message: str
    remedy: str
    severity: str
    page: str


@dataclass(frozen=True)
class Report:
    """What [diagnose][lego.diagnostics.diagnose] found; `print` shows it as a table.

    Attributes:
        loss: the loss of the batch.
        gradient_factor: what each layer multiplies the gradient by on its way to the input, as a geometric
            mean over depth, up to a pooling of all positions; `None` with fewer than four such layers, and while
            a factor of zero, such as the last layer's weights, holds the gradient back for one step.
        layers: one row for each call of a weighted layer, in forward order.
        findings: what ails the model; empty if nothing does.
    """

    loss: float
    gradient_factor: float | None
    layers: list[Layer]
    findings: list[Finding]

    def __str__(self) -> str:
        """The rows as a table, then the findings: 78 characters wide, 8 more if an optimizer's update was measured."""
        updates = any(row.update_to_weight is not None for row in self.layers)
        heads = ["mean", "std", "grad W", "grad z", "grad/W", *["step/W"] * updates]
        lines = [f"{'layer':<12} {'kind':<9} {' '.join(f'{head:>7}' for head in heads)}  flat dead rank"]
        for row in self.layers:
            numbers = [row.mean, row.std, row.weight_gradient, row.output_gradient, row.gradient_to_weight]
            cells = [f"{_number(number):>7}" for number in [*numbers, *[row.update_to_weight] * updates]]
            cells += [f"{_cell(row.saturated, '.0%'):>5}", f"{_cell(row.dead, '.0%'):>4}"]
            cells.append(f"{_cell(row.effective_rank, '.0f'):>4}")
            lines.append(f"{row.name[-12:]:<12} {row.kind[:9]:<9} {' '.join(cells)}")
        lines.append(f"loss {self.loss:.4g}, gradient factor per layer {_cell(self.gradient_factor, '.2g')}")
        for finding in self.findings:
            text = f"{finding.name} at {finding.layer}: {finding.message}. Try: {finding.remedy}."
            text += f" See {finding.page}" if finding.page else ""
            lines += textwrap.wrap(text, 80, subsequent_indent="  ")
        return "\n".join(lines if self.findings else [*lines, "no findings"])

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain numbers, strings, lists and dicts, ready for JSON if all numbers are finite.

        NaN and infinity stay floats.
        """
        return asdict(self)

    def plot(self, axes: "Axes | None" = None) -> "Axes":
        """Draws the spread of each layer's output and of the gradient that arrives there.

        A value of zero leaves a gap, and so does one of 1e200 or more.

        Args:
            axes: where to draw; those of a new figure if omitted.

        Returns:
            The axes.

        Raises:
            ImportError: if matplotlib is missing.
        """
        from lego.plotting import gradient_flow

        spreads = {row.name: row.std for row in self.layers}
        gradients = {row.name: row.output_gradient or 0.0 for row in self.layers}
        axes = gradient_flow({"output": spreads, "gradient": gradients}, axes=axes)
        axes.set_ylabel("spread")
        return axes


def slope(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    r"""Derivative of an elementwise function at every element, by automatic differentiation.

    $$f'(x)$$

    Args:
        function: an elementwise function or module.
        x: any shape, any floating-point dtype; it need not require a gradient.

    Returns:
        The slopes, shaped like `x`, without a gradient.

    Raises:
        ValueError: if `x` is not floating point, or `function` does not keep its shape.
    """
    check.function("function", function)
    if not check.instance("x", x, Tensor).is_floating_point():
        raise ValueError(f"x must be floating point, got {x.dtype}")
    with torch.inference_mode(False), torch.enable_grad():
        leaf = (x.clone() if x.is_inference() else x.detach()).requires_grad_()
        y = function(leaf.clone())  # a function that works in place gets a copy
    if not isinstance(y, Tensor):
        raise TypeError(f"function must return a tensor, got {check.shown(y)}")
    if y.shape != x.shape:
        raise ValueError(f"function must keep the shape {tuple(x.shape)}, got {tuple(y.shape)}")
    if not y.requires_grad:  # a constant
        return torch.zeros_like(x)
    with (
        torch.inference_mode(False),
        torch.enable_grad(),
    ):  # of the sum: PyTorch would import computer algebra to check a `grad_outputs`
        (gradient,) = torch.autograd.grad(y.sum(), leaf, materialize_grads=True)
    return gradient


def gradient_norms(
    model: nn.Module, inputs: Any, targets: Any, loss: Loss = F.cross_entropy
) -> dict[str, float]:
    r"""Euclidean norm of each weight's gradient: how far a step moves each layer.

    $$\left\lVert \frac{\partial L}{\partial W_l} \right\rVert_F$$

    Args:
        model: any module; left as it was.
        inputs: a batch, as the model expects it.
        targets: its targets, as `loss` expects them.
        loss: a function of the model's output and the targets that returns a scalar.

    Returns:
        A norm for each weighted layer by name, in forward order. Frozen and unused layers are left out; a
        layer that the loss does not depend on has 0.

    Raises:
        ValueError: if `loss` does not return a scalar, or the model calls no weighted layer.
    """
    with _unchanged(_checked(model)), parametrize.cached():
        value, calls, _ = _forward(model, inputs, targets, loss)
        weights = {call.name: call.weight for call in calls if call.first and call.weight.requires_grad}
        gradients = _gradients(value, list(weights.values()))
    return {name: _norm(gradient) or 0.0 for name, gradient in zip(weights, gradients, strict=True)}


def diagnose(
    model: nn.Module,
    batch: tuple[Any, Any],
    loss: Loss = F.cross_entropy,
    *,
    optimizer: Optimizer | None = None,
    overfit: int = 0,
    thresholds: Mapping[str, float] | None = None,
) -> Report:
    r"""Examines a model on one batch: signal and gradient of each layer, and what ails it.

    The gradient factor per layer of a model with $n$ weighted layers, outputs $z_l$ of the whole batch, and loss $L$ is

    $$\left(\frac{\lVert \partial L / \partial z_1 \rVert_F}{\lVert \partial L / \partial z_n \rVert_F}
    \right)^{1/(n-1)}$$

    The weighted layers need as many multiplications as in one plain training step, but the examination takes two to
    three times as long, and at least a millisecond. It takes longer with narrow layers, and with a layer that
    is called many times, because each call is measured.

    Layers after a mean over all positions do not count in the factor, because that mean divides the gradient.

    Findings, with their thresholds in [THRESHOLDS][lego.diagnostics.THRESHOLDS]: `"vanishing gradient"` and
    `"exploding gradient"`, both with four layers or more, and `"blocked gradient"`; `"saturated units"`,
    `"dead units"`, `"identical units"`; `"constant input"`, `"uncentered input"` and `"unscaled input"` of the first
    layer; of output, targets and loss, `"not logits"`, `"not log-probabilities"`, `"wrong targets"`,
    `"unscaled targets"`, `"broadcast loss"` and `"loss above chance"`; `"frozen parameters"`,
    `"unreachable parameters"`, `"unregistered parameters"`; `"mixed modes"` of dropout and batch norm,
    `"dropout too high"`; with an optimizer, `"learning rate too low"`, `"learning rate too high"`,
    `"scheduled learning rate"`, `"weight decay too high"`, `"parameters without optimizer"`, and `"mixed modes"` also
    if the whole model is in evaluation mode; with `overfit`, `"cannot overfit one batch"`; and `"non-finite"`, always
    alone, because it spoils every other number.

    `"loss above chance"` is reported for `F.cross_entropy`, `F.nll_loss` and `F.binary_cross_entropy_with_logits`, for
    their modules, and for a `functools.partial` of one of the functions with keywords; what does not fit the loss,
    also for `F.mse_loss`, `F.l1_loss`, `F.smooth_l1_loss` and `F.huber_loss`. A loss wrapped in a function of your
    own is not recognized, but `"broadcast loss"` tries any loss on the targets themselves if the shapes differ.

    On the way forward, `"non-finite"` names the first layer of any kind whose output is not finite. If a function in a
    `forward` is to blame, that is the next layer that gets its result or, after the last one, the module whose
    `forward` it is.

    Args:
        model: any module, in the mode to be examined; left as it was.
        batch: inputs and targets, as the model and `loss` expect them. Inputs in a dict are passed to the model by
            name, those in a tuple or list by position.
        loss: a function of the model's output and the targets that returns a scalar.
        optimizer: the one that trains the model; its next update is measured on a copy.
        overfit: for how many steps Adam trains a copy of the model on the batch, such as 200, and again at a lower
            rate if the first try fails. They cost as much as that many steps of training.
        thresholds: other thresholds, by name.

    Returns:
        The report; `print` it.

    Raises:
        ValueError: if `loss` does not return a scalar, the model calls no weighted layer or has lazy parameters, the
            batch is empty, the optimizer needs a closure, a threshold is unknown, or `overfit` is negative.
        TypeError: if the model is scripted or traced.

    Examples:
        ```python
        import torch

        from lego.diagnostics import diagnose
        from lego.stack import mlp

        model = mlp([20] * 10 + [2], "sigmoid")
        print(diagnose(model, (torch.randn(64, 20), torch.randint(2, (64,)))))
        ```
    """
    if (overfit := check.whole("overfit", overfit)) < 0:
        raise ValueError(f"overfit must be a number of steps, such as 200, got {overfit}")
    _checked(model)
    if not isinstance(batch, tuple | list) or len(batch) != 2:
        raise TypeError(
            "batch must be a pair of inputs and targets; several inputs go into a tuple or dict, as in "
            f"((x, lengths), y); got {check.shown(batch)}"
        )
    if optimizer is not None:
        check.instance("optimizer", optimizer, Optimizer)
        if isinstance(optimizer, torch.optim.LBFGS) or _asks_for_closure(optimizer):
            kind = type(optimizer).__name__
            raise ValueError(f"optimizer must need no closure, got {kind}, whose step runs the model itself")
    limits = dict(THRESHOLDS)
    for name, number in ({} if thresholds is None else check.mapping("thresholds", thresholds)).items():
        find("thresholds", name, THRESHOLDS, "THRESHOLDS")
        if math.isnan(limit := check.real("thresholds", number)):
            raise ValueError(f"thresholds must be numbers, got NaN for {name!r}")
        limits[name] = limit
    with _unchanged(model), parametrize.cached():
        value, calls, output = _forward(model, *batch, loss)
        rows, gradients, factor, total, closed = _examine(model, value, calls)
        number = value.item()
        updates = _updates(model, gradients, optimizer) if optimizer is not None else {}
    rows = [
        replace(row, update_to_weight=updates.get(id(call.weight)))
        for row, call in zip(rows, calls, strict=True)
    ]
    broken = _non_finite(model, batch, number, rows, loss)
    if broken:
        return Report(number, factor, rows, [_finding(broken)])
    inputs, targets = batch
    alike = findings.all_alike(inputs)
    found: list[Found] = []
    if factor is not None and total is not None and _learns_in_depth(calls):
        found += findings.of_gradient(factor, total, rows[0].name, limits)
    found += findings.of_units(rows, [share for share in SHARES if not (alike and share == "dead")], limits)
    if not found and not closed and not alike and number != 0:
        found += findings.of_blocked_gradient(rows)
    if alike:
        message = f"all {len(inputs)} examples are alike"
        found.append(Found("constant input", calls[0].name, len(inputs), 0.0, message))
    elif (features := _features(calls[0])) is not None:
        found += findings.of_inputs(calls[0].name, features, limits)
    found += findings.of_output(output, loss)
    found += findings.of_targets(output, targets, loss, limits)
    found += findings.of_broadcast(output, targets, loss)
    found += findings.of_loss(number, output, targets, loss, limits)
    found += findings.of_parameters(model, [call.layer for call in calls], gradients, optimizer)
    found += findings.of_unregistered(model, inputs, output, [call.output for call in calls], optimizer)
    found += findings.of_modes(model, optimizer)
    found += findings.of_dropout(model, limits)
    if optimizer is not None:
        pushed = [id(p) for p, g in zip(model.parameters(), gradients, strict=True) if _pushes(g)]
        learned = partial(findings.has_learned, number, output, targets, loss, limits)
        if sizes := [updates[key] for key in pushed if key in updates]:
            found += findings.of_rates(sizes, optimizer, learned, loss, limits)
        found += findings.of_decay(optimizer, limits)
    if overfit:
        found += _overfit_findings(model, batch, loss, overfit, limits)
    return Report(number, factor, rows, [_finding(each) for each in found])


@dataclass
class Watch:
    """Examines a model at intervals while it trains: pass it to [fit][lego.training.fit] as `watch`.

    Attributes:
        batch: inputs and targets to examine it on, the same each time.
        every: how many steps from one report to the next.
        loss: as in [diagnose][lego.diagnostics.diagnose].
        thresholds: other thresholds, by name.
        optimizer: the one that trains the model, whose next update is measured; `fit` sets it.
        reports: the reports, by step.

    Examples:
        ```python
        import torch

        from lego.diagnostics import Watch
        from lego.stack import mlp
        from lego.training import fit

        x, y = torch.randn(64, 8), torch.randint(3, (64,))
        watch = Watch((x, y), every=10)
        history = fit(mlp([8, 32, 3]), x, y, steps=21, lr=0.1, watch=watch)
        print(list(watch.reports), history.watched["dead"])
        ```
    """

    batch: tuple[Any, Any]
    every: int = 100
    loss: Loss = F.cross_entropy
    thresholds: Mapping[str, float] | None = None
    optimizer: Optimizer | None = None
    reports: dict[int, Report] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Checks the numbers."""
        if check.whole("every", self.every) < 1:
            raise ValueError(f"every must be at least 1, got {self.every}")

    def __call__(self, step: int, model: nn.Module) -> dict[str, float] | None:
        """Examines the model if the step is due; returns its worst numbers and the median update, by name."""
        if check.whole("step", step) % self.every:
            return None
        batch = on_device(self.batch, device_of(check.instance("model", model, nn.Module)))
        report = diagnose(model, batch, self.loss, optimizer=self.optimizer, thresholds=self.thresholds)
        self.reports[step] = report
        seen = {
            name: max(getattr(row, name) or 0.0 for row in report.layers)
            for name in ("saturated", "dead", "identical")
        }
        if report.gradient_factor is not None:
            seen["gradient factor"] = report.gradient_factor
        updates = [row.update_to_weight for row in report.layers if row.update_to_weight is not None]
        if updates:
            seen["update to weight"] = statistics.median(updates)
        return seen


@dataclass
class _Call:
    name: str
    layer: nn.Module
    weight: Tensor
    first: bool  # the layer's first call
    input: Tensor | None
    output: Tensor
    signal: Tensor  # what the activation gets: the output, or what a norm layer made of it
    passed: Tensor  # a copy of the signal, since the model may change what it gets in place


def _checked(model: nn.Module) -> nn.Module:
    """The model, if it can be examined."""
    for name, module in check.instance("model", model, nn.Module).named_modules():
        if isinstance(module, torch.jit.ScriptModule):
            place = f" at {name!r}" if name else ""
            raise TypeError(f"model must be no scripted or traced one, got {type(module).__name__}{place}")
    for name, parameter in model.named_parameters():
        if is_lazy(parameter):
            raise ValueError(f"model must have seen a batch, got the lazy parameter {name!r} without a shape")
    return model


@contextmanager
def _unchanged(model: nn.Module) -> Iterator[None]:
    inside = {module: module.dropout for module in model.modules() if isinstance(module, DRAWS_INSIDE)}
    state = [(parameter, parameter.detach().clone()) for parameter in model.parameters()]
    tensors = (*model.parameters(), *model.buffers())
    devices = {tensor.device for tensor in tensors if tensor.device.type == "cuda"}
    with (
        torch.random.fork_rng(devices),
        torch.inference_mode(False),
        torch.enable_grad(),
        undrawn(own_generators(model)),
        uncompiled(model),
        kept_modes(model),
        kept_buffers(model),
    ):
        try:
            for module in model.modules():
                if isinstance(module, DRAWS):
                    module.eval()
            for module in inside:
                module.dropout = 0.0
            yield
        finally:
            for module, chance in inside.items():
                module.dropout = chance
            for parameter, before in state:
                parameter.data.copy_(before)  # through data: a graph that the caller still holds stays valid


def _forward(model: nn.Module, inputs: Any, targets: Any, loss: Loss) -> tuple[Tensor, list[_Call], Any]:
    check.function("loss", loss)
    several = (
        inputs.values()
        if isinstance(inputs, Mapping)
        else inputs
        if type(inputs) in (tuple, list)
        else [inputs]
    )
    for part in several:  # one of several may hold no numbers per example
        if isinstance(part, Tensor) and (part.numel() == 0 if part is inputs else part.shape[:1] == (0,)):
            raise ValueError(
                f"batch must hold an example at least, got inputs of the shape {tuple(part.shape)}"
            )
    calls: list[_Call] = []
    hooks = []
    try:
        for name, module in model.named_modules():
            key = next((key for key in _WEIGHTS if getattr(module, key, None) is not None), "")
            weight = getattr(module, key, None)
            if isinstance(module, _NORMS):
                hooks.append(module.register_forward_hook(partial(_follow, calls)))
            elif isinstance(weight, Tensor) and weight.ndim >= 2:
                record = partial(_record, calls, name or "model", key)
                hooks.append(module.register_forward_hook(record, with_kwargs=True))
        result = run_model(model, inputs)
        value = loss(result, targets)
    finally:
        for hook in hooks:
            hook.remove()
    if not calls:
        raise ValueError(
            f"model must call a layer with a weight, got {type(model).__name__}{hidden_layers(model)}"
        )
    if not isinstance(value, Tensor) or value.ndim > 0 or not value.requires_grad:
        average = "; average it" if isinstance(value, Tensor) and value.ndim > 0 else ""
        raise ValueError(
            f"loss must return a scalar tensor with a gradient{average}, got {check.shown(value)}"
        )
    return value, calls, result


def _record(
    calls: list[_Call],
    name: str,
    key: str,
    layer: nn.Module,
    inputs: tuple[Any, ...],
    keywords: dict[str, Any],
    output: Any,
) -> Any:
    several = output if isinstance(output, tuple) and not isinstance(output, PackedSequence) else ()
    if several:  # recurrent layers and attention also return states or weights
        output = several[0]
    packed = output if isinstance(output, PackedSequence) else None
    if packed is not None:
        output = packed.data
    if not isinstance(output, Tensor) or not output.is_floating_point() or output.numel() == 0:
        return None
    if not output.requires_grad:  # a frozen layer
        output = output.detach().requires_grad_()
    before = next((x for x in (*inputs, *keywords.values()) if isinstance(x, Tensor)), None)
    count = 1 + sum(call.layer is layer for call in calls)
    label = name if count == 1 else f"{name} ({count})"
    weight = getattr(layer, key)  # looked up now: pruning, for example, makes a new one before each call
    call = _Call(label, layer, weight, count == 1, before, output, output, output.clone())
    calls.append(call)
    passed = call.passed if packed is None else packed._replace(data=call.passed)
    if not several:
        return passed
    make = getattr(several, "_make", tuple)  # for a named tuple
    return make((passed, *several[1:]))


def _follow(calls: list[_Call], norm: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> Tensor | None:
    for call in calls:
        if inputs and inputs[0] is call.passed and output.requires_grad:
            call.signal, call.passed = output, output.clone()
            return call.passed
    return None


def _gradients(value: Tensor, tensors: Sequence[Tensor]) -> list[Tensor | None]:
    """The gradients of those tensors that have one; frozen ones have none."""
    free = [tensor for tensor in tensors if tensor.requires_grad]
    found = iter(torch.autograd.grad(value, free, retain_graph=True, allow_unused=True) if free else ())
    return [next(found) if tensor.requires_grad else None for tensor in tensors]


def _examine(
    model: nn.Module, value: Tensor, calls: list[_Call]
) -> tuple[list[Layer], list[Tensor | None], float | None, float | None, bool]:
    """A row for each call, each parameter's gradient, what the layers do to it, and whether a gate holds it back."""
    count = len(calls)
    parts = (
        [call.output for call in calls],
        [call.signal for call in calls],
        [call.weight for call in calls],
    )
    found = _gradients(value, [*chain(*parts), *model.parameters()])
    outputs, signals, weights = (found[start : start + count] for start in (0, count, 2 * count))
    gated, closed = _is_gated(model, found[3 * count :]), _is_closed(calls)
    follows, ends = _follows(calls, signals)
    rows, norms = [], []
    distinct: dict[Any, bool] = {}
    for call, upstream, (saturated, dead), gradient in zip(calls, outputs, follows, weights, strict=True):
        z = exact(call.output.detach())
        norm = _norm(upstream)
        norms.append(norm)
        size = float(exact(call.weight.detach()).norm())
        push = _norm(gradient)
        rows.append(
            Layer(
                name=call.name,
                kind=type(call.layer).__name__,
                mean=z.mean().item(),
                std=z.std(correction=0).item(),
                weight_gradient=push,
                output_gradient=None if norm is None else norm / math.sqrt(z.numel()),
                saturated=saturated,
                dead=dead,
                identical=0.0 if closed or (gated and norm == 0) else _identical(call, upstream, distinct),
                gradient_to_weight=None if push is None or size == 0 else push / size,
                effective_rank=_effective_rank(_units(call, z)),
            )
        )
    shut = closed or (gated and norms[0] == 0)
    factor, total = (None, None) if shut else _factor(calls, norms, ends)
    return rows, found[3 * count :], factor, total, closed or gated


def _effective_rank(units: Tensor) -> float | None:
    """How many directions a sample of the outputs uses; `None` with a single position."""
    rows, columns = (max(1, size // RANK_SAMPLE) for size in units.shape)
    sample = units[::rows, ::columns][:RANK_SAMPLE, :RANK_SAMPLE]
    if len(sample) < 2 or not bool(sample.isfinite().all()):
        return None
    sizes = torch.linalg.svdvals(sample - sample.mean(dim=0))
    total = sizes.sum()
    if total == 0:
        return 0.0
    shares = sizes[sizes > 0] / total
    return math.exp(-float((shares * shares.log()).sum()))


def _updates(model: nn.Module, gradients: list[Tensor | None], optimizer: Optimizer) -> dict[int, float]:
    """Size of the optimizer's next update divided by that of the weight, for each weight that it holds, by id.

    A twin of it steps on a copy of the weights: the optimizer itself could not be restored, because it may keep more
    than its `state_dict` holds, and casts what it loads.
    """
    parameters = list(model.parameters())
    known = {id(parameter): gradient for parameter, gradient in zip(parameters, gradients, strict=True)}
    held = {id(parameter): parameter for group in optimizer.param_groups for parameter in group["params"]}
    memo: dict[int, Any] = {}
    for parameter in [*parameters, *held.values()]:
        if id(parameter) not in memo:
            moved = copy.deepcopy(parameter, memo)
            vars(moved).update(vars(parameter))  # attributes that an optimizer may look for
            moved.grad = known.get(id(parameter))
    twin = object.__new__(type(optimizer))
    for name, value in vars(optimizer).items():
        if name.startswith("_optimizer_"):  # hooks: they are meant for training steps
            vars(twin)[name] = OrderedDict()
        elif name != "step":  # a schedule replaces it by one that steps the optimizer itself
            vars(twin)[name] = _copied(value, memo)
    twin.step()
    ratios = {}
    for parameter in parameters:
        if parameter.ndim < 2 or id(parameter) not in held or known[id(parameter)] is None:
            continue
        size = float(exact(parameter.detach()).norm())
        if size > 0:
            change = exact(memo[id(parameter)].detach() - parameter.detach())
            ratios[id(parameter)] = float(change.norm()) / size
    return ratios


def _copied(value: Any, memo: dict[int, Any]) -> Any:
    """A deep copy, part by part where needed: what can't be copied, such as a group of processes, is shared."""
    before = dict(memo)
    try:
        return copy.deepcopy(value, memo)
    except (TypeError, RuntimeError):
        memo.clear()  # drops the copies that the failed attempt left unfinished
        memo.update(before)
    made = value
    if isinstance(value, Tensor):  # computed: deepcopy refuses it
        made = value.detach().clone()
    elif isinstance(value, dict):
        made = memo[id(value)] = copy.copy(value)  # keeps its type
        made.clear()
        made.update((_copied(key, memo), _copied(part, memo)) for key, part in value.items())
    elif type(value) in (list, tuple):
        made = type(value)(_copied(part, memo) for part in value)
    memo[id(value)] = made
    return made


def _follows(
    calls: list[_Call], reached: list[Tensor | None]
) -> tuple[list[tuple[float | None, float | None]], list[int]]:
    """For each call, what `_flat` sees from the first later input that depends on its signal; calls without any."""
    found: list[tuple[float | None, float | None]] = [(None, None)] * len(calls)
    waiting: list[int] = []
    for number, later in enumerate(calls):
        if waiting and (h := later.input) is not None and h.requires_grad:
            signals = [calls[i].signal for i in waiting]
            powers = h.new_tensor([1, 2, 4]).repeat(h.numel() // 3 + 1)  # exact in every dtype
            mixed = powers[: h.numel()].reshape(h.shape)
            pairs = zip(_pull(h, signals, torch.ones_like(h)), _pull(h, signals, mixed), strict=True)
            for i, (slopes, pulled) in zip(tuple(waiting), pairs, strict=True):
                if slopes is not None and pulled is not None:
                    found[i] = _flat(calls[i], reached[i], h, mixed, slopes, pulled)
                    waiting.remove(i)
        waiting.append(number)
    return found, waiting


def _flat(
    call: _Call, reached: Tensor | None, h: Tensor, mixed: Tensor, slopes: Tensor, pulled: Tensor
) -> tuple[float | None, float | None]:
    """Shares of saturated values and of dead units, seen from an input and what two vectors there pull back.

    The loss may depend on a unit by a path around that input: a unit that its gradient reaches isn't dead.
    """
    blocked = _units(call, pulled) == 0
    if reached is not None:
        blocked &= _units(call, reached) == 0
    dead = exact(blocked.all(dim=0)).mean().item() if len(blocked) >= DEAD_POSITIONS else None
    if h.numel() != pulled.numel():
        return None, dead
    expected = slopes * mixed.reshape(slopes.shape).to(slopes.dtype)  # another one under autocast
    tiny = torch.finfo(h.dtype).tiny
    if not torch.equal(pulled, expected) and not torch.allclose(pulled, expected, rtol=1e-3, atol=tiny):
        return None, dead  # not elementwise
    if _is_linear(call, slopes) and bool(slopes.all()):
        return 0.0, dead  # a small factor is not saturation
    if not bool(slopes.any()) and len(torch.unique(h.detach())) > 2:
        return None, None  # a factor of zero closes the branch, for now
    outputs = h.detach().reshape(slopes.shape)
    flat = (slopes.abs() < FLAT_SLOPE) & (outputs != 0)
    if bool(flat.any()):
        flat = _positions(call, flat)
        if _has_another_source(call, outputs, flat):
            return None, dead
        flat &= ~_off(call, outputs, slopes) & ~_below_a_kink(call, slopes)
    return exact(flat).mean().item(), dead


def _off(call: _Call, outputs: Tensor, slopes: Tensor) -> Tensor:
    """Where the activation is off: its output is tiny, in a unit that is on elsewhere.

    It is off nowhere if the largest output is flat too: a sigmoid is as saturated near 0 as near 1.
    """
    sizes, steep = _positions(call, outputs).abs(), _positions(call, slopes).abs()
    on = steep >= steep.max() / 2
    switches = on.any(dim=0) & on.flatten()[sizes.argmax()]
    return sizes <= OFF_SHARE * sizes.std(correction=0) * switches


def _has_another_source(call: _Call, outputs: Tensor, flat: Tensor) -> bool:
    """Whether outputs differ more than their slopes allow: something else is added to them, or multiplies them."""
    z, order = _positions(call, call.signal.detach()).sort(dim=0)
    h, flat = _positions(call, outputs).gather(0, order), flat.gather(0, order)
    neighbors = flat[1:] & flat[:-1]
    if not bool(neighbors.any()):
        return False
    rise, run = (exact(x.diff(dim=0)[neighbors]).abs().median() for x in (h, z))
    return bool(rise > 10 * FLAT_SLOPE * run)


def _below_a_kink(call: _Call, slopes: Tensor) -> Tensor:
    """Where a unit is off as ReLU is, whatever is done later: its slope is zero below some point, and nowhere small."""
    z, steep = _positions(call, call.signal.detach()), _positions(call, slopes).abs()
    off = steep == 0
    bends = bool(((steep < FLAT_SLOPE * steep.max()) & ~off).any())
    below = z.masked_fill(~off, -math.inf).amax(dim=0) <= z.masked_fill(off, math.inf).amin(dim=0)
    return off & below & ~off.all(dim=0) & (not bends)


def _is_linear(call: _Call, slopes: Tensor) -> bool:
    """Whether each unit has one slope at all positions; with few positions, whether all units have the same."""
    units = _positions(call, slopes)
    return bool((units == units[:1]).all())


def _is_closed(calls: Sequence[_Call]) -> bool:
    """Whether the last layer alone blocks the gradient: its weights are zero, which lasts for one step."""
    *before, last = calls
    return not bool(last.weight.any()) and any(bool(call.weight.any()) for call in before)


def _is_gated(model: nn.Module, gradients: Sequence[Tensor | None]) -> bool:
    """Whether some factor is zero, but won't be after a step, as in ReZero or LoRA. A bias is no factor."""
    return any(
        not _has_entries(parameter.detach()) and _pushes(gradient)
        for (name, parameter), gradient in zip(model.named_parameters(), gradients, strict=True)
        if "bias" not in name.rpartition(".")[2]
    )


def _pushes(gradient: Tensor | None) -> bool:
    return gradient is not None and _has_entries(_entries(gradient))


def _has_entries(tensor: Tensor) -> bool:
    """Whether some entry is not zero: mostly, one of the first tells."""
    return bool(tensor.flatten()[:64].any()) or bool(tensor.any())


def _learns_in_depth(calls: list[_Call]) -> bool:
    """Whether enough layers follow the first that learns for its gradient to vanish or explode on the way."""
    learning = [any(p.requires_grad for p in call.layer.parameters()) for call in calls]
    return any(learning) and len(calls) - learning.index(True) >= FACTOR_LAYERS


def _pull(h: Tensor, signals: list[Tensor], v: Tensor) -> tuple[Tensor | None, ...]:
    return torch.autograd.grad((h * v).sum(), signals, retain_graph=True, allow_unused=True)


def _units(call: _Call, tensor: Tensor) -> Tensor:
    """The tensor as `(positions, units)`: channels come before the positions in a convolution, else last."""
    tensor = tensor.reshape(1) if tensor.ndim == 0 else tensor  # from a layer that returns a loss, say
    axis = max(tensor.ndim - call.weight.ndim + 1, -1) if isinstance(call.layer, _ConvNd) else -1
    return tensor.movedim(axis, -1).reshape(-1, tensor.shape[axis])


def _positions(call: _Call, tensor: Tensor) -> Tensor:
    """The tensor as `(positions, units)`; with few positions, all units count as one."""
    units = _units(call, tensor)
    return units if len(units) >= DEAD_POSITIONS else units.reshape(-1, 1)


def _identical(call: _Call, upstream: Tensor | None, distinct: dict[Any, bool]) -> float:
    """Share of the units that copy another; `distinct` keeps whether a weight alone tells its units apart."""
    weight = call.weight.detach()
    if isinstance(call.layer, _ConvTransposeNd):  # its inputs come first, and its groups are side by side
        weight = weight.transpose(0, 1) if call.layer.groups == 1 else weight[:0]
    if upstream is None or len(weight) != (units := _units(call, upstream).T).shape[0]:
        return 0.0
    incoming = weight.flatten(1)
    bias = getattr(call.layer, "bias", None)
    if isinstance(bias, Tensor):
        incoming = torch.cat([incoming, bias.detach()[:, None]], dim=1)
    key = call.layer, id(call.weight)
    if key not in distinct:
        distinct[key] = _copies(incoming) == 0
    return 0.0 if distinct[key] else _copies(torch.cat([incoming, units], dim=1))


def _copies(rows: Tensor) -> float:
    return 1 - len(torch.unique(rows, dim=0)) / len(rows)


def _factor(
    calls: list[_Call], norms: list[float | None], ends: list[int]
) -> tuple[float | None, float | None]:
    """What each layer multiplies the gradient by, and what all of them together do, up to where the net pools."""
    trunk = _trunk(calls)
    measured = [norm for norm in norms[:trunk] if norm is not None]
    if len(measured) < FACTOR_LAYERS:
        return None, None
    on_path = [norm for norm in _main_path(norms)[:trunk] if norm is not None]
    last = max([on_path[-1], *(norms[i] or 0.0 for i in ends if i < trunk)])
    if not 0 < last < math.inf:
        return None, None
    total = measured[0] / last
    return float(total ** (1 / (len(measured) - 1))), total


def _main_path(norms: list[float | None]) -> list[float | None]:
    """The norms without those within a branch of small scale: below a tenth of some before and some after."""
    sizes = [norm or 0.0 for norm in norms]
    before, after = accumulate(sizes, max), [*accumulate(reversed(sizes), max)][::-1]
    return [
        None if norm is None or norm < SMALL_BRANCH * min(pair) else norm
        for norm, pair in zip(norms, zip(before, after, strict=True), strict=True)
    ]


def _trunk(calls: list[_Call]) -> int:
    """How many calls come before a pooling that leaves one position of each example.

    A mean over positions divides the gradient among them, which no layer does: the calls after it do not count.
    """
    for i in range(len(calls) - 1, 0, -1):
        (many, units), head = _units(calls[i - 1], calls[i - 1].output).shape, calls[i]
        if head.input is None or head.weight.ndim > 2 or not head.input.is_floating_point():
            continue
        few, features = _units(head, head.input).shape
        if few < many and features == units:
            return i
    return len(calls)


def _finding(found: Found) -> Finding:
    severity, remedy, page = ADVICE[found.name]
    return Finding(*found[:-1], found.remedy or remedy, severity, page)


def _features(first: _Call) -> Tensor | None:
    """The inputs of the first layer as `(positions, features)`."""
    if first.input is None or not first.input.is_floating_point() or first.input.ndim < 2:
        return None
    return _units(first, exact(first.input.detach()))


def _overfit_findings(
    model: nn.Module, batch: tuple[Any, Any], loss: Loss, steps: int, limits: Mapping[str, float]
) -> Iterator[Found]:
    """Trains a copy on the batch, without dropout."""
    made = [v for module in model.modules() for v in vars(module).values() if isinstance(v, Tensor)]
    with torch.inference_mode(False):  # copies made in inference mode could not be trained
        # a pruned layer's weight, made anew before each call, can't be copied
        computed = {id(v): v.detach().clone() for v in made if not v.is_leaf}
        twin = copy.deepcopy(model, computed)
    if not any(parameter.requires_grad for parameter in twin.parameters()):  # other findings report that
        return
    share, losses = _train(twin, batch, loss, steps, 0.01)
    if not share <= limits["overfit"]:  # some nets, such as transformers, need a lower rate
        share, losses = min((share, losses), _train(twin, batch, loss, steps, 0.001))
    if not share <= limits["overfit"]:
        message = f"after {steps} steps on it, its loss is still {losses[-1]:.3g}, from {losses[0]:.3g}"
        yield Found("cannot overfit one batch", "model", share, limits["overfit"], message)


def _train(
    model: nn.Module, batch: tuple[Any, Any], loss: Loss, steps: int, lr: float
) -> tuple[float, list[float]]:
    """Trains a model, then takes its old weights; returns the share of the loss that was left, and the losses."""
    rest, start = 0.0, 0.0
    losses: list[float] = []
    with _unchanged(model):
        free = [parameter for parameter in model.parameters() if parameter.requires_grad]
        half = any(parameter.dtype == torch.half for parameter in free)
        optimizer = torch.optim.Adam(free, lr=lr, eps=1e-4 if half else 1e-8)  # half has no 1e-8
        for _ in range(steps + 1):
            value, _, output = _forward(model, *batch, loss)
            if not losses and isinstance(output, Tensor) and isinstance(batch[1], Tensor):
                rest, start = (known(output, batch[1], loss) for known in (findings.least, findings.guessing))
            losses.append(value.item())
            for parameter, gradient in zip(free, _gradients(value, free), strict=True):
                parameter.grad = (
                    gradient.to_dense() if gradient is not None else None
                )  # Adam accepts no sparse one
            optimizer.step()
    start = max(start, losses[0]) - rest  # a net that already knows the batch has little loss left to lose
    return (losses[-1] - rest) / start if start > 0 else 0.0, losses


def _non_finite(
    model: nn.Module, batch: tuple[Any, Any], value: float, rows: list[Layer], loss: Loss
) -> Found | None:
    """The first bad output on the way forward, else the loss, else the first bad gradient on the way back."""
    inputs, targets = batch
    forward = [(row.name, "output", row.mean) for row in rows] + [("loss", "value", value)]
    backward = []
    for row in reversed(rows):
        backward.append((row.name, "gradient", row.output_gradient or 0.0))
        backward.append((row.name, "weight's gradient", row.weight_gradient or 0.0))
    bad = next((place for place in forward + backward if not math.isfinite(place[2])), None)
    if bad is None:
        return None
    where, what, number = bad
    message, remedy = f"its {what} holds {number}", ""
    if bad in forward:  # a layer without a row may be the first
        with _unchanged(model):
            source = first_not_finite(model, inputs)
        if source:
            name, kind, problem = source[0] or "model", *source[1:]
            where = where if where.startswith(f"{name} (") else name  # a row also knows which call it was
            message = f"this {kind} {problem}"
        elif not _finite(targets):
            where, message, remedy = "targets", "some are not finite", "leave these examples out"
        elif isinstance(targets, Tensor) and (targets == findings.setting(loss, "ignore_index", -100)).all():
            where, message, remedy = "targets", "the loss ignores all of them", "the right ignore_index"
    return Found("non-finite", where, number, math.inf, message, remedy)


def _norm(gradient: Tensor | None) -> float | None:
    return None if gradient is None else float(exact(gradient).norm())  # squares of floats may underflow


def _cell(number: float | None, form: str) -> str:
    return "-" if number is None else format(number, form)


def _number(number: float | None) -> str:
    """Two digits in at most seven characters; one where two don't fit."""
    for form in (".2g", ".1e", ".0e"):
        text = re.sub(r"e([+-])0?", lambda sign: "e" + sign[1].strip("+"), _cell(number, form))
        if len(text) <= 7:
            break
    return text
