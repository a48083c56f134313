r"""Diagnostics: what each layer of a model sees and sends back, and what ails it.

`slope` is the derivative of a function, `gradient_norms` one number a layer, `diagnose` a whole report, `watch`
the same during training, and `overfits` the test of a net on one batch. All but the first take any `nn.Module`
and leave it as it was: weights, buffers, gradients, modes, hooks and the random state, also after an exception.
Meanwhile dropout is off; a batch norm in training mode uses the batch, as in training.

A batch is a pair of inputs and targets. A model is called as its inputs are: `model(inputs)` with a tensor,
`model(*inputs)` with a tuple or list, `model(**inputs)` with a dict. A batch that is itself a dict goes whole to
the model, by name, and to the loss, in place of the targets.

A layer is the innermost module with parameters that `forward` calls, or a norm: linear, convolution, embedding,
recurrent, attention, one of your own. Its weights are its parameters but the biases. A hook on it cannot see an
activation that `forward` calls as a function, such as `F.relu`. What lies between one layer's output $z$ and the
next one's input $h$ is found by differentiating: where $h = f(z)$ elementwise, the product of any vector $v$ with
the Jacobian $\partial h / \partial z$ is $f'(z)\, v$. A module with vectors as its only weights, such as a PReLU,
belongs to what follows the layer before it.
"""

import copy
import math
import statistics
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from inspect import Parameter, signature
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm, _NormBase
from torch.nn.modules.conv import _ConvNd
from torch.nn.utils import parametrize
from torch.optim import Optimizer

from lego._names import find

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "THRESHOLDS",
    "Finding",
    "Layer",
    "Overfit",
    "Report",
    "Watch",
    "diagnose",
    "gradient_norms",
    "overfits",
    "slope",
    "watch",
]

THRESHOLDS: dict[str, float] = {
    "depth": 4,
    "positions": 16,
    "vanishing": 0.5,
    "exploding": 1.4,
    "flat": 0.01,
    "saturated": 0.3,
    "dead": 0.4,
    "identical": 0.0,
    "uncentered": 2.0,
    "unscaled": 30.0,
    "small": 0.1,
    "large": 10.0,
    "chance": 3.0,
    "slow": 1e-4,
    "settled": 1e-3,
    "fast": 0.2,
    "overfit": 0.1,
}
"""Where a finding begins; most lie between what was measured on healthy and on sick nets.

| Name | What is compared | Why there |
|---|---|---|
| depth | layers that a gradient factor needs | fewer say little about a factor per layer |
| positions | examples, pixels or tokens that a share needs | one example leaves half of all healthy ReLU units at zero |
| vanishing | gradient factor per layer | healthy 0.83 to 1.04, after training up to 1.28; sick 0.06 to 0.39 |
| exploding | the same | sick 1.5 to 2.0 |
| flat | slope of a saturated value | a 25th of the sigmoid's largest slope, 1/4 |
| saturated | share of a layer's values where the slope is flat | healthy at most 0.02, sick 0.7 |
| dead | share of a layer's units that pass no gradient on | healthy at most 0.25, sick 0.56 to 1 |
| identical | share of a layer's units that copy another | healthy exactly 0 |
| uncentered | mean by standard deviation of the worst feature | standardized at most 1.2, raw digits 2.9, raw wine 17 |
| unscaled | largest by smallest standard deviation of the features | standardized at most 12, raw diabetes 70, raw wine 2300 |
| small, large | median standard deviation of the features | standardized 1, pixels from 0 to 255 about 70 |
| chance | cross-entropy by that of guessing, $\\log K$ | healthy nets start with at most 2, with raw inputs 10 and more |
| slow | median size of an update by that of its weight | healthy 0.002 to 0.04 |
| settled | median size of a gradient by that of its weight | below it, small updates say nothing of the learning rate |
| fast | median size of an update by that of its weight | sick above 0.4 |
| overfit | loss after training on one batch by that of guessing | a healthy net comes near 0, one that cannot stays near 1 |
"""

Loss = Callable[[Any, Any], Tensor]
RANK_SAMPLE = 64  # positions and units that the effective rank looks at
RARE_SHARE = 0.9  # a feature that keeps to one value in more examples than this has no spread to speak of
_NORMS = (_NormBase, nn.LayerNorm, nn.GroupNorm, nn.RMSNorm)
_CURES = {  # name of a finding: severity, what to try
    "non-finite": ("error", "finite inputs, a smaller learning rate, a loss from logits"),
    "vanishing gradient": ("error", "ReLU with he_normal, norm layers, residual connections"),
    "exploding gradient": ("error", "smaller initial weights, norm layers, gradient clipping"),
    "saturated units": ("warning", "smaller initial weights, standardized inputs, norm layers, ReLU"),
    "dead units": ("warning", "lower learning rate, he_normal, biases at zero, leaky ReLU"),
    "identical units": ("error", "random initial weights"),
    "uncentered input": ("warning", "subtract the mean of the training data"),
    "unscaled input": ("warning", "standardize each feature on the training data"),
    "loss above chance": ("warning", "smaller weights in the last layer, scaled inputs, the right labels"),
    "frozen parameters": ("note", "requires_grad_(True), if they are to learn"),
    "unreachable parameters": ("warning", "use them in forward, or freeze or remove them"),
    "zero gradient": ("note", "nothing, if a layer after them starts at zero on purpose"),
    "mixed modes": ("warning", "model.train() before training, model.eval() before evaluation"),
    "evaluation mode": ("note", "model.train() before training"),
    "batch norm of one example": ("warning", "a larger batch, layer norm or group norm"),
    "parameters without optimizer": ("warning", "hand them to the optimizer"),
    "learning rate too low": ("warning", "a larger learning rate"),
    "learning rate too high": ("warning", "a smaller learning rate"),
    "cannot overfit one batch": ("error", "look for a bug before you look for more data"),
}
_PAGES = {  # name of a finding: the page of the handbook that explains it; pages that exist
    "vanishing gradient": "gradients/vanishing/",
    "exploding gradient": "gradients/factor/",
    "saturated units": "activations/sigmoid/",
    "dead units": "activations/dying_relu/",
    "uncentered input": "activations/zero_centering/",
    "cannot overfit one batch": "labs/paralysis/",
}


@dataclass(frozen=True)
class Layer:
    """One call of a layer; a layer that is used twice has two rows.

    Attributes:
        name: the module's name in the model; a second call adds ` (2)`.
        kind: the module's class.
        mean: mean of the output; of several outputs, of the first.
        std: standard deviation of the output.
        saturated: share of the output's values where the activation that follows is flat, except at an
            output of zero, where it is off; `None` if what follows is not elementwise.
        dead: share of the units whose activation passes on no gradient at any position (example, pixel or
            token); `None` with fewer than 16 positions, and for the last layer.
        identical: share of the units that copy another unit, in weights and in gradient.
        effective_rank: exponential of the entropy of the centered output's singular values, on at most 64
            positions and units: how many directions the units really use; `None` with fewer than 16 positions.
            Source: Roy & Vetterli (2007), "The effective rank: a measure of effective dimensionality".
        output_gradient: root mean square of the output's gradient; `None` if the loss does not depend on it.
        weight_gradient: Euclidean norm of the weights' gradient; `None` if they are frozen or not in the loss.
        gradient_to_weight: that norm by the norm of the weights; `None` if they are zero.
        update_to_weight: norm of the optimizer's next update by that of the weights; `None` without optimizer.
    """

    name: str
    kind: str
    mean: float
    std: float
    saturated: float | None
    dead: float | None
    identical: float
    effective_rank: float | None
    output_gradient: float | None
    weight_gradient: float | None
    gradient_to_weight: float | None
    update_to_weight: float | None


@dataclass(frozen=True)
class Finding:
    """What ails a model, and where it is worst.

    Attributes:
        name: such as `"vanishing gradient"`.
        severity: `"error"` if training will fail, `"warning"` if it will suffer, `"note"` if it may be intended.
        layer: the layer or the part where `value` was measured.
        value: what was measured.
        threshold: what a healthy model keeps to.
        message: the finding in one sentence.
        remedy: what to try.
        page: the page of the handbook that explains it, from the site's root; empty if there is none yet.
    """

    name: str
    severity: str
    layer: str
    value: float
    threshold: float
    message: str
    remedy: str
    page: str


@dataclass(frozen=True)
class Report:
    """What [diagnose][lego.diagnostics.diagnose] saw; `print` shows it as a table.

    The columns of the table: mean and standard deviation of the output; shares of saturated values (`flat`) and
    of dead units; effective rank; root mean square of the output's gradient (`grad z`); sizes of the gradient and
    of the optimizer's next update by that of the weights (`grad/W`, `step/W`).

    Attributes:
        loss: the loss of the batch.
        gradient_factor: what each layer multiplies the gradient by on its way to the input, as a geometric
            mean over depth; `None` with fewer than four layers.
        layers: one row a call of a layer, in forward order.
        findings: what ails the model; empty if nothing does.
    """

    loss: float
    gradient_factor: float | None
    layers: list[Layer]
    findings: list[Finding]

    def __str__(self) -> str:
        """The rows as a table of at most 80 columns, then the findings."""
        stepped = any(row.update_to_weight is not None for row in self.layers)
        width = 13 if stepped else 16
        head = f"{'layer':<{width}} {'kind':<10}     mean     std flat dead rank  grad z  grad/W"
        lines = [head + "  step/W" * stepped]
        for row in self.layers:
            numbers = [row.output_gradient, row.gradient_to_weight] + [row.update_to_weight] * stepped
            cells = [f"{row.mean:8.1e}", f"{row.std:7.1e}"]
            cells += [f"{_cell(share, '.0%'):>4}" for share in (row.saturated, row.dead)]
            cells += [f"{_cell(row.effective_rank, '.0f'):>4}"]
            cells += [f"{_cell(number, '.1e'):>7}" for number in numbers]
            lines.append(f"{row.name[-width:]:<{width}} {row.kind[:10]:<10} {' '.join(cells)}")
        lines.append(f"loss {self.loss:.4g}, gradient factor per layer {_cell(self.gradient_factor, '.2g')}")
        for finding in self.findings:
            text = f"{finding.severity}: {finding.name} at {finding.layer}: {finding.message}."
            text += f" Try: {finding.remedy}." + f" See {finding.page}" * bool(finding.page)
            lines += textwrap.wrap(text, 80, subsequent_indent="  ")
        return "\n".join(lines if self.findings else [*lines, "no findings"])

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain numbers, strings, lists and dicts, as JSON takes them.

        Returns:
            The attributes by name; a number that is not finite is a string, such as `"nan"`.
        """
        plain: dict[str, Any] = _each(_plain, asdict(self))
        return plain

    def plot(self, axes: "Axes | None" = None) -> "Axes":
        """Draws the size of each layer's output and of the gradient that arrives there, on a logarithmic scale.

        Args:
            axes: where to draw; those of a new figure if omitted.

        Returns:
            The axes.

        Raises:
            ImportError: if matplotlib is missing.
        """
        from lego.plotting import gradient_flow

        outputs = {row.name: row.std for row in self.layers}
        gradients = {row.name: row.output_gradient or 0.0 for row in self.layers}
        axes = gradient_flow({"std of the output": outputs, "gradient, rms": gradients}, axes=axes)
        axes.set_ylabel("size")
        return axes


@dataclass(frozen=True)
class Overfit:
    """What [overfits][lego.diagnostics.overfits] saw; true if the model overfits the batch.

    Attributes:
        losses: the loss before each step and after the last.
        finding: `"cannot overfit one batch"`, or `None`.
    """

    losses: list[float]
    finding: Finding | None

    def __bool__(self) -> bool:
        """Whether the model overfits the batch."""
        return self.finding is None


@dataclass
class Watch:
    """Reports of a model in training, made by [watch][lego.diagnostics.watch].

    Attributes:
        model: the model.
        batch: what it is examined on, the same each time.
        loss: as in [diagnose][lego.diagnostics.diagnose].
        every: how many steps lie between two reports.
        optimizer: the one that trains the model, if its updates are to be measured.
        thresholds: other thresholds, by name.
        reports: the reports, by step.
    """

    model: nn.Module
    batch: Any
    loss: Loss
    every: int
    optimizer: Optimizer | None
    thresholds: Mapping[str, float] | None
    reports: dict[int, Report] = field(default_factory=dict)

    def __call__(self, step: int, model: nn.Module | None = None) -> dict[str, float] | None:
        """Examines the model if the step is a chosen one.

        Args:
            step: the count of updates done before.
            model: the model in training, as [fit][lego.training.fit] passes it; the one watched.

        Returns:
            The loss, the gradient factor, and the shares of the worst layer, by name; else `None`.

        Raises:
            ValueError: if `model` is another one.
        """
        if model is not None and model is not self.model:
            raise ValueError(f"model must be the one that is watched, got another {type(model).__name__}")
        if step % self.every:
            return None
        place = next((parameter.device for parameter in self.model.parameters()), None)
        batch = _each(lambda part: part.to(place) if isinstance(part, Tensor) else part, self.batch)
        options: dict[str, Any] = {"optimizer": self.optimizer, "thresholds": self.thresholds}
        report = self.reports[step] = diagnose(self.model, batch, self.loss, **options)
        numbers = {"loss": report.loss, "gradient factor": report.gradient_factor}
        for share in ("saturated", "dead", "identical"):
            numbers[share] = max((getattr(row, share) or 0.0 for row in report.layers), default=0.0)
        updates = [row.update_to_weight for row in report.layers if row.update_to_weight is not None]
        numbers["update to weight"] = statistics.median(updates) if updates else None
        return {name: number for name, number in numbers.items() if number is not None}


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

    Examples:
        ```python
        import torch

        from lego.diagnostics import slope

        print(slope(torch.tanh, torch.tensor([0.0, 2.0])))
        ```
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
    r"""Euclidean norm of the gradient of each layer's weights: how far a step moves each layer.

    $$\left\lVert \frac{\partial L}{\partial W_l} \right\rVert_2$$

    Args:
        model: any module; left as it was.
        inputs: a batch, as the model wants it.
        targets: its targets, as `loss` wants them.
        loss: a function of the model's output and the targets that returns a scalar.

    Returns:
        A norm for each layer by name, in forward order. Layers with vectors only, such as norms, and frozen and
        unused layers are left out; a layer that the loss does not depend on has 0.

    Raises:
        ValueError: if `loss` does not return a scalar, or the model calls no layer.

    Examples:
        ```python
        import torch

        from lego.diagnostics import gradient_norms
        from lego.stack import mlp

        x, y = torch.randn(64, 20), torch.randint(2, (64,))
        print(gradient_norms(mlp([20] * 5 + [2], "sigmoid"), x, y))
        ```
    """
    with _unchanged(model):
        value, _, calls = _forward(model, inputs, targets, loss)
        weights = {
            call.name: free
            for call in calls
            if call.first and call.matrix and (free := [w for w in call.weights if w.requires_grad])
        }
        found = iter(_gradients(value, [weight for free in weights.values() for weight in free]))
        return {name: _norm([next(found) for _ in free]) or 0.0 for name, free in weights.items()}


def diagnose(
    model: nn.Module,
    batch: Any,
    loss: Loss = F.cross_entropy,
    *,
    optimizer: Optimizer | None = None,
    thresholds: Mapping[str, float] | None = None,
) -> Report:
    r"""Examines a model on one batch: signal and gradient of each layer, and what ails it.

    The gradient factor per layer of a model with $n$ layers that have a matrix, outputs $z_l$ and loss $L$ is

    $$\left(\frac{\lVert \partial L / \partial z_1 \rVert_2}{\lVert \partial L / \partial z_n \rVert_2}
    \right)^{1/(n-1)}$$

    | Finding | Where the signs are |
    |---|---|
    | vanishing gradient, exploding gradient | the gradient factor |
    | saturated units, dead units, identical units | the share of the worst layer |
    | uncentered input, unscaled input | the features that enter the model's layers |
    | loss above chance | cross-entropy against that of guessing, $\log K$ for $K$ classes |
    | frozen parameters, unreachable parameters, zero gradient | parameters that will not move |
    | mixed modes, evaluation mode, batch norm of one example | dropout and batch norm |
    | learning rate too low, learning rate too high | the optimizer's next update |
    | parameters without optimizer | the optimizer's groups |
    | non-finite | alone, for it spoils every other number; the first module that makes it |

    A zero-initialized layer among others that are not, such as the last of a residual branch, counts as
    deliberate. Whether a net can overfit one batch costs a training: ask [overfits][lego.diagnostics.overfits].

    Args:
        model: any module, in the mode to be examined; left as it was.
        batch: inputs and targets, as the model and `loss` want them, or a dict for both.
        loss: a function of the model's output and the targets that returns a scalar.
        optimizer: the one that trains the model. Its next step is tried on copies, of it and of the weights,
            without clipping; one that asks for a closure, such as `torch.optim.LBFGS`, is not tried.
        thresholds: other thresholds than [THRESHOLDS][lego.diagnostics.THRESHOLDS], by name.

    Returns:
        The report; `print` it.

    Raises:
        ValueError: if `loss` does not return a scalar, the model calls no layer or is lazy and has not seen a
            batch, or a threshold is unknown.
        TypeError: if `batch` is neither a pair nor a dict, or `optimizer` is none.

    Examples:
        ```python
        import torch

        from lego.diagnostics import diagnose
        from lego.stack import mlp

        model = mlp([20] * 10 + [2], "sigmoid")
        print(diagnose(model, (torch.randn(64, 20), torch.randint(2, (64,)))))
        ```
    """
    inputs, targets = _pair(batch)
    limits = _limits(thresholds)
    if optimizer is not None and not isinstance(optimizer, Optimizer):
        raise TypeError(f"optimizer must be a torch.optim.Optimizer, got {type(optimizer).__name__}")
    modes = {module: module.training for module in model.modules()}
    with _unchanged(model):
        value, output, calls = _forward(model, inputs, targets, loss)
        parameters = dict(model.named_parameters())
        tensors = [x for call in calls for x in (*call.outputs, *call.weights)]
        found = iter(_gradients(value, [*tensors, *parameters.values()]))
        for call in calls:
            call.output_gradients = [next(found) for _ in call.outputs]
            call.weight_gradients = [next(found) for _ in call.weights]
        gradients = {name: next(found) for name in parameters}
        steps = _steps(optimizer, parameters, gradients) if optimizer is not None else {}
        rows = [_layer(call, calls[i + 1 :], steps, limits) for i, call in enumerate(calls)]
        number = value.item()
        if broken := _non_finite(model, inputs, number, rows):
            return Report(number, _factor(calls, limits), rows, [broken])
        factor = _factor(calls, limits)
        findings = [
            *_gradient_findings(factor, calls, limits),
            *_unit_findings(calls, rows, limits),
            *_input_findings(calls, limits),
            *_loss_findings(number, output, targets, limits),
            *_parameter_findings(parameters, gradients, optimizer),
            *_mode_findings(model, modes, calls, optimizer),
            *_rate_findings(calls, rows, limits),
        ]
    if any(finding.severity != "note" for finding in findings):  # they tell the cause
        findings = [finding for finding in findings if finding.name != "zero gradient"]
    return Report(number, factor, rows, findings)


def overfits(
    model: nn.Module,
    batch: Any,
    loss: Loss = F.cross_entropy,
    *,
    steps: int = 300,
    lr: float = 0.003,
    thresholds: Mapping[str, float] | None = None,
) -> Overfit:
    """Trains a copy of a model on one batch, without dropout: a net that cannot learn it by heart has a bug.

    A batch of 8 to 32 examples is enough, and more ask for more units. The training, with Adam, ends as soon as the
    loss has fallen to a tenth of that of guessing: $\\log K$ for cross-entropy, the variance of the targets for the
    mean squared error, and what it was at first for any other loss.

    Args:
        model: any module; left as it was.
        batch: inputs and targets, as the model and `loss` want them, or a dict for both.
        loss: a function of the model's output and the targets that returns a scalar, at least 0.
        steps: how many updates at most.
        lr: learning rate.
        thresholds: other thresholds than [THRESHOLDS][lego.diagnostics.THRESHOLDS], by name.

    Returns:
        The losses, and a finding if they stay too high. It is true if the model overfits.

    Raises:
        ValueError: if `steps` or `lr` is not above 0, `loss` does not return a scalar, nothing is to be trained, or
            a threshold is unknown.
        TypeError: if `batch` is neither a pair nor a dict.

    Examples:
        ```python
        import torch

        from lego.diagnostics import overfits
        from lego.stack import mlp

        x, y = torch.randn(16, 20), torch.randint(2, (16,))
        print(bool(overfits(mlp([20, 64, 2]), (x, y))))
        ```
    """
    inputs, targets = _pair(batch)
    limit = _limits(thresholds)["overfit"]
    for name, number in {"steps": steps, "lr": lr}.items():
        if not number > 0:
            raise ValueError(f"{name} must be above 0, got {number}")
    twin = copy.deepcopy(model)
    trained = [parameter for parameter in twin.parameters() if parameter.requires_grad]
    if not trained:
        raise ValueError(f"model must have a parameter to train, got {type(model).__name__}")
    optimizer = torch.optim.Adam(trained, lr=lr)
    losses: list[float] = []
    guess = math.nan
    with _quiet(twin):
        for _ in range(steps + 1):
            output = _call(twin, inputs)
            value = _scalar(loss(output, targets))
            if not losses:
                guess = _guess(value.item(), output, targets)[0] or value.item()
            losses.append(value.item())
            if not math.isfinite(losses[-1]) or losses[-1] <= limit * guess:
                break
            optimizer.zero_grad()
            value.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
    share = losses[-1] / guess if guess > 0 else math.nan
    if losses[-1] <= limit * guess:
        return Overfit(losses, None)
    message = f"after {len(losses) - 1} steps on it, its loss is {losses[-1]:.3g}; guessing has {guess:.3g}"
    return Overfit(losses, _finding("cannot overfit one batch", "model", share, limit, message))


def watch(
    model: nn.Module,
    batch: Any,
    loss: Loss = F.cross_entropy,
    *,
    every: int = 100,
    optimizer: Optimizer | None = None,
    thresholds: Mapping[str, float] | None = None,
) -> Watch:
    """Diagnoses a model again and again while it trains, on the same batch.

    Pass what it returns to [fit][lego.training.fit] as `watch`, or call it with the step in a loop of your own. It
    leaves nothing in the model between two reports, and training goes the same way as without it.

    Args:
        model: the model in training.
        batch: inputs and targets, as the model and `loss` want them, or a dict for both; moved to the device of the
            model.
        loss: a function of the model's output and the targets that returns a scalar.
        every: how many steps lie between two reports, from step 0 on.
        optimizer: the one that trains the model, if its updates are to be measured.
        thresholds: other thresholds than [THRESHOLDS][lego.diagnostics.THRESHOLDS], by name.

    Returns:
        A function of the step that keeps the reports.

    Raises:
        ValueError: if `every` is below 1, or a threshold is unknown.
        TypeError: if `batch` is neither a pair nor a dict.

    Examples:
        ```python
        import torch

        from lego.diagnostics import watch
        from lego.stack import mlp
        from lego.training import fit

        model, x, y = mlp([8, 32, 3]), torch.randn(64, 8), torch.randint(3, (64,))
        seen = watch(model, (x, y), every=10)
        history = fit(model, x, y, steps=21, lr=0.1, watch=seen)
        print(list(seen.reports), history.watched["dead"])
        ```
    """
    _pair(batch)
    _limits(thresholds)
    if every < 1:
        raise ValueError(f"every must be at least 1, got {every}")
    return Watch(model, batch, loss, every, optimizer, thresholds)


@dataclass(eq=False)
class _Call:
    """One call of a layer."""

    name: str
    layer: nn.Module
    weights: list[Tensor]
    first: bool  # the layer's first call
    input: Tensor | None
    outputs: list[Tensor]
    output_gradients: list[Tensor | None] = field(default_factory=list)
    weight_gradients: list[Tensor | None] = field(default_factory=list)

    @property
    def matrix(self) -> bool:
        """Whether it mixes its inputs."""
        return any(weight.ndim >= 2 for weight in self.weights)

    @property
    def norm(self) -> bool:
        return isinstance(self.layer, _NORMS)

    @property
    def zero(self) -> bool:
        return not any(bool(weight.any()) for weight in self.weights)

    def units(self, tensor: Tensor) -> Tensor:
        """What is shaped like its output, or its input, as `(positions, units)`."""
        axis = -1
        if isinstance(self.layer, _ConvNd):  # channels come before the positions
            axis = tensor.ndim - self.weights[0].ndim + 1
        elif isinstance(self.layer, _NormBase | nn.GroupNorm):
            axis = min(1, tensor.ndim - 1)
        return tensor.movedim(axis, -1).reshape(-1, tensor.shape[axis])


@contextmanager
def _quiet(model: nn.Module) -> Iterator[None]:
    """Gradients are on and dropout is off; afterwards modes and random states are as before."""
    modules = list(model.modules())
    modes = [module.training for module in modules]
    generators = {g for module in modules for g in vars(module).values() if isinstance(g, Generator)}
    states = [(generator, generator.get_state()) for generator in generators]
    devices = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else ()
    with torch.random.fork_rng(devices), torch.enable_grad():
        try:
            for module in modules:
                module.training = module.training and "Drop" not in type(module).__name__
            yield
        finally:
            for module, training in zip(modules, modes, strict=True):
                module.training = training
            for generator, state in states:
                generator.set_state(state)


@contextmanager
def _unchanged(model: nn.Module) -> Iterator[None]:
    """Quiet, and afterwards parameters and buffers are as before too."""
    for name, parameter in model.named_parameters():
        if isinstance(parameter, nn.parameter.UninitializedParameter):
            raise ValueError(f"model must have seen a batch, got the lazy parameter {name!r} without a shape")
    buffers = [(module, dict(module._buffers)) for module in model.modules()]
    state = [(tensor, tensor.detach().clone()) for tensor in (*model.parameters(), *model.buffers())]
    with _quiet(model), parametrize.cached():
        try:
            yield
        finally:
            for module, before in buffers:
                module._buffers.clear()
                module._buffers.update(before)
            for tensor, kept in state:
                tensor.data.copy_(kept)  # through data: a graph that the caller still holds stays valid


def _pair(batch: Any) -> tuple[Any, Any]:
    if isinstance(batch, Mapping):
        return batch, batch
    if not isinstance(batch, tuple | list) or len(batch) != 2:
        what = f"{len(batch)} parts" if isinstance(batch, tuple | list) else type(batch).__name__
        raise TypeError(f"batch must be a pair of inputs and targets, or a dict, got {what}")
    inputs, targets = batch
    return inputs, targets


def _limits(thresholds: Mapping[str, float] | None) -> dict[str, float]:
    for name in thresholds or {}:
        find("thresholds", name, THRESHOLDS, "THRESHOLDS")
    return {**THRESHOLDS, **(thresholds or {})}


def _call(model: nn.Module, inputs: Any) -> Any:
    if isinstance(inputs, Mapping):
        return model(**inputs)
    return model(*inputs) if type(inputs) in (tuple, list) else model(inputs)


def _scalar(value: Any) -> Tensor:
    if not isinstance(value, Tensor) or value.ndim > 0 or not value.requires_grad:
        raise ValueError(f"loss must return a scalar tensor with a gradient, got {value}")
    return value


def _each(change: Callable[[Any], Any], nest: Any) -> Any:
    """The same nest of tuples, lists and dicts, each part of it changed."""
    if isinstance(nest, dict):
        return type(nest)((name, _each(change, part)) for name, part in nest.items())
    if isinstance(nest, tuple | list):
        parts = [_each(change, part) for part in nest]
        return type(nest)(*parts) if hasattr(nest, "_fields") else type(nest)(parts)
    return change(nest)


def _forward(model: nn.Module, inputs: Any, targets: Any, loss: Loss) -> tuple[Tensor, Any, list[_Call]]:
    """The loss, the model's output, and each call of a layer."""
    calls: list[_Call] = []
    hooks = []
    try:
        for name, module in model.named_modules():
            if "parametrizations" in name.split("."):
                continue
            if isinstance(module, _NORMS) or next(module.parameters(), None) is not None:
                inside = set(module.modules()) - {module}
                record = partial(_record, calls, name or "model", inside)
                hooks.append(module.register_forward_hook(record, with_kwargs=True))
        output = _call(model, inputs)
    finally:
        for hook in hooks:
            hook.remove()
    if not calls:
        raise ValueError(f"model must call a layer with a weight, got {type(model).__name__}")
    return _scalar(loss(output, targets)), output, calls


def _record(
    calls: list[_Call],
    name: str,
    inside: set[nn.Module],
    layer: nn.Module,
    inputs: tuple[Any, ...],
    keywords: dict[str, Any],
    output: Any,
) -> Any:
    if any(call.layer in inside for call in calls):  # it holds layers, and is none
        return None
    outputs: list[Tensor] = []

    def keep(part: Any) -> Any:
        if not isinstance(part, Tensor) or not part.is_floating_point():
            return part
        outputs.append(part if part.requires_grad else part.detach().requires_grad_())  # a frozen layer
        return outputs[-1].clone()  # the model may change what it gets in place

    passed = _each(keep, output)
    if not outputs:
        return None
    before = next((x for x in (*inputs, *keywords.values()) if isinstance(x, Tensor)), None)
    count = 1 + sum(call.layer is layer for call in calls)
    label = name if count == 1 else f"{name} ({count})"
    calls.append(_Call(label, layer, _weights(layer), count == 1, before, outputs))
    return passed


def _weights(layer: nn.Module) -> list[Tensor]:
    """The parameters but the biases; a parametrized one as it is composed."""
    composed = getattr(layer, "parametrizations", {})
    named = {name: getattr(layer, name) for name in composed}
    named |= {
        name: tensor for name, tensor in layer.named_parameters() if name.split(".")[0] != "parametrizations"
    }
    return [tensor for name, tensor in named.items() if "bias" not in name] or list(named.values())


def _gradients(value: Tensor, tensors: Sequence[Tensor]) -> list[Tensor | None]:
    """The gradients of those tensors that have one; frozen ones have none."""
    free = [tensor for tensor in tensors if tensor.requires_grad]
    found = iter(torch.autograd.grad(value, free, retain_graph=True, allow_unused=True) if free else ())
    return [next(found) if tensor.requires_grad else None for tensor in tensors]


def _steps(
    optimizer: Optimizer, parameters: Mapping[str, Tensor], gradients: Mapping[str, Tensor | None]
) -> dict[Tensor, Tensor]:
    """How the optimizer's next step would move each of its parameters, tried on copies."""
    closure = signature(optimizer.step).parameters.get("closure")
    if closure is not None and closure.default is Parameter.empty:
        return {}
    given = {parameter: gradients[name] for name, parameter in parameters.items()}
    twin = copy.deepcopy(optimizer)
    pairs = [
        (parameter, copied)
        for group, twins in zip(optimizer.param_groups, twin.param_groups, strict=True)
        for parameter, copied in zip(group["params"], twins["params"], strict=True)
    ]
    for parameter, copied in pairs:
        gradient = given.get(parameter)
        copied.grad = None if gradient is None else gradient.clone()
    twin.step()
    return {parameter: copied.detach() - parameter.detach() for parameter, copied in pairs}


def _layer(
    call: _Call, later: list[_Call], steps: dict[Tensor, Tensor], limits: Mapping[str, float]
) -> Layer:
    z = _wide(call.outputs[0])
    std, mean = torch.std_mean(z, correction=0)
    saturated, dead = _flat(call, later, limits)
    arriving, push, size = (
        _norm(tensors) for tensors in (call.output_gradients, call.weight_gradients, call.weights)
    )
    own = [tensor for name, tensor in call.layer.named_parameters() if "bias" not in name]
    step = _norm([steps[tensor] for tensor in own if tensor in steps])
    start = _norm(own)
    count = sum(x.numel() for x in call.outputs)
    return Layer(
        name=call.name,
        kind=type(call.layer).__name__,
        mean=mean.item(),
        std=std.item(),
        saturated=saturated,
        dead=dead,
        identical=_identical(call),
        effective_rank=_effective_rank(call.units(z), limits),
        output_gradient=None if arriving is None else arriving / math.sqrt(max(count, 1)),
        weight_gradient=push,
        gradient_to_weight=push / size if push is not None and size else None,
        update_to_weight=step / start if step is not None and start else None,
    )


def _flat(call: _Call, later: list[_Call], limits: Mapping[str, float]) -> tuple[float | None, float | None]:
    """Shares of saturated values and of dead units, seen from the first input that depends on the output."""
    if not call.matrix and not call.norm:
        return None, None
    for follower in later:
        h = follower.input
        if h is None or not h.requires_grad or not (follower.matrix or follower.norm):
            continue
        powers = 2.0 ** (torch.arange(h.numel(), device=h.device) % 3)  # exact in every dtype
        mixed = powers.to(h.dtype).reshape(h.shape)
        pulled = _pull(h, call.outputs[0], mixed)
        if pulled is None:
            continue
        blocked = call.units(pulled) == 0
        enough = len(blocked) >= limits["positions"]
        dead = blocked.all(dim=0).float().mean().item() if enough else None
        slopes = _pull(h, call.outputs[0], torch.ones_like(h)) if h.numel() == pulled.numel() else None
        if slopes is None:
            return None, dead
        expected = slopes * mixed.reshape(slopes.shape)
        if not torch.allclose(pulled, expected, rtol=1e-3, atol=torch.finfo(h.dtype).tiny):
            return None, dead  # not elementwise
        on = (h.detach() != 0).reshape(slopes.shape)
        return ((slopes.abs() < limits["flat"]) & on).float().mean().item(), dead
    return None, None


def _pull(h: Tensor, output: Tensor, v: Tensor) -> Tensor | None:
    (pulled,) = torch.autograd.grad(h, output, v, retain_graph=True, allow_unused=True)
    return pulled


def _identical(call: _Call) -> float:
    """Share of units whose weights, biases and gradients are those of another."""
    upstream = call.output_gradients[0]
    if upstream is None or not call.matrix or isinstance(call.layer, nn.Embedding):
        return 0.0
    gradients = call.units(upstream).T  # (units, positions)
    count = len(gradients)
    biases = [tensor for name, tensor in call.layer.named_parameters() if "bias" in name]
    fitting = [tensor for tensor in (*call.weights, *biases) if len(tensor) % count == 0]
    if not fitting or call.weights[0] is not fitting[0]:
        return 0.0
    # one row a unit; a recurrent layer stacks the weights of its gates
    parts = [part.detach().reshape(-1, count, part[0].numel()).transpose(0, 1).flatten(1) for part in fitting]
    rows = torch.cat(parts, dim=1)
    if len(torch.unique(rows, dim=0)) == count:
        return 0.0
    return 1 - len(torch.unique(torch.cat([rows, gradients.to(rows.dtype)], dim=1), dim=0)) / count


def _effective_rank(units: Tensor, limits: Mapping[str, float]) -> float | None:
    if len(units) < limits["positions"]:
        return None
    rows, columns = (max(1, size // RANK_SAMPLE) for size in units.shape)
    sample = units[::rows, ::columns][:RANK_SAMPLE, :RANK_SAMPLE].double().cpu()
    if not bool(sample.isfinite().all()):
        return None
    sizes = torch.linalg.svdvals(sample - sample.mean(dim=0))
    total = sizes.sum()
    return float(torch.special.entr(sizes / total).sum().exp()) if total > 0 else 0.0


def _factor(calls: list[_Call], limits: Mapping[str, float]) -> float | None:
    mixing = [call for call in calls if call.matrix]
    norms = [norm for call in mixing if (norm := _norm(call.output_gradients)) is not None]
    if _deliberate(mixing):
        norms = [norm for norm in norms if norm]
    if len(norms) < limits["depth"] or not 0 < norms[-1] < math.inf:
        return None
    return float((norms[0] / norms[-1]) ** (1 / (len(norms) - 1)))


def _deliberate(mixing: list[_Call]) -> list[_Call]:
    """The layers at zero, if others are not: they close a branch, and open in the next step."""
    closed = [call for call in mixing if call.zero]
    return closed if len(closed) < len(mixing) else []


def _finding(name: str, layer: str, value: float, threshold: float, message: str) -> Finding:
    severity, remedy = _CURES[name]
    return Finding(name, severity, layer, value, threshold, message, remedy, _PAGES.get(name, ""))


def _non_finite(model: nn.Module, inputs: Any, loss: float, rows: list[Layer]) -> Finding | None:
    """The first bad output on the way forward, else the loss, else the first bad gradient on the way back."""
    if all(math.isfinite(number) for number in (loss, *(row.mean for row in rows))):
        for row in reversed(rows):
            for what, number in {"output's": row.output_gradient, "weights'": row.weight_gradient}.items():
                if number is not None and not math.isfinite(number):
                    message = f"the first gradient on the way back that holds {number} is its {what}"
                    return _finding("non-finite", row.name, number, math.inf, message)
        return None
    bad = _bad(inputs)
    if bad is not None:
        return _finding("non-finite", "input", bad, math.inf, f"the batch holds {bad}")
    found: list[Finding] = []

    def look(name: str, module: nn.Module, _: Any, output: Any) -> None:
        if not found and (value := _bad(output)) is not None:
            wrong = [own for own, x in module.named_parameters(recurse=False) if _bad(x) is not None]
            cause = f", with {value} in its {' and '.join(wrong)} already" if wrong else ""
            message = f"the first output that holds {value} is its own{cause}"
            found.append(_finding("non-finite", name or "model", value, math.inf, message))

    hooks = [module.register_forward_hook(partial(look, name)) for name, module in model.named_modules()]
    try:
        with torch.no_grad():
            _call(model, inputs)
    finally:
        for hook in hooks:
            hook.remove()
    message = f"every output of the model is finite, and the loss is {loss}"
    return found[0] if found else _finding("non-finite", "loss", loss, math.inf, message)


def _gradient_findings(
    factor: float | None, calls: list[_Call], limits: Mapping[str, float]
) -> Iterator[Finding]:
    if factor is not None and not limits["vanishing"] <= factor <= limits["exploding"]:
        name = "vanishing" if factor < limits["vanishing"] else "exploding"
        first = next(call.name for call in calls if call.matrix)
        message = f"each layer multiplies the gradient by {factor:.2g} on its way to the input"
        yield _finding(f"{name} gradient", first, factor, limits[name], message)


def _unit_findings(calls: list[_Call], rows: list[Layer], limits: Mapping[str, float]) -> Iterator[Finding]:
    """Saturated, dead and identical units, each where it is worst."""
    closed = {call.name for call in _deliberate(calls)}
    for share, what in {
        "saturated": "values lie where the activation is flat",
        "dead": "units pass on no gradient at all",
        "identical": "units copy another one, and will go on to",
    }.items():
        own = [row for row in rows if share != "identical" or row.name not in closed]
        value, where = max(((getattr(row, share) or 0.0, row.name) for row in own), key=itemgetter(0))
        if value > limits[share]:
            yield _finding(f"{share} units", where, value, limits[share], f"{value:.0%} of its {what}")


def _input_findings(calls: list[_Call], limits: Mapping[str, float]) -> Iterator[Finding]:
    """What comes from outside into the layers, feature by feature; the worst of each."""
    worst: dict[str, Finding] = {}
    for call in calls:
        x = call.input
        if x is None or x.requires_grad or not x.is_floating_point() or x.ndim < 2 or call.norm:
            continue
        features = _wide(call.units(x))
        if len(features) < limits["positions"]:
            continue
        rare = (features == features.median(dim=0).values).float().mean(dim=0) > RARE_SHARE
        stds, means = torch.std_mean(features[:, ~rare], dim=0, correction=0)
        if len(stds) == 0:
            continue
        offset, spread = float((means.abs() / stds).max()), float(stds.max() / stds.min())
        size = float(stds.median())
        found = []
        if offset > limits["uncentered"]:
            message = f"the mean of a feature is {offset:.3g} times its standard deviation"
            found.append(_finding("uncentered input", call.name, offset, limits["uncentered"], message))
        if spread > limits["unscaled"]:
            message = f"one feature's standard deviation is {spread:.3g} times another's"
            found.append(_finding("unscaled input", call.name, spread, limits["unscaled"], message))
        elif not limits["small"] <= size <= limits["large"]:
            bound = limits["small" if size < limits["small"] else "large"]
            message = f"the standard deviation of its features is {size:.3g}"
            found.append(_finding("unscaled input", call.name, size, bound, message))
        for finding in found:
            worst.setdefault(finding.name, finding)
    yield from worst.values()


def _loss_findings(value: float, output: Any, targets: Any, limits: Mapping[str, float]) -> Iterator[Finding]:
    guess, classes = _guess(value, output, targets)
    if classes and guess and value > limits["chance"] * guess:
        message = f"{value:.3g}, where guessing among {classes} classes has {guess:.3g}"
        yield _finding("loss above chance", "loss", value / guess, limits["chance"], message)


def _guess(value: float, output: Any, targets: Any) -> tuple[float | None, int]:
    """The loss of the best constant guess and the number of classes, where the value tells which loss it is."""
    if not isinstance(output, Tensor) or not isinstance(targets, Tensor) or not output.is_floating_point():
        return None, 0
    logits = _wide(output.detach())
    if targets.is_floating_point():
        if targets.shape != output.shape or targets.numel() == 0:
            return None, 0
        goal = targets.to(logits.dtype)
        if math.isclose(value, F.mse_loss(logits, goal).item(), rel_tol=1e-2):
            return goal.var(correction=0).item(), 0
        if math.isclose(value, F.binary_cross_entropy_with_logits(logits, goal).item(), rel_tol=1e-2):
            return math.log(2), 2
        return None, 0
    for scores in (logits, logits.movedim(-1, 1)) if logits.ndim > 1 else ():
        classes = scores.shape[1]
        if classes < 2 or targets.shape != scores.shape[:1] + scores.shape[2:] or targets.numel() == 0:
            continue
        known = bool((((targets >= 0) & (targets < classes)) | (targets == -100)).all())
        if known and math.isclose(value, F.cross_entropy(scores, targets.long()).item(), rel_tol=1e-2):
            return math.log(classes), classes
    return None, 0


def _parameter_findings(
    parameters: Mapping[str, Tensor], gradients: Mapping[str, Tensor | None], optimizer: Optimizer | None
) -> Iterator[Finding]:
    free = [name for name, parameter in parameters.items() if parameter.requires_grad]
    groups = {
        "frozen parameters": [name for name in parameters if name not in free],
        "unreachable parameters": [name for name in free if gradients[name] is None],
        "zero gradient": [name for name in free if _norm([gradients[name]]) == 0],
    }
    if optimizer is not None:
        held = {parameter for group in optimizer.param_groups for parameter in group["params"]}
        groups["parameters without optimizer"] = [name for name in free if parameters[name] not in held]
    for finding, names in groups.items():
        if names:
            message = f"{len(names)} of {len(parameters)} parameters, from {names[0]} on"
            where = names[0].rpartition(".")[0] or "model"
            yield _finding(finding, where, len(names) / len(parameters), 0.0, message)


def _mode_findings(
    model: nn.Module, modes: Mapping[nn.Module, bool], calls: list[_Call], optimizer: Optimizer | None
) -> Iterator[Finding]:
    """Dropout and batch norm that are not in the mode that training needs."""
    switched = [
        (name, module)
        for name, module in model.named_modules()
        if "Drop" in type(module).__name__ or isinstance(module, _BatchNorm)
    ]
    odd = [
        name
        for name, module in switched
        if modes[module] != modes[model]
        and (modes[module] or not isinstance(module, _BatchNorm) or _learns(module))  # frozen ones rest
    ]
    if odd:
        mode, other = ("training", "evaluation") if modes[model] else ("evaluation", "training")
        message = f"in {other} mode, with {len(odd)} in all, while the model is in {mode} mode"
        yield _finding("mixed modes", odd[0], len(odd), 0.0, message)
    elif switched and not modes[model]:
        message = f"dropout is off or batch norm frozen in all {len(switched)} layers that have it"
        yield _finding("evaluation mode", switched[0][0] or "model", len(switched), 0.0, message)
    for call in calls:
        alone = isinstance(call.layer, _BatchNorm) and modes[call.layer]
        if alone and call.input is not None and len(call.input) == 1:
            message = "its mean and variance are those of one example"
            yield _finding("batch norm of one example", call.name, 1.0, 2.0, message)
            break


def _learns(module: nn.Module) -> bool:
    return any(parameter.requires_grad for parameter in module.parameters())


def _rate_findings(calls: list[_Call], rows: list[Layer], limits: Mapping[str, float]) -> Iterator[Finding]:
    moved = [
        (row.update_to_weight, row.gradient_to_weight or 0.0)
        for call, row in zip(calls, rows, strict=True)
        if call.matrix and call.first and row.update_to_weight is not None
    ]
    if not moved:
        return
    update, gradient = (statistics.median(sizes) for sizes in zip(*moved, strict=True))
    message = f"the next update changes the weights by {update:.2g} of their size"
    if update < limits["slow"] and (update == 0 or gradient > limits["settled"]):
        yield _finding("learning rate too low", "optimizer", update, limits["slow"], message)
    if update > limits["fast"]:
        yield _finding("learning rate too high", "optimizer", update, limits["fast"], message)


def _wide(x: Tensor) -> Tensor:
    """In at least 32 bits, which sums need."""
    return x.detach().to(torch.promote_types(x.dtype, torch.float32))


def _norm(tensors: Iterable[Tensor | None]) -> float | None:
    """Euclidean norm of all together; None if there is none."""
    norms = []
    for x in tensors:
        if x is None:
            continue
        x = _wide(x.coalesce().values() if x.is_sparse else x)
        largest = float(x.abs().max()) if x.numel() else 0.0
        scaled = 0 < largest < math.inf  # squares of small floats underflow
        norms.append(largest * float((x / largest).norm()) if scaled else largest)
    return math.hypot(*norms) if norms else None


def _bad(nest: Any) -> float | None:
    """A number in it that is not finite."""
    bad: list[float] = []

    def look(part: Any) -> None:
        if isinstance(part, Tensor) and part.is_floating_point() and not bool(part.isfinite().all()):
            bad.append(float(part[~part.isfinite()].flatten()[0]))

    _each(look, nest)
    return bad[0] if bad else None


def _plain(part: Any) -> Any:
    return str(part) if isinstance(part, float) and not math.isfinite(part) else part


def _cell(number: float | None, form: str) -> str:
    return "-" if number is None else format(number, form)
