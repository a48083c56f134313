"""What ails a model: a small function for each kind of illness, told from what `lego.diagnostics` has measured."""

import math
import statistics
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase
from torch.nn.modules.dropout import _DropoutNd
from torch.optim import Optimizer

from lego._layers import exact
from lego.regularization import AlphaDropout, DropConnect, Dropout, GaussianNoise
from lego.training import _tensors, loss_function

if TYPE_CHECKING:
    from lego.diagnostics import Layer

Loss = Callable[[Any, Any], Tensor]
Limits = Mapping[str, float]

DEAD_POSITIONS = 16  # one example leaves half of all healthy ReLU units at zero
SCHEDULED = 0.01  # a rate below this share of its peak is where a schedule begins or ends
DRAWS = (_DropoutNd, Dropout, AlphaDropout, DropConnect, GaussianNoise)
DRAWS_INSIDE = (nn.RNNBase, nn.MultiheadAttention)  # where `eval` would switch off more than dropout
SHARES = {
    "saturated": "values lie where the activation is flat",
    "dead": "units pass on no gradient at all",
    "identical": "units copy another one, and will go on to",
}
ADVICE = {  # by finding: severity, what to try, and the page of the handbook that explains it
    "vanishing gradient": (
        "error",
        "ReLU with he_normal, norm layers, residual connections",
        "gradients/vanishing/",
    ),
    "exploding gradient": (
        "error",
        "smaller initial weights, norm layers, gradient clipping",
        "gradients/exploding/",
    ),
    "blocked gradient": (
        "warning",
        "no rounding, sign or comparison on the way to the loss, no factor of zero",
        "gradients/backpropagation/",
    ),
    "saturated units": (
        "warning",
        "smaller initial weights, standardized inputs, norm layers, ReLU",
        "gradients/paralysis/",
    ),
    "dead units": (
        "warning",
        "lower learning rate, he_normal, biases at zero, leaky ReLU",
        "activations/dying_relu/",
    ),
    "identical units": ("error", "random initial weights", "initialization/zeros/"),
    "non-finite": (
        "error",
        "finite inputs, a smaller learning rate, a loss from logits",
        "gradients/exploding/",
    ),
    "constant input": ("error", "look at a few examples of the batch", "tips/recipe/"),
    "uncentered input": ("warning", "subtract the training mean", "preprocessing/tables/"),
    "unscaled input": (
        "warning",
        "standardize each feature on the training data",
        "preprocessing/tables/",
    ),
    "unscaled targets": (
        "warning",
        "standardize the targets too, with the mean and spread of the training set",
        "preprocessing/tables/",
    ),
    "not logits": ("error", "end the net with a linear layer: the loss does the rest", "tips/doctor/"),
    "not log-probabilities": ("error", "log_softmax, or cross_entropy on the logits", "tips/doctor/"),
    "wrong targets": ("error", "targets as the loss expects them", "tips/doctor/"),
    "broadcast loss": (
        "error",
        "one shape for both: targets.unsqueeze(1) or output.squeeze(1)",
        "tips/doctor/",
    ),
    "loss above chance": (
        "warning",
        "smaller weights in the last layer, scaled inputs, the right labels",
        "tips/recipe/",
    ),
    "frozen parameters": ("note", "requires_grad_(), if they are to learn", "gradients/backpropagation/"),
    "unreachable parameters": ("note", "use them in forward, or remove them", "gradients/backpropagation/"),
    "unregistered parameters": (
        "error",
        "nn.ModuleList, nn.ModuleDict or nn.Parameter, as attributes of a module",
        "gradients/backpropagation/",
    ),
    "parameters without optimizer": (
        "warning",
        "hand them to the optimizer, unless another one holds them",
        "tips/doctor/",
    ),
    "mixed modes": (
        "warning",
        "model.train() before training, model.eval() before evaluation",
        "regularization/dropout/",
    ),
    "dropout too high": ("warning", "a smaller p, such as 0.5", "regularization/dropout/"),
    "learning rate too low": ("warning", "a larger learning rate", "tips/recipe/"),
    "learning rate too high": ("error", "a smaller learning rate", "tips/recipe/"),
    "scheduled learning rate": (
        "note",
        "nothing in warm-up or at the end; else look where scheduler.step() is called",
        "tips/recipe/",
    ),
    "weight decay too high": (
        "warning",
        "a smaller weight_decay: usually at most 0.1",
        "regularization/l2/",
    ),
    "cannot overfit one batch": (
        "error",
        "look for a bug before you look for more data",
        "overfitting/size/",
    ),
}
_PASSED = {  # operations that change no number
    *("View", "UnsafeView", "Reshape", "ReshapeAlias", "Squeeze", "Unsqueeze", "Permute", "Transpose", "T"),
    *("Clone", "Alias", "ToCopy"),
}
_OPERATIONS = {  # the last ones of a model: as written in a message, and the range that they leave
    "Softmax": ("a softmax", 0.0, 1.0),
    "Sigmoid": ("a sigmoid", 0.0, 1.0),
    "Tanh": ("a tanh", -1.0, 1.0),
    "Relu": ("a ReLU", 0.0, math.inf),
    "Elu": ("an ELU", -math.inf, math.inf),
    "LogSoftmax": ("a log-softmax", -math.inf, 0.0),
    "LogSigmoid": ("a log-sigmoid", -math.inf, 0.0),
}
_REGRESSIONS = (F.mse_loss, F.l1_loss, F.smooth_l1_loss, F.huber_loss)


class Found(NamedTuple):
    """A finding, before its severity and page are looked up."""

    name: str
    layer: str
    value: float
    threshold: float
    message: str
    remedy: str = ""  # the usual one if empty


# Layers


def of_gradient(factor: float, total: float, first: str, limits: Limits) -> Iterator[Found]:
    message = f"each layer multiplies the gradient by {factor:.2g} on its way to the input"
    if factor < limits["vanishing"] and total < limits["shrunk"]:
        yield Found("vanishing gradient", first, factor, limits["vanishing"], message)
    elif factor > limits["exploding"] and total > limits["grown"]:
        yield Found("exploding gradient", first, factor, limits["exploding"], message)


def of_units(rows: "Sequence[Layer]", shares: Iterable[str], limits: Limits) -> Iterator[Found]:
    for share in shares:
        value, where = max(((getattr(row, share) or 0.0, row.name) for row in rows), key=itemgetter(0))
        if value > limits[share]:
            yield Found(f"{share} units", where, value, limits[share], f"{value:.0%} of its {SHARES[share]}")


def of_blocked_gradient(rows: "Sequence[Layer]") -> Iterator[Found]:
    """Weights that the loss depends on, but with a slope of exactly zero."""
    blocked = [row.name for row in rows if row.weight_gradient == 0]
    if blocked:
        message = f"the gradient of its weights is exactly 0, as in {len(blocked)} of {len(rows)} layers"
        yield Found("blocked gradient", blocked[0], len(blocked) / len(rows), 0.0, message)


# Inputs and targets


def all_alike(inputs: Any) -> bool:
    """Whether all examples of a large enough batch are the same."""
    enough = isinstance(inputs, Tensor) and inputs.ndim > 1 and len(inputs) >= DEAD_POSITIONS
    return enough and bool((inputs == inputs[:1]).all())


def of_inputs(name: str, features: Tensor, limits: Limits) -> Iterator[Found]:
    """Findings about the inputs of the first layer, as `(positions, features)`."""
    if len(features) < DEAD_POSITIONS:
        return
    means, spreads = features.mean(dim=0), features.std(dim=0, correction=0)
    if not bool(spreads.any()):
        return
    offset = float(means.square().mean().sqrt() / spreads.square().mean().sqrt())
    if offset > limits["uncentered"]:
        message = f"the mean of its inputs is {offset:.3g} times their spread"
        yield Found("uncentered input", name, offset, limits["uncentered"], message)
    usual = features[:: -(-len(features) // 256)].median(dim=0).values  # of a sample: it is sorted
    often = (features != usual).sum(dim=0) >= min(DEAD_POSITIONS, len(features) // 2)
    varying = spreads[often & (spreads > 1e-6 * means.abs())]  # neither rounding nor a few exceptions
    ratio = float(varying.max() / varying.min()) if len(varying) else 1.0
    if ratio > limits["unscaled"]:
        message = f"the spread of its inputs differs by a factor of {ratio:.3g} from feature to feature"
        yield Found("unscaled input", name, ratio, limits["unscaled"], message)


def of_targets(output: Any, targets: Any, loss: Loss, limits: Limits) -> Iterator[Found]:
    """Targets that the loss does not expect, or the model cannot reach."""
    function = loss_function(loss)
    if not isinstance(output, Tensor) or not isinstance(targets, Tensor):
        return
    if function is F.cross_entropy and _classes(output, loss) == 1:
        message, remedy = (
            "the output has one class only, so the loss is always 0",
            "binary_cross_entropy_with_logits",
        )
        yield Found("wrong targets", "targets", 1.0, 0.0, message, remedy)
    elif function is F.cross_entropy and targets.is_floating_point():
        sums = exact(targets.detach()).sum(dim=min(1, targets.ndim - 1))
        worst = float((sums - 1)[sums != 0].abs().max()) if bool(sums.any()) else 0.0
        if worst > 0.02:
            message = f"each example's should sum to 1, and they sum to {sums.min():.3g} to {sums.max():.3g}"
            remedy = "BCEWithLogitsLoss for several labels at once"
            yield Found("wrong targets", "targets", worst, 0.02, message, remedy)
    elif function is F.binary_cross_entropy_with_logits:
        low, high = float(targets.min()), float(targets.max())
        if (beyond := max(-low, high - 1)) > 0.001:
            message = f"they reach from {low:.3g} to {high:.3g}, where 0 to 1 is expected"
            yield Found("wrong targets", "targets", beyond, 0.001, message)
    elif _compares(output, targets, loss):
        yield from _far_targets(output, targets, limits)


def _far_targets(output: Tensor, targets: Tensor, limits: Limits) -> Iterator[Found]:
    what, low, high = _OPERATIONS.get(_last_operation(output), ("", -math.inf, math.inf))
    beyond = exact((targets < low - 0.001) | (targets > high + 0.001)).mean().item()
    if beyond > 0.05:
        message = f"{beyond:.0%} of them lie beyond what {what}, the model's last operation, can give"
        remedy = "end the net with a linear layer"
        yield Found("wrong targets", "targets", beyond, 0.05, message, remedy)
    wanted, given = (float(exact(x.detach()).square().mean().sqrt()) for x in (targets, output))
    if wanted > limits["targets"] * max(given, 1.0):
        message = f"they are {wanted:.2g} in size, and the outputs {given:.2g}"
        yield Found("unscaled targets", "targets", wanted / max(given, 1.0), limits["targets"], message)


# The loss


def of_output(output: Any, loss: Loss) -> Iterator[Found]:
    """An output that is not what the loss takes."""
    function = loss_function(loss)
    if not isinstance(output, Tensor):
        return
    if function in (F.cross_entropy, F.binary_cross_entropy_with_logits):
        last = _last_operation(output)
        harmless = function is F.cross_entropy and last == "LogSoftmax"  # which a second one leaves alone
        if last in _OPERATIONS and not harmless:
            name = getattr(function, "__name__", "the loss")
            message = f"{name} takes logits, and the model's last operation is {_OPERATIONS[last][0]}"
            yield Found("not logits", "model", 1.0, 0.0, message)
    if function is F.nll_loss and output.ndim > 1:
        totals = exact(output.detach()).logsumexp(dim=1)
        if (worst := float(totals.abs().max())) > 0.05:
            message = f"as such, their probabilities would sum to {totals.mean().exp():.3g}, not 1"
            yield Found("not log-probabilities", "model", worst, 0.05, message)


def _last_operation(output: Tensor) -> str:
    """What made the output, as autograd calls it."""
    node = output.grad_fn
    while node is not None and (name := node.name().partition("Backward")[0]) in _PASSED:
        node = node.next_functions[0][0]
    return "" if node is None else name


def of_broadcast(output: Any, targets: Any, loss: Loss) -> Iterator[Found]:
    """Shapes such as (B, 1) and (B,), which a loss may compare each with each: then no output is right."""
    several = isinstance(output, Tensor) and isinstance(targets, Tensor) and targets.is_floating_point()
    if not several or output.shape == targets.shape or output.squeeze().shape != targets.squeeze().shape:
        return
    try:
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # PyTorch's own about these shapes
            crossed = loss(targets.reshape(output.shape).to(output.dtype), targets).item()
            least = loss(targets.clone(), targets).item()
    except Exception:  # a loss that takes the two shapes apart itself
        return
    if crossed > least + 1e-3 * abs(least) + 1e-6:
        message = (
            f"output {tuple(output.shape)} and targets {tuple(targets.shape)} are compared each with each; "
        )
        message += f"even the targets themselves would have a loss of {crossed:.3g}"
        yield Found("broadcast loss", "loss", crossed, least, message)


def of_loss(value: float, output: Any, targets: Any, loss: Loss, limits: Limits) -> Iterator[Found]:
    """The loss of classes, or of yes and no, against that of guessing."""
    function, classes = loss_function(loss), _classes(output, loss)
    if classes < 2 or (targets.is_floating_point() and function is not F.binary_cross_entropy_with_logits):
        return
    chance = guessing(output, targets, loss)
    if value > limits["chance"] * chance:
        message = f"{value:.3g}, where guessing among {classes} classes gives {chance:.3g}"
        yield Found("loss above chance", "loss", value / chance, limits["chance"], message)


def guessing(output: Tensor, targets: Tensor, loss: Loss) -> float:
    """The loss of an output that knows nothing; 0 if that is not known."""
    classes = _classes(output, loss)
    if classes == 0 and not _compares(output, targets, loss):
        return 0.0
    even = -math.log(classes) if loss_function(loss) is F.nll_loss else 0.0
    return loss(torch.full_like(output, even), targets).item()


def least(output: Tensor, targets: Tensor, loss: Loss) -> float:
    """The loss of the best answer, which soft or smoothed targets keep above zero; 0 if that is not known."""
    if loss_function(loss) is F.binary_cross_entropy_with_logits:
        weight = setting(loss, "pos_weight")
        best = targets.clamp(0, 1).logit(1e-6).to(output.dtype)
        return loss(best if weight is None else best + weight.log(), targets).item()
    return loss(_best(output, targets, loss), targets).item() if _classes(output, loss) > 1 else 0.0


def _best(output: Tensor, targets: Tensor, loss: Loss) -> Tensor:
    """The logarithms of the best probabilities."""
    best, classes = targets, output.shape[1]
    if not targets.is_floating_point():
        counted = targets.clamp(0, classes - 1)  # the loss ignores targets beyond
        best = F.one_hot(counted.long(), classes).movedim(-1, 1).to(output.dtype)
    smoothing: float = setting(loss, "label_smoothing", 0.0)
    best = (1 - smoothing) * best + smoothing / classes
    return best.clamp(min=torch.finfo(best.dtype).tiny).log()


def has_learned(value: float, output: Any, targets: Any, loss: Loss, limits: Limits) -> bool:
    """Whether little is left of the loss, so that small updates are right."""
    if not isinstance(output, Tensor) or not isinstance(targets, Tensor):
        return value == 0
    rest = least(output, targets, loss)
    return value == 0 or value - rest < limits["overfit"] * (guessing(output, targets, loss) - rest)


def _classes(output: Any, loss: Loss) -> int:
    """How many classes the loss distinguishes; 0 if that is not known."""
    function = loss_function(loss)
    if function is F.binary_cross_entropy_with_logits:
        return 2
    several = isinstance(output, Tensor) and output.ndim > 1
    return output.shape[1] if several and function in (F.cross_entropy, F.nll_loss) else 0


def _compares(output: Tensor, targets: Tensor, loss: Loss) -> bool:
    """Whether the loss is one of regression, of numbers that the output should be."""
    known = loss_function(loss) in _REGRESSIONS
    return known and targets.is_floating_point() and output.shape == targets.shape


def setting(loss: Loss, name: str, default: Any = None) -> Any:
    """An argument of one of PyTorch's losses, or of its function with some arguments given."""
    return loss.keywords.get(name, default) if isinstance(loss, partial) else getattr(loss, name, default)


# Parameters and modes


def of_parameters(
    model: nn.Module,
    ran: Iterable[nn.Module],
    gradients: Sequence[Tensor | None],
    optimizer: Optimizer | None,
) -> Iterator[Found]:
    """Parameters that do not learn; `ran` are the weighted layers that were called."""
    named = list(model.named_parameters())
    used = {id(p) for layer in ran for p in layer.parameters()}
    lost = [(name, p) for (name, p), g in zip(named, gradients, strict=True) if p.requires_grad and g is None]
    idle = {_owner(name) for name, p in lost if p.ndim > 1 and id(p) not in used}
    cut = (
        [name for name, _ in lost if _owner(name) not in idle] if any(id(p) in used for _, p in lost) else []
    )
    held = None if optimizer is None else {id(p) for group in optimizer.param_groups for p in group["params"]}
    ran_in_vain = ": they run, but the loss does not depend on them"
    away = "detach(), no_grad, argmax or .item() on the way to the loss; or freeze them"
    for finding, names, more, remedy in (
        ("frozen parameters", [name for name, p in named if not p.requires_grad], "", ""),
        ("unreachable parameters", cut, ran_in_vain, away),
        ("unreachable parameters", [name for name, _ in lost if name not in cut], "", ""),
        (
            "parameters without optimizer",
            [name for name, p in named if held is not None and p.requires_grad and id(p) not in held],
            "",
            "",
        ),
    ):
        if names:
            share = len(names) / len(named)
            what = f"{len(names)} of {len(named)} parameters, from {names[0]} on{more}"
            yield Found(finding, _owner(names[0]) or "model", share, 0.0, what, remedy)


def _owner(name: str) -> str:
    return name.rpartition(".")[0]


def of_unregistered(
    model: nn.Module, inputs: Any, output: Any, made: Iterable[Tensor], optimizer: Optimizer | None
) -> Iterator[Found]:
    """Learnable tensors that the output depends on, but the model does not list; `made` are those of `diagnose`."""
    groups = optimizer.param_groups if optimizer is not None else []
    known = [*model.parameters(), *made, *_leaves(inputs), *(p for group in groups for p in group["params"])]
    own = set(map(id, known))
    kept = {id(value) for module in model.modules() for value in vars(module).values()}
    lost = [x for x in _leaves(output) if id(x) not in own and (isinstance(x, nn.Parameter) or id(x) in kept)]
    if lost:
        what = "learnable tensors" if len(lost) > 1 else "learnable tensor"
        message = f"{len(lost)} {what}, one of shape {tuple(lost[-1].shape)}, not among model.parameters(): "
        message += "no optimizer and no state_dict has them"
        yield Found("unregistered parameters", "model", len(lost), 0.0, message)


def _leaves(nest: Any) -> list[Tensor]:
    """The tensors at which the computation of others began."""
    tensors = _tensors(nest)
    found = [tensor for tensor in tensors if tensor.grad_fn is None]
    waiting = [tensor.grad_fn for tensor in tensors if tensor.grad_fn is not None]
    seen = set(waiting)
    while waiting:
        node = waiting.pop()
        if isinstance(variable := getattr(node, "variable", None), Tensor):
            found.append(variable)
        fresh = {after for after, _ in node.next_functions if after is not None} - seen
        seen |= fresh
        waiting += fresh
    return found


def of_modes(model: nn.Module, optimizer: Optimizer | None) -> Iterator[Found]:
    """Dropout and batch norm that are not in the model's own mode, or not in that of training under an optimizer."""
    modules = dict(model.named_modules())
    asleep = [  # frozen on purpose, and left as they are
        f"{name}."
        for name, module in modules.items()
        if not module.training
        and (own := list(module.parameters()))
        and not any(p.requires_grad for p in own)
    ]
    modes = {
        name: module.training
        for name, module in modules.items()
        if isinstance(module, (*DRAWS, _NormBase))
        or (isinstance(module, DRAWS_INSIDE) and module.dropout > 0)
    }
    odd = [
        name
        for name, training in modes.items()
        if training != model.training and not (model.training and f"{name}.".startswith(tuple(asleep)))
    ]
    if odd:
        mode, other = ("training", "evaluation") if model.training else ("evaluation", "training")
        message = f"in {other} mode, while the model is in {mode} mode"
        yield Found("mixed modes", odd[0], len(odd), 0.0, message)
    elif modes and optimizer is not None and not model.training:
        message = "in evaluation mode, while an optimizer trains the model"
        yield Found("mixed modes", next(iter(modes)) or "model", len(modes), 0.0, message)


def of_dropout(model: nn.Module, limits: Limits) -> Iterator[Found]:
    """Dropout that leaves next to nothing."""
    modules = {name: module for name, module in model.named_modules() if isinstance(module, DRAWS)}
    chance, name = max(
        ((float(getattr(m, "p", 0.0)), name) for name, m in modules.items()), default=(0.0, "")
    )
    if chance > limits["dropout"]:
        message = f"only {1 - chance:.0%} of its units pass"
        yield Found("dropout too high", name or "model", chance, limits["dropout"], message)


# The optimizer


def of_rates(
    updates: Sequence[float], optimizer: Optimizer, learned: Callable[[], bool], loss: Loss, limits: Limits
) -> Iterator[Found]:
    """The learning rate, told from the updates of weights with a gradient; an even number of them has two medians."""
    low, high = statistics.median_high(updates), statistics.median_low(updates)
    message = "the next update changes the weights by {:.2g} of their size"
    rate, peak = min(map(_rate_and_peak, optimizer.param_groups), key=lambda pair: pair[0] / (pair[1] or 1.0))
    if rate < SCHEDULED * peak and low < limits["slow"]:
        what = f"the schedule has the rate at {rate:.2g}, from {peak:.2g}"
        yield Found("scheduled learning rate", "optimizer", rate / peak, SCHEDULED, what)
    elif low * (peak / rate if rate else 1.0) < limits["slow"] and not learned():
        yield Found("learning rate too low", "optimizer", low, limits["slow"], message.format(low))
    remedy = (
        "a smaller learning rate, or a loss that is a mean" if setting(loss, "reduction") == "sum" else ""
    )
    momentum = _momentum(optimizer)
    if high > limits["fast"]:
        yield Found("learning rate too high", "optimizer", high, limits["fast"], message.format(high), remedy)
    elif momentum and (sum_of_all := high / max(1 - momentum, 1e-9)) > 5 * limits["fast"]:
        what = f"momentum {momentum:g} adds such updates up to {sum_of_all:.2g} of the weights' size"
        yield Found("learning rate too high", "optimizer", sum_of_all, 5 * limits["fast"], what, remedy)


def _rate_and_peak(group: dict[str, Any]) -> tuple[float, float]:
    """A group's learning rate now and, under a schedule, at its highest."""
    rate = float(group.get("lr", 1.0))
    return rate, max(rate, *(float(group.get(key, rate)) for key in ("initial_lr", "max_lr")))


def _momentum(optimizer: Optimizer) -> float:
    """That of an SGD before its first step: later, its updates contain it."""
    fresh = type(optimizer) is torch.optim.SGD and not optimizer.state
    return max(float(group["momentum"]) for group in optimizer.param_groups) if fresh else 0.0


def of_decay(optimizer: Optimizer, limits: Limits) -> Iterator[Found]:
    """Weight decay that acts on the weights themselves; Adam's acts on the gradient."""
    shares = [
        float(group["lr"]) * float(group["weight_decay"])
        for group in optimizer.param_groups
        if isinstance(optimizer, torch.optim.SGD | torch.optim.AdamW) or group.get("decoupled_weight_decay")
    ]
    if (share := max(shares, default=0.0)) > limits["decay"]:
        message = f"each step shrinks the weights by {share:.2g} of their size"
        yield Found("weight decay too high", "optimizer", share, limits["decay"], message)
