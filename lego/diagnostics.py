r"""Diagnostics: what each layer of a model sees and sends back, and what ails it.

`slope` is the derivative of a function, `gradient_norms` one number a layer, `diagnose` a whole report. The
last two work on any `nn.Module` and leave it as it was: weights, buffers, gradients, modes, hooks and the
random state, also after an exception. Meanwhile dropout is off; a batch norm in training mode uses the
batch, as in training.

A weighted layer is a module with a `weight` of two or more dimensions: linear, convolution, embedding. A
hook on it cannot see an activation that `forward` calls as a function, such as `F.relu`. What lies between
one layer's output $z$ and the next one's input $h$ is found by differentiating: where $h = f(z)$
elementwise, the product of any vector $v$ with the Jacobian $\partial h / \partial z$ is $f'(z)\, v$.
"""

import math
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase
from torch.nn.modules.conv import _ConvNd
from torch.nn.modules.dropout import _DropoutNd
from torch.nn.utils import parametrize

__all__ = ["Finding", "Layer", "Report", "diagnose", "gradient_norms", "slope"]

# Thresholds lie between what was measured on healthy and on sick nets.
VANISHING_FACTOR = 0.5  # healthy 0.83-1.04, after training up to 1.28; sick 0.06-0.39
EXPLODING_FACTOR = 1.4  # sick 1.5-2.0
FACTOR_LAYERS = 4  # fewer say little about a factor per layer
SATURATED_SHARE = 0.3  # healthy at most 0.02 of a layer's values, sick 0.70
FLAT_SLOPE = 0.01
DEAD_SHARE = 0.4  # healthy at most 0.25 of the worst layer's units, sick 0.56-1
DEAD_POSITIONS = 16  # one example leaves half of all healthy ReLU units at zero
IDENTICAL_SHARE = 0.0  # healthy exactly 0

Loss = Callable[[Any, Any], Tensor]
_NORMS = (_NormBase, nn.LayerNorm, nn.GroupNorm, nn.RMSNorm)
_SHARES = {
    "saturated": (SATURATED_SHARE, "values lie where the activation is flat"),
    "dead": (DEAD_SHARE, "units pass on no gradient at all"),
    "identical": (IDENTICAL_SHARE, "units copy another one, and will go on to"),
}
_REMEDIES = {
    "vanishing gradient": "ReLU with he_normal, norm layers, residual connections",
    "exploding gradient": "smaller initial weights, norm layers, gradient clipping",
    "saturated units": "smaller initial weights, standardized inputs, norm layers, ReLU",
    "dead units": "lower learning rate, he_normal, biases at zero, leaky ReLU",
    "identical units": "random initial weights",
    "non-finite": "finite inputs, a smaller learning rate, a loss from logits",
}


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
        saturated: share of the output's values where the activation that follows is flat, except at an
            output of zero, where it is off; `None` if what follows is not elementwise.
        dead: share of the units whose activation passes on no gradient at any position (example, pixel or
            token); `None` with fewer than 16 positions, and for the last layer.
        identical: share of the units that copy another unit, in weights and in gradient.
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


@dataclass(frozen=True)
class Finding:
    """What ails a model, and where it is worst.

    Attributes:
        name: such as `"vanishing gradient"`.
        layer: the layer where `value` was measured.
        value: what was measured.
        threshold: what a healthy model keeps to.
        message: the finding in one sentence.
        remedy: what to try.
    """

    name: str
    layer: str
    value: float
    threshold: float
    message: str
    remedy: str


@dataclass(frozen=True)
class Report:
    """What [diagnose][lego.diagnostics.diagnose] saw; `print` shows it as a table.

    Attributes:
        loss: the loss of the batch.
        gradient_factor: what each layer multiplies the gradient by on its way to the input, as a geometric
            mean over depth; `None` with fewer than four layers.
        layers: one row a weighted layer, in forward order.
        findings: what ails the model; empty if nothing does.
    """

    loss: float
    gradient_factor: float | None
    layers: list[Layer]
    findings: list[Finding]

    def __str__(self) -> str:
        """The rows as a table of at most 80 columns, then the findings."""
        lines = [f"{'layer':<16} {'kind':<10}     mean      std |grad W|   grad z  flat  dead"]
        for row in self.layers:
            numbers = (row.mean, row.std, row.weight_gradient, row.output_gradient)
            cells = [f"{_cell(number, '.1e'):>8}" for number in numbers]
            cells += [f"{_cell(share, '.0%'):>5}" for share in (row.saturated, row.dead)]
            lines.append(f"{row.name[-16:]:<16} {row.kind[:10]:<10} {' '.join(cells)}")
        lines.append(f"loss {self.loss:.4g}, gradient factor per layer {_cell(self.gradient_factor, '.2g')}")
        for finding in self.findings:
            text = f"{finding.name} at {finding.layer}: {finding.message}. Try: {finding.remedy}."
            lines += textwrap.wrap(text, 80, subsequent_indent="  ")
        return "\n".join(lines if self.findings else [*lines, "no findings"])


def slope(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    r"""Derivative of an elementwise function at every element, by automatic differentiation.

    $$f'(x)$$

    Args:
        function: an elementwise function or module.
        x: any shape, any floating dtype; need not require a gradient.

    Returns:
        The slopes, shaped like `x`, without a gradient.

    Raises:
        ValueError: if `x` is not floating point, or `function` does not keep its shape.
    """
    if not x.is_floating_point():
        raise ValueError(f"x must be floating point, got {x.dtype}")
    with torch.enable_grad():
        leaf = x.detach().requires_grad_()
        y = function(leaf.clone())  # a function that works in place gets a copy
    if y.shape != x.shape:
        raise ValueError(f"function must keep the shape {tuple(x.shape)}, got {tuple(y.shape)}")
    if not y.requires_grad:  # a constant
        return torch.zeros_like(x)
    (gradient,) = torch.autograd.grad(y, leaf, torch.ones_like(y), materialize_grads=True)
    return gradient


def gradient_norms(
    model: nn.Module, inputs: Any, targets: Any, loss: Loss = F.cross_entropy
) -> dict[str, float]:
    r"""Euclidean norm of each weight's gradient: how far a step moves each layer.

    $$\left\lVert \frac{\partial L}{\partial W_l} \right\rVert_2$$

    Args:
        model: any module; left as it was.
        inputs: a batch, as the model wants it.
        targets: its targets, as `loss` wants them.
        loss: a function of the model's output and the targets that returns a scalar.

    Returns:
        A norm for each weighted layer by name, in forward order. Frozen and unused layers are left out; a
        layer that the loss does not depend on has 0.

    Raises:
        ValueError: if `loss` does not return a scalar, or the model calls no weighted layer.
    """
    with _unchanged(model):
        value, calls = _forward(model, inputs, targets, loss)
        weights = {call.name: call.weight for call in calls if call.first and call.weight.requires_grad}
        gradients = _gradients(value, list(weights.values()))
    return {name: _norm(gradient) or 0.0 for name, gradient in zip(weights, gradients, strict=True)}


def diagnose(model: nn.Module, batch: tuple[Any, Any], loss: Loss = F.cross_entropy) -> Report:
    r"""Examines a model on one batch: signal and gradient of each layer, and what ails it.

    The gradient factor per layer of a model with $n$ weighted layers, outputs $z_l$ and loss $L$ is

    $$\left(\frac{\lVert \partial L / \partial z_1 \rVert_2}{\lVert \partial L / \partial z_n \rVert_2}
    \right)^{1/(n-1)}$$

    Findings: `"vanishing gradient"` (factor below 0.5) and `"exploding gradient"` (above 1.4), both from
    four layers on; `"saturated units"` (more than 0.3 of a layer's values where the slope is below 0.01);
    `"dead units"` (more than 0.4 of a layer's units); `"identical units"` (any); and alone, for it spoils
    every other number, `"non-finite"` (an output, a loss or a gradient that is infinite or NaN).

    Args:
        model: any module, in the mode to be examined; left as it was.
        batch: inputs and targets, as the model and `loss` want them.
        loss: a function of the model's output and the targets that returns a scalar.

    Returns:
        The report; `print` it.

    Raises:
        ValueError: if `loss` does not return a scalar, or the model calls no weighted layer.
    """
    with _unchanged(model):
        value, calls = _forward(model, *batch, loss)
        rows, norms = _examine(value, calls)
        number, factor = value.item(), _factor(norms)
    return Report(number, factor, rows, _findings(number, factor, rows))


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


@contextmanager
def _unchanged(model: nn.Module) -> Iterator[None]:
    modes = [(module, module.training) for module in model.modules()]
    buffers = [(module, dict(module._buffers)) for module in model.modules()]
    state = [(tensor, tensor.detach().clone()) for tensor in (*model.parameters(), *model.buffers())]
    devices = {tensor.device for tensor, _ in state if tensor.device.type == "cuda"}
    with torch.random.fork_rng(devices), torch.enable_grad(), parametrize.cached():
        try:
            for module in model.modules():
                if isinstance(module, _DropoutNd):
                    module.eval()
            yield
        finally:
            for module, training in modes:
                module.training = training
            for module, names in buffers:
                module._buffers.update(names)
            for tensor, before in state:
                tensor.data.copy_(before)  # through data: a graph that the caller still holds stays valid


def _forward(model: nn.Module, inputs: Any, targets: Any, loss: Loss) -> tuple[Tensor, list[_Call]]:
    calls: list[_Call] = []
    hooks = []
    try:
        for name, module in model.named_modules():
            weight = getattr(module, "weight", None)
            if isinstance(weight, Tensor) and weight.ndim >= 2:
                record = partial(_record, calls, name or "model", weight)
                hooks.append(module.register_forward_hook(record, with_kwargs=True))
            elif isinstance(module, _NORMS):
                hooks.append(module.register_forward_hook(partial(_follow, calls)))
        value = loss(model(inputs), targets)
    finally:
        for hook in hooks:
            hook.remove()
    if not calls:
        raise ValueError(f"model must call a layer with a weight, got {type(model).__name__}")
    if not isinstance(value, Tensor) or value.ndim > 0 or not value.requires_grad:
        raise ValueError(f"loss must return a scalar tensor with a gradient, got {value}")
    return value, calls


def _record(
    calls: list[_Call],
    name: str,
    weight: Tensor,
    layer: nn.Module,
    inputs: tuple[Any, ...],
    keywords: dict[str, Any],
    output: Any,
) -> Tensor | None:
    if not isinstance(output, Tensor) or not output.is_floating_point():
        return None
    if not output.requires_grad:  # a frozen layer
        output = output.detach().requires_grad_()
    before = next((x for x in (*inputs, *keywords.values()) if isinstance(x, Tensor)), None)
    count = 1 + sum(call.layer is layer for call in calls)
    label = name if count == 1 else f"{name} ({count})"
    call = _Call(label, layer, weight, count == 1, before, output, output, output.clone())
    calls.append(call)
    return call.passed


def _follow(calls: list[_Call], norm: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> Tensor | None:
    for call in calls:
        if inputs and inputs[0] is call.passed and output.requires_grad:
            call.signal, call.passed = output, output.clone()
            return call.passed
    return None


def _gradients(value: Tensor, tensors: list[Tensor]) -> list[Tensor | None]:
    """The gradients of those tensors that have one; frozen ones have none."""
    free = [tensor for tensor in tensors if tensor.requires_grad]
    found = iter(torch.autograd.grad(value, free, retain_graph=True, allow_unused=True) if free else ())
    return [next(found) if tensor.requires_grad else None for tensor in tensors]


def _examine(value: Tensor, calls: list[_Call]) -> tuple[list[Layer], list[float | None]]:
    outputs = _gradients(value, [call.output for call in calls])
    weights = _gradients(value, [call.weight for call in calls])
    rows, norms = [], []
    for i, (call, upstream, gradient) in enumerate(zip(calls, outputs, weights, strict=True)):
        z = call.output.detach().double()
        saturated, dead = _flat(call, [later.input for later in calls[i + 1 :]])
        norm = _norm(upstream)
        norms.append(norm)
        rows.append(
            Layer(
                name=call.name,
                kind=type(call.layer).__name__,
                mean=z.mean().item(),
                std=z.std(correction=0).item(),
                weight_gradient=_norm(gradient),
                output_gradient=None if norm is None else norm / math.sqrt(z.numel()),
                saturated=saturated,
                dead=dead,
                identical=_identical(call, upstream),
            )
        )
    return rows, norms


def _flat(call: _Call, inputs: list[Tensor | None]) -> tuple[float | None, float | None]:
    """Shares of saturated values and of dead units, seen from the first input that depends on the signal."""
    for h in inputs:
        if h is None or not h.requires_grad:
            continue
        powers = 2.0 ** (torch.arange(h.numel(), device=h.device) % 3)  # exact in every dtype
        mixed = powers.to(h.dtype).reshape(h.shape)
        slopes, pulled = (_pull(h, call.signal, v) for v in (torch.ones_like(h), mixed))
        if slopes is None or pulled is None:
            continue
        blocked = _units(call, pulled) == 0
        dead = blocked.all(dim=0).double().mean().item() if len(blocked) >= DEAD_POSITIONS else None
        if h.numel() != pulled.numel():
            return None, dead
        expected = slopes * mixed.reshape(slopes.shape)
        if not torch.allclose(pulled, expected, rtol=1e-3, atol=torch.finfo(h.dtype).tiny):
            return None, dead  # not elementwise
        on = (h.detach() != 0).reshape(slopes.shape)
        return ((slopes.abs() < FLAT_SLOPE) & on).double().mean().item(), dead
    return None, None


def _pull(h: Tensor, signal: Tensor, v: Tensor) -> Tensor | None:
    (pulled,) = torch.autograd.grad(h, signal, v, retain_graph=True, allow_unused=True)
    return pulled


def _units(call: _Call, tensor: Tensor) -> Tensor:
    """The tensor as `(positions, units)`: channels come before the positions in a convolution, else last."""
    axis = tensor.ndim - call.weight.ndim + 1 if isinstance(call.layer, _ConvNd) else -1
    return tensor.movedim(axis, -1).reshape(-1, tensor.shape[axis])


def _identical(call: _Call, upstream: Tensor | None) -> float:
    if upstream is None or len(call.weight) != (units := _units(call, upstream).T).shape[0]:
        return 0.0
    parts = [call.weight.detach().flatten(1), units]
    bias = getattr(call.layer, "bias", None)
    if isinstance(bias, Tensor):
        parts.append(bias.detach()[:, None])
    return 1 - len(torch.unique(torch.cat(parts, dim=1), dim=0)) / len(units)


def _factor(norms: list[float | None]) -> float | None:
    measured = [norm for norm in norms if norm is not None]
    if len(measured) < FACTOR_LAYERS or not 0 < measured[-1] < math.inf:
        return None
    return float((measured[0] / measured[-1]) ** (1 / (len(measured) - 1)))


def _findings(loss: float, factor: float | None, rows: list[Layer]) -> list[Finding]:
    broken = _non_finite(loss, rows)
    if broken:
        return [broken]
    findings = []
    if factor is not None and not VANISHING_FACTOR <= factor <= EXPLODING_FACTOR:
        vanishing = factor < VANISHING_FACTOR
        name = "vanishing gradient" if vanishing else "exploding gradient"
        threshold = VANISHING_FACTOR if vanishing else EXPLODING_FACTOR
        message = f"each layer multiplies the gradient by {factor:.2g} on its way to the input"
        findings.append(Finding(name, rows[0].name, factor, threshold, message, _REMEDIES[name]))
    for share, (threshold, what) in _SHARES.items():
        value, where = max(((getattr(row, share) or 0.0, row.name) for row in rows), key=itemgetter(0))
        if value > threshold:
            name, message = f"{share} units", f"{value:.0%} of its {what}"
            findings.append(Finding(name, where, value, threshold, message, _REMEDIES[name]))
    return findings


def _non_finite(loss: float, rows: list[Layer]) -> Finding | None:
    """The first bad output on the way forward, else the loss, else the first bad gradient on the way back."""
    places = [(row.name, "output", row.mean) for row in rows]
    places.append(("loss", "value", loss))
    for row in reversed(rows):
        places.append((row.name, "gradient", row.output_gradient or 0.0))
        places.append((row.name, "weight's gradient", row.weight_gradient or 0.0))
    for where, what, number in places:
        if not math.isfinite(number):
            message = f"its {what} holds {number}"
            return Finding("non-finite", where, number, math.inf, message, _REMEDIES["non-finite"])
    return None


def _norm(gradient: Tensor | None) -> float | None:
    return None if gradient is None else float(gradient.double().norm())  # squares of floats may underflow


def _cell(number: float | None, form: str) -> str:
    return "-" if number is None else format(number, form)
