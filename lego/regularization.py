r"""Regularization: what keeps a net from memorizing its training data, and how the methods are related.

Penalties and constraints act on a model or a tensor; layers and `EarlyStopping` act on training. The exact
relations are for linear regression: $X$ has the shape `(count, features)`, $y$ the shape `(count,)` or
`(count, outputs)`, the loss is $\tfrac12 \lVert y - Xw \rVert^2$, and everything is computed in float64.

In a model, `biases` and `norms` set whether biases and the parameters of normalization layers count; a parameter
that is used twice counts once, and a frozen one counts too. What an activation learns, such as the slope of a PReLU,
never counts: at zero it would be a different function.
"""

import copy
import math
from collections.abc import Iterator
from typing import Any, TypeVar

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn
from torch.nn.modules.batchnorm import _NormBase

from lego import _checks as check
from lego._layers import exact, kept_modes
from lego._names import find
from lego.activations import ACTIVATIONS, MetaAcon

__all__ = [
    "AlphaDropout",
    "DropConnect",
    "Dropout",
    "EarlyStopping",
    "GaussianNoise",
    "decay_",
    "dropout_as_ridge",
    "early_stopping_as_ridge",
    "elastic_net",
    "gradient_descent",
    "l1",
    "l1_as_laplace_prior",
    "l2",
    "l2_as_gaussian_prior",
    "max_norm_",
    "mc_dropout",
    "noise_as_tikhonov",
    "ridge",
    "smooth_labels",
    "soft_threshold",
    "soft_threshold_",
]

Model = TypeVar("Model", bound=nn.Module)
_NORMS = (_NormBase, nn.LayerNorm, nn.GroupNorm, nn.RMSNorm)
_ACTIVATIONS: tuple[type, ...] = (nn.PReLU, MetaAcon, *ACTIVATIONS.values())


def l1(model: nn.Module, *, biases: bool = False, norms: bool = False) -> Tensor:
    r"""Sum of the absolute values of a model's weights; multiplied by a factor, it is added to the loss.

    $$\sum_i \lvert w_i \rvert$$

    Args:
        model: any module.
        biases: whether biases count.
        norms: whether the parameters of normalization layers count.

    Returns:
        A scalar with a gradient.

    Raises:
        ValueError: if no parameter counts.

    Source: Tibshirani (1996), "Regression shrinkage and selection via the lasso"
    """
    return torch.stack([_wide(p).abs().sum() for p in _weights(model, biases, norms)]).sum()


def l2(model: nn.Module, *, biases: bool = False, norms: bool = False) -> Tensor:
    r"""Sum of the squares of a model's weights; multiplied by a factor, it is added to the loss.

    $$\sum_i w_i^2$$

    Args:
        model: any module.
        biases: whether biases count.
        norms: whether the parameters of normalization layers count.

    Returns:
        A scalar with a gradient.

    Raises:
        ValueError: if no parameter counts.

    Source: Hoerl & Kennard (1970), "Ridge regression"

    Examples:
        ```python
        import torch
        from torch import nn

        from lego.regularization import l2
        from lego.training import fit

        x, y = torch.randn(50, 3), torch.randint(2, (50,))
        fit(nn.Linear(3, 2), x, y, steps=10, lr=0.1, penalty=lambda model: 0.01 * l2(model))
        ```
    """
    weights = map(_wide, _weights(model, biases, norms))
    return torch.stack([(w * w.conj()).real.sum() for w in weights]).sum()  # for complex numbers, too


def elastic_net(
    model: nn.Module, l1_factor: float, l2_factor: float, *, biases: bool = False, norms: bool = False
) -> Tensor:
    r"""L1 and L2 penalties together.

    $$\lambda_1 \sum_i \lvert w_i \rvert + \lambda_2 \sum_i w_i^2$$

    Args:
        model: any module.
        l1_factor: $\lambda_1$.
        l2_factor: $\lambda_2$.
        biases: whether biases count.
        norms: whether the parameters of normalization layers count.

    Returns:
        A scalar with a gradient.

    Raises:
        ValueError: if a factor is negative or not finite, or no parameter counts.

    Source: Zou & Hastie (2005), "Regularization and variable selection via the elastic net"
    """
    absolute, square = _factor("l1_factor", l1_factor), _factor("l2_factor", l2_factor)
    kinds = {"biases": biases, "norms": norms}
    return absolute * l1(model, **kinds) + square * l2(model, **kinds)


def soft_threshold(x: Tensor, amount: float | Tensor) -> Tensor:
    r"""Moves each number toward zero by an amount, and no further: the exact step for an L1 penalty.

    $$\operatorname{sign}(x) \max(\lvert x \rvert - \text{amount}, 0)$$

    It solves $\min_w \tfrac12 (w - x)^2 + \text{amount} \lvert w \rvert$. So for a loss with a diagonal Hessian and
    its minimum at $w^*$, the L1 solution with factor $\alpha$ is
    `soft_threshold(w_star, alpha / hessian_diagonal)`.

    Args:
        x: any shape.
        amount: at least 0.

    Raises:
        ValueError: if `amount` is negative.

    Source: Goodfellow, Bengio & Courville (2016), "Deep Learning", equation 7.23
    """
    check.floating("x", x)
    least = _amount("amount", amount)
    if isinstance(least, Tensor):
        check.broadcast(x=x, amount=least)
    return _shrunk(x, least)


def _shrunk(x: Tensor, amount: float | Tensor) -> Tensor:
    return torch.sgn(x) * torch.clamp(x.abs() - amount, min=0)


def soft_threshold_(model: Model, amount: float, *, biases: bool = False, norms: bool = False) -> Model:
    r"""Proximal step of L1: after each update, moves every weight toward zero by the learning rate times the factor.

    $$w \leftarrow \operatorname{sign}(w) \max(\lvert w \rvert - \text{amount}, 0)$$

    Unlike a step along the gradient of $\lvert w \rvert$, it lands on exact zeros.

    Args:
        model: any module, overwritten.
        amount: learning rate times the factor of the L1 penalty.
        biases: whether biases are moved.
        norms: whether the parameters of normalization layers are moved.

    Returns:
        `model` itself.

    Raises:
        ValueError: if `amount` is negative, or no parameter counts.

    Source: Beck & Teboulle (2009), "A fast iterative shrinkage-thresholding algorithm for linear
    inverse problems"
    """
    amount = check.real("amount", _amount("amount", amount))
    with torch.no_grad():
        for p in _weights(model, biases, norms):
            p.copy_(_shrunk(p, amount))
    return model


def decay_(model: Model, amount: float, *, biases: bool = False, norms: bool = False) -> Model:
    r"""Decoupled weight decay: shrinks every weight by a share, independently of any gradient.

    $$w \leftarrow (1 - \text{amount})\, w$$

    Args:
        model: any module, overwritten.
        amount: learning rate times the decay, from 0 to 1.
        biases: whether biases are shrunk.
        norms: whether the parameters of normalization layers are shrunk.

    Returns:
        `model` itself.

    Raises:
        ValueError: if `amount` is not from 0 to 1, or no parameter counts.

    Source: Loshchilov & Hutter (2017), arXiv:1711.05101
    """
    if not 0 <= check.real("amount", amount) <= 1:
        raise ValueError(f"amount must be from 0 to 1, got {amount}")
    with torch.no_grad():
        for p in _weights(model, biases, norms):
            p.mul_(1 - float(amount))
    return model


def max_norm_(model: Model, maximum: float) -> Model:
    r"""Scales the incoming weights of each unit down to a maximum length.

    $$w_k \leftarrow w_k \min\!\left(1, \frac{\text{maximum}}{\lVert w_k \rVert_2}\right)$$

    Args:
        model: any module, overwritten; every parameter of two or more dimensions counts, except biases and those of
            normalization layers; a unit is one index of its first dimension.
        maximum: above 0.

    Returns:
        `model` itself.

    Raises:
        ValueError: if `maximum` is not positive, or no parameter counts.

    Source: Srivastava et al. (2014), "Dropout", section 5.1
    """
    if not (maximum := check.real("maximum", maximum)) > 0:
        raise ValueError(f"maximum must be above 0, got {maximum}")
    weights = [p for p in _weights(model, biases=False, norms=False) if p.ndim > 1]
    if not weights:
        raise ValueError(f"model must have a weight of two or more dimensions, got {type(model).__name__}")
    with torch.no_grad():
        for p in filter(torch.Tensor.numel, weights):
            units = exact(p).flatten(1)
            largest = units.abs().amax(dim=1, keepdim=True)
            largest[largest == 0] = 1.0
            shares = units / largest  # whose squares neither overflow nor vanish
            scale = (maximum / largest / shares.norm(dim=1, keepdim=True)).clamp(max=1.0)
            p.copy_((units * scale).view_as(p))
    return model


class _Random(nn.Module):
    """A layer that draws random numbers in training only."""

    def __init__(self, p: float = 0.5, *, generator: Generator | None = None) -> None:
        p = check.real("p", p)
        if not 0 <= p < 1:
            raise ValueError(f"p must be at least 0 and below 1, got {p}")
        check.generator(generator)
        super().__init__()
        self.p = p
        self.generator = generator

    def keep(self, x: Tensor) -> Tensor:
        """Ones with a probability of 1 - p, else zeros, shaped like x."""
        place = x.device if self.generator is None else self.generator.device
        # half precision has few numbers below 1
        dtype = torch.promote_types(torch.get_default_dtype(), torch.float)
        draws = torch.rand(x.shape, generator=self.generator, device=place, dtype=dtype)
        return (draws >= self.p).to(x.device, x.dtype)

    def extra_repr(self) -> str:
        """What `print` shows."""
        return f"p={self.p}"


class Dropout(_Random):
    r"""Sets numbers to zero at random in training, and makes up for it by scaling up the others.

    $$y = \frac{m \odot x}{1 - p}, \qquad m_i \sim \operatorname{Bernoulli}(1 - p)$$

    Like `torch.nn.Dropout`, except for the generator.

    Args:
        p: probability of zero, below 1.
        generator: source of the masks; PyTorch's global one if omitted, the only one that `torch.utils.checkpoint`
            restores to compute a layer again.

    Raises:
        ValueError: if `p` is not at least 0 and below 1.

    Source: Srivastava et al. (2014), "Dropout"
    """

    def forward(self, x: Tensor) -> Tensor:
        """Any shape."""
        check.floating("x", x)
        return x * self.keep(x) / (1 - self.p) if self.training and self.p > 0 else x


class AlphaDropout(_Random):
    r"""Dropout for SELU: sets numbers to SELU's lower limit at random, and keeps mean 0 and variance 1.

    $$y = a\,\bigl(m \odot x + \alpha' (1 - m)\bigr) + b, \qquad
    a = \bigl(q + \alpha'^2 q (1 - q)\bigr)^{-1/2}, \quad b = -a (1 - q)\, \alpha'$$

    Here $q = 1 - p$ and $\alpha' = -\lambda\alpha = -1.758$. Like `torch.nn.AlphaDropout`, except for the generator.

    Args:
        p: probability of being dropped, below 1.
        generator: source of the masks; PyTorch's global one if omitted, the only one that `torch.utils.checkpoint`
            restores to compute a layer again.

    Raises:
        ValueError: if `p` is not at least 0 and below 1.

    Source: Klambauer et al. (2017), arXiv:1706.02515
    """

    def forward(self, x: Tensor) -> Tensor:
        """Any shape."""
        check.floating("x", x)
        if not self.training or self.p == 0:
            return x
        low, q = -1.7580993408473766, 1 - self.p
        a: float = (q + low**2 * q * (1 - q)) ** -0.5
        mask = self.keep(x)
        return a * (mask * x + low * (1 - mask)) - a * (1 - q) * low


class DropConnect(_Random):
    r"""Linear layer whose weights are set to zero at random in training.

    $$y = \frac{M \odot W}{1 - p}\, x + b, \qquad M_{ij} \sim \operatorname{Bernoulli}(1 - p)$$

    One mask serves the whole batch, and a prediction uses the mean weights; the paper draws a mask per example and
    predicts with samples.

    Args:
        layer: the linear layer.
        p: probability of zero, below 1.
        generator: source of the masks; PyTorch's global one if omitted, the only one that `torch.utils.checkpoint`
            restores to compute a layer again.

    Raises:
        ValueError: if `p` is not at least 0 and below 1, or `layer` is not linear.

    Source: Wan et al. (2013), "Regularization of neural networks using DropConnect"
    """

    def __init__(self, layer: nn.Linear, p: float = 0.5, *, generator: Generator | None = None) -> None:
        if not isinstance(layer, nn.Linear):
            raise ValueError(f"layer must be a torch.nn.Linear, got {type(layer).__name__}")
        super().__init__(p, generator=generator)
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        """Shape `(..., fan_in)`."""
        if not self.training or self.p == 0:
            y: Tensor = self.layer(x)
            return y
        if "weight" in vars(self.layer):  # pruned, for example: hooks make it anew before each call
            for number, hook in self.layer._forward_pre_hooks.items():
                hook(self.layer, (x,), *([{}] if number in self.layer._forward_pre_hooks_with_kwargs else []))
        weight = self.layer.weight
        return F.linear(x, weight * self.keep(weight) / (1 - self.p), self.layer.bias)


class GaussianNoise(nn.Module):
    r"""Adds normal noise in training.

    $$y = x + \text{std}\; \varepsilon, \qquad \varepsilon \sim \mathcal{N}(0, 1)$$

    Args:
        std: standard deviation of the noise.
        generator: source of the noise; PyTorch's global one if omitted, the only one that `torch.utils.checkpoint`
            restores to compute a layer again.

    Raises:
        ValueError: if `std` is negative or not finite.

    Source: Bishop (1995), "Training with noise is equivalent to Tikhonov regularization"
    """

    def __init__(self, std: float, *, generator: Generator | None = None) -> None:
        std = _factor("std", std)
        check.generator(generator)
        super().__init__()
        self.std = std
        self.generator = generator

    def forward(self, x: Tensor) -> Tensor:
        """Any shape."""
        check.floating("x", x)
        if not self.training or self.std == 0:
            return x
        place = x.device if self.generator is None else self.generator.device
        noise = torch.randn(x.shape, generator=self.generator, device=place)
        return x + self.std * noise.to(x.device, x.dtype)

    def extra_repr(self) -> str:
        """What `print` shows."""
        return f"std={self.std}"


def mc_dropout(model: nn.Module, inputs: Tensor, samples: int = 50) -> tuple[Tensor, Tensor]:
    r"""Mean and spread of a model's outputs with its dropout on: how uncertain it is.

    $$\bar{y} = \frac1T \sum_{t=1}^T f_t(x), \qquad s^2 = \frac{1}{T - 1} \sum_{t=1}^T \bigl(f_t(x) - \bar{y}\bigr)^2$$

    Here $f_t$ is the model with the masks of pass $t$, and $T$ is `samples`.

    Only layers with dropout are put into training mode, so that batch norms use their running statistics;
    afterwards, all modes are as before. The masks are drawn as in training: from PyTorch's global generator, or from
    a layer's own.

    Args:
        model: any module with a dropout layer.
        inputs: the model's input tensor.
        samples: how many passes, $T$.

    Returns:
        $\bar{y}$ and $s$, the mean and the standard deviation, each shaped like the output.

    Raises:
        ValueError: if `samples` is below 2, or the model has no dropout layer.

    Source: Gal & Ghahramani (2015), arXiv:1506.02142
    """
    check.instance("model", model, nn.Module)
    if (samples := check.whole("samples", samples)) < 2:
        raise ValueError(f"samples must be at least 2, got {samples}")
    kinds = (_Random, nn.modules.dropout._DropoutNd)
    inside = (nn.RNNBase, nn.MultiheadAttention)  # these hold dropout inside
    drops = [m for m in model.modules() if isinstance(m, kinds) or (isinstance(m, inside) and m.dropout > 0)]
    if not drops:
        raise ValueError(f"model must have a dropout layer, got {type(model).__name__} without one")
    fast = torch.backends.mha.get_fastpath_enabled()
    with kept_modes(model), torch.no_grad():
        model.eval()
        for drop in drops:
            drop.train()
        try:
            torch.backends.mha.set_fastpath_enabled(False)  # it would skip a transformer's dropout
            outputs = torch.stack([model(inputs) for _ in range(samples)])
        finally:
            torch.backends.mha.set_fastpath_enabled(fast)
    return outputs.mean(dim=0), outputs.std(dim=0)


def smooth_labels(targets: Tensor, classes: int, amount: float = 0.1) -> Tensor:
    r"""Classes as probabilities that give every class a share, so that a net need not be certain.

    $$(1 - \text{amount})\, \mathbb{1}_k + \frac{\text{amount}}{\text{classes}}$$

    Here $\mathbb{1}_k$ is 1 for the example's class $k$ and 0 for each other.

    Args:
        targets: classes, shape `(count,)`.
        classes: how many classes there are.
        amount: the share, from 0 to 1.

    Returns:
        Shape `(count, classes)`; `F.cross_entropy` accepts them as targets.

    Raises:
        ValueError: if an argument breaks its rule.

    Source: Szegedy et al. (2015), arXiv:1512.00567, section 7
    """
    amount, classes = check.real("amount", amount), check.whole("classes", classes)
    if not 0 <= amount <= 1:
        raise ValueError(f"amount must be from 0 to 1, got {amount}")
    if classes < 1:
        raise ValueError(f"classes must be at least 1, got {classes}")
    if check.tensor("targets", targets).is_floating_point():
        raise ValueError(f"targets must be whole numbers, got {targets.dtype}")
    if targets.ndim != 1:
        raise ValueError(f"targets must have the shape (count,), got {tuple(targets.shape)}")
    if targets.numel() and not 0 <= int(targets.min()) <= int(targets.max()) < classes:
        raise ValueError(
            f"targets must be from 0 to {classes - 1}, got {int(targets.min())} to {int(targets.max())}"
        )
    return (1 - amount) * F.one_hot(targets.long(), classes) + amount / classes


class EarlyStopping:
    """Stops training when it no longer improves, and restores the best weights.

    A value of NaN is no improvement. Each run needs its own `EarlyStopping`.

    Args:
        patience: how many calls of `step`, one per validation, without an improvement end training.
        minimum_improvement: only a larger improvement counts.
        mode: `"min"` for a loss, `"max"` for an accuracy.
        restore: whether to keep the best weights for `restore`; this costs a copy of the model.

    Attributes:
        best: the best value; `None` before the first.
        best_step: the call of `step` that gave it, counted from 0.
        wait: how many calls of `step` there have been without an improvement.

    Raises:
        ValueError: if an argument breaks its rule.

    Source: Prechelt (1998), "Early stopping - but when?"

    Examples:
        ```python
        from torch import nn

        from lego.regularization import EarlyStopping

        model, stopping = nn.Linear(2, 1), EarlyStopping(patience=2)
        print([stopping.step(loss, model) for loss in (1.0, 0.5, 0.6, 0.7)])
        stopping.restore(model)
        ```
    """

    def __init__(
        self,
        patience: int = 10,
        *,
        minimum_improvement: float = 0.0,
        mode: str = "min",
        restore: bool = True,
    ) -> None:
        if (patience := check.whole("patience", patience)) < 1:
            raise ValueError(f"patience must be at least 1, got {patience}")
        minimum_improvement = check.real(
            "minimum_improvement", _amount("minimum_improvement", minimum_improvement)
        )
        self.sign = find("mode", mode, {"min": 1.0, "max": -1.0}, "'min' and 'max'")
        self.patience = patience
        self.minimum_improvement = minimum_improvement
        self.keeps = restore
        self.best: float | None = None
        self.best_step = -1
        self.steps = 0
        self.weights: dict[str, Any] | None = None

    @property
    def wait(self) -> int:
        """Steps since the best one."""
        return self.steps - 1 - self.best_step

    def step(self, value: float | Tensor, model: nn.Module) -> bool:
        """Records a value, keeps the weights if it is the best so far, and returns whether to stop."""
        value = check.real("value", value.detach() if isinstance(value, Tensor) else value)
        gain = math.inf if self.best is None else self.sign * (self.best - value)
        if not math.isnan(value) and gain > self.minimum_improvement:
            self.best, self.best_step = value, self.steps
            if self.keeps:
                self.weights = copy.deepcopy(model.state_dict())
        self.steps += 1
        return self.wait >= self.patience

    def restore(self, model: Model) -> Model:
        """Restores the model's best weights, if there are any and they were kept."""
        if self.weights is not None:
            model.load_state_dict(self.weights)
        return model

    def state_dict(self) -> dict[str, Any]:
        """Everything that `torch.save` has to keep."""
        return {"best": self.best, "best_step": self.best_step, "steps": self.steps, "weights": self.weights}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continues from what `state_dict` returned."""
        self.best, self.best_step = state["best"], state["best_step"]
        self.steps, self.weights = state["steps"], state["weights"]


def gradient_descent(x: Tensor, y: Tensor, lr: float, steps: int) -> Tensor:
    r"""Weights after a number of steps of gradient descent from zero, in one formula.

    $$w_k = V \operatorname{diag}\!\left(\frac{1 - (1 - \varepsilon s_i)^k}{s_i}\right) V^\top X^\top y,
    \qquad X^\top X = V \operatorname{diag}(s_i)\, V^\top$$

    Args:
        x: shape `(count, features)`.
        y: shape `(count,)` or `(count, outputs)`.
        lr: $\varepsilon$, for the sum of squares, not its mean.
        steps: $k$.

    Returns:
        Shape `(features,)` or `(features, outputs)`, float64.

    Raises:
        ValueError: if an argument breaks its rule, or `lr` is too large to converge.

    Source: Goodfellow, Bengio & Courville (2016), "Deep Learning", section 7.8
    """
    s, directions, moments = _eigen(x, y)
    lr, steps = _descent(s, lr, steps)
    decay = lr * s
    slowly = -torch.expm1(steps * torch.log1p(-decay.clamp(max=0.5)))
    reached = torch.where(decay > 0.5, 1 - (1 - decay) ** steps, slowly)
    along = min(lr * steps, torch.finfo(torch.float64).max)  # where the loss is flat
    shares = torch.where(s > 0, reached / torch.where(s > 0, s, 1.0), along)
    return directions @ (shares.reshape(-1, *(1,) * (moments.ndim - 1)) * moments)


def ridge(x: Tensor, y: Tensor, penalty: float | Tensor) -> Tensor:
    r"""Weights of a linear regression with an L2 penalty, the same for all directions or one for each.

    $$\min_w \tfrac12 \lVert y - Xw \rVert^2 + \tfrac12 w^\top Q w, \qquad w = (X^\top X + Q)^{-1} X^\top y$$

    Args:
        x: shape `(count, features)`.
        y: shape `(count,)` or `(count, outputs)`.
        penalty: a number, $Q = qI$; or a number for each eigenvector of $X^\top X$, in rising order of the
            eigenvalues, $Q = V \operatorname{diag}(q_i) V^\top$; or a symmetric matrix $Q$. No
            direction may have a penalty below 0.

    Returns:
        Shape `(features,)` or `(features, outputs)`, float64; the shortest solution where it is not unique.

    Raises:
        ValueError: if an argument breaks its rule.

    Source: Hoerl & Kennard (1970), "Ridge regression"
    """
    s, directions, moments = _eigen(x, y)
    q = check.numbers("penalty", penalty).to(s.device)
    if q.ndim == 2:
        return _ridge_by_matrix(x.double(), y.double(), q)
    if q.ndim > 0 and q.shape != s.shape:
        raise ValueError(f"penalty must be a number or {len(s)} numbers, got {tuple(q.shape)}")
    if not bool((q >= 0).all()):
        raise ValueError(f"penalty must be at least 0, got {float(q.min())}")
    total = s + q
    some = total >= torch.finfo(torch.float64).tiny  # 1 divided by less overflows
    shares = torch.where(some, 1 / torch.where(some, total, 1.0), 0.0)
    return directions @ (shares.reshape(-1, *(1,) * (moments.ndim - 1)) * moments)


def _ridge_by_matrix(x: Tensor, y: Tensor, q: Tensor) -> Tensor:
    """The solution for a penalty matrix, which need not have the eigenvectors of the data."""
    features = x.shape[1]
    if q.shape != (features, features):
        raise ValueError(f"penalty must be a {features} by {features} matrix, got {tuple(q.shape)}")
    if not bool(q.isfinite().all()):
        raise ValueError(
            f"penalty must be finite, got a matrix of {q.isfinite().logical_not().sum()} that are not"
        )
    if float((q - q.T).abs().max()) > 1e-10 * float(q.abs().max()):
        raise ValueError(f"penalty must be symmetric, got {check.shown(q.tolist())}")
    lowest = float(torch.linalg.eigvalsh(q)[0])
    if lowest < -1e-10 * float(q.abs().max()):
        raise ValueError(f"penalty must be at least 0 in each direction, got {lowest}")
    target = x.T @ y
    whole = x.T @ x + q
    size = whole.diagonal().sqrt()
    scaled = whole / size[:, None] / size  # columns of different units now weigh the same
    if bool((size > 0).all()) and int(torch.linalg.matrix_rank(scaled, hermitian=True)) == features:
        rows = target.reshape(features, -1) / size[:, None]
        solution: Tensor = torch.linalg.solve(scaled, rows) / size[:, None]
        return solution.reshape(target.shape)
    inverse: Tensor = torch.linalg.pinv(whole, hermitian=True)
    return inverse @ target


def early_stopping_as_ridge(x: Tensor, lr: float, steps: int) -> Tensor:
    r"""Penalty for each direction with which ridge regression gives exactly the weights of a stopped descent.

    $$q_i = \frac{s_i}{(1 - \varepsilon s_i)^{-k} - 1}$$

    The descent keeps the share $1 - (1 - \varepsilon s)^k$ of each direction's solution, ridge the share
    $s / (s + q)$; set them equal and solve for $q$. As $s \to 0$, $q \to 1 / (\varepsilon k)$, the penalty that
    is often given for all directions, and that is only approximate.

    Args:
        x: shape `(count, features)`.
        lr: $\varepsilon$; $\varepsilon s_i$ must stay below 1, so that the descent does not overshoot.
        steps: $k$.

    Returns:
        $q_i$, shape `(features,)`, in rising order of the eigenvalues; `ridge(x, y, q)` accepts them.

    Raises:
        ValueError: if an argument breaks its rule.

    Source: Ali, Kolter & Tibshirani (2018), arXiv:1810.10082, lemma 3, proved in the supplement

    Examples:
        ```python
        import torch

        from lego.regularization import early_stopping_as_ridge, gradient_descent, ridge

        x, y = torch.randn(50, 5).double(), torch.randn(50).double()
        penalties = early_stopping_as_ridge(x, lr=0.001, steps=100)
        print((gradient_descent(x, y, lr=0.001, steps=100) - ridge(x, y, penalties)).abs().max())
        ```
    """
    s, _, _ = _eigen(x, _matrix(x)[:, :1])
    lr, steps = _descent(s, lr, steps)
    decay = lr * s
    if bool((decay >= 1).any()):
        raise ValueError(f"lr must be below {1 / float(s[-1]):.3g}, one by the largest eigenvalue, got {lr}")
    growth = torch.expm1(-steps * torch.log1p(-decay))
    return torch.where(s > 0, s / torch.where(s > 0, growth, 1.0), 1 / (lr * steps))


def dropout_as_ridge(x: Tensor, p: float) -> Tensor:
    r"""Penalty matrix with which ridge regression exactly minimizes the mean loss under dropout of the inputs.

    $$\operatorname{E} \left\lVert y - \frac{D \odot X}{1 - p} w \right\rVert^2
    = \lVert y - Xw \rVert^2 + w^\top Q w, \qquad Q = \frac{p}{1 - p} \operatorname{diag}(X^\top X)$$

    Each number is dropped independently, so the mean prediction stays $Xw$, and its variance is added to the loss:
    $\sum_{ij} x_{ij}^2 w_j^2\, p / (1 - p)$. A feature is penalized by its own size: rescaling a column changes
    nothing, unlike with plain ridge.

    Args:
        x: shape `(count, features)`.
        p: probability of being dropped, below 1.

    Returns:
        $Q$, shape `(features, features)`, float64; `ridge(x, y, q)` accepts it.

    Raises:
        ValueError: if an argument breaks its rule.

    Source: Wager, Wang & Liang (2013), arXiv:1307.1493, section 2
    """
    p = check.real("p", p)
    if not 0 <= p < 1:
        raise ValueError(f"p must be at least 0 and below 1, got {p}")
    data = _matrix(x)
    return p / (1 - p) * torch.diag(data.square().sum(dim=0))


def noise_as_tikhonov(x: Tensor, std: float) -> float:
    r"""Penalty with which ridge regression exactly minimizes the mean loss under normal noise on the inputs.

    $$\operatorname{E} \lVert y - (X + N) w \rVert^2 = \lVert y - Xw \rVert^2 + n \sigma^2 \lVert w \rVert^2$$

    The noise has mean 0, so the mixed term vanishes, and $\operatorname{E} N^\top N = n \sigma^2 I$ remains.

    Args:
        x: shape `(count, features)`; only the count $n$ matters.
        std: $\sigma$ of the noise.

    Returns:
        $n \sigma^2$; `ridge(x, y, q)` accepts it.

    Raises:
        ValueError: if an argument breaks its rule.

    Source: Bishop (1995), "Training with noise is equivalent to Tikhonov regularization"
    """
    std = _factor("std", std)
    return len(_matrix(x)) * std * std


def l2_as_gaussian_prior(noise_std: float, prior_std: float) -> float:
    r"""Ridge penalty whose solution is the most probable weights under a normal prior.

    $$q = \frac{\sigma^2}{\tau^2}$$

    With $y = Xw + \varepsilon$, $\varepsilon \sim \mathcal{N}(0, \sigma^2)$ and $w \sim \mathcal{N}(0, \tau^2)$, minus
    the logarithm of the posterior is $\lVert y - Xw \rVert^2 / 2\sigma^2 + \lVert w \rVert^2 / 2\tau^2$ plus a
    constant.

    Args:
        noise_std: $\sigma$.
        prior_std: $\tau$.

    Raises:
        ValueError: if a standard deviation is not positive.

    Source: Goodfellow, Bengio & Courville (2016), "Deep Learning", section 5.6.1
    """
    ratio = _positive("noise_std", noise_std) / _positive("prior_std", prior_std)
    return ratio * ratio


def l1_as_laplace_prior(noise_std: float, prior_scale: float) -> float:
    r"""Factor of an L1 penalty whose solution is the most probable weights under a Laplace prior.

    $$\alpha = \frac{\sigma^2}{b}$$

    As with the normal prior, except that the logarithm of $e^{-\lvert w \rvert / b}$ is $-\lvert w \rvert / b$; the
    loss is $\tfrac12 \lVert y - Xw \rVert^2 + \alpha \lVert w \rVert_1$.

    Args:
        noise_std: $\sigma$.
        prior_scale: $b$.

    Raises:
        ValueError: if an argument is not positive.

    Source: Tibshirani (1996), "Regression shrinkage and selection via the lasso", section 5
    """
    noise_std = _positive("noise_std", noise_std)
    return noise_std * (noise_std / _positive("prior_scale", prior_scale))


def _weights(model: nn.Module, biases: bool, norms: bool) -> Iterator[Tensor]:
    """The parameters that count, each once."""
    seen: set[int] = set()
    for module in check.instance("model", model, nn.Module).modules():
        if isinstance(module, _ACTIVATIONS) or (isinstance(module, _NORMS) and not norms):
            continue
        for name, p in module.named_parameters(recurse=False):
            if "bias" in name.split("_") and not biases and not isinstance(module, _NORMS):
                continue
            if id(p) not in seen:
                seen.add(id(p))
                yield p
    if not seen:
        raise ValueError(f"model must have a parameter that counts, got {type(model).__name__} without one")


def _matrix(x: Tensor) -> Tensor:
    if check.tensor("x", x).ndim != 2 or x.numel() == 0:
        raise ValueError(f"x must have the shape (count, features), got {tuple(x.shape)}")
    data = x.double()
    if not bool((data.abs() < 1e150).all()):  # beyond, squares overflow; NaN is wrong too
        raise ValueError("x must be finite and within ±1e150, got NaN, infinity or more")
    return data


def _eigen(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Eigenvalues of the Gram matrix in rising order, its eigenvectors, and the moments with y along them."""
    data = _matrix(x)
    if check.tensor("y", y).ndim not in (1, 2) or len(y) != len(x):
        raise ValueError(f"y must have {len(x)} rows like x, got the shape {tuple(y.shape)}")
    if not bool(y.isfinite().all()):
        raise ValueError("y must be finite, got NaN or infinity")
    triangle = torch.linalg.qr(data, mode="r").R  # has the same Gram matrix, and few rows
    triangle = F.pad(triangle, (0, 0, 0, data.shape[1] - len(triangle)))
    _, sizes, rows = torch.linalg.svd(triangle)
    sizes = torch.where(sizes > sizes[0] * max(data.shape) * torch.finfo(torch.float64).eps, sizes, 0.0)
    sizes, rows = sizes.flip(0), rows.flip(0)
    moments = rows @ (data.T @ y.double())
    moments[sizes == 0] = 0.0  # the data hold nothing there but rounding
    return sizes.square(), rows.T, moments


def _descent(s: Tensor, lr: float, steps: int) -> tuple[float, int]:
    """The rate and the number of steps, if a descent with them converges."""
    lr, steps = check.real("lr", lr), check.whole("steps", steps)
    if not lr > 0:
        raise ValueError(f"lr must be above 0, got {lr}")
    if steps < 1:
        raise ValueError(f"steps must be at least 1, got {steps}")
    if lr * float(s[-1]) >= 2:
        raise ValueError(f"lr must be below {2 / float(s[-1]):.3g} to converge, got {lr}")
    return lr, steps


def _amount(name: str, amount: float | Tensor) -> float | Tensor:
    """The number, or the tensor of numbers, if none is below zero."""
    found = check.tensor(name, amount) if isinstance(amount, Tensor) else check.real(name, amount)
    if not bool((torch.as_tensor(found) >= 0).all()):
        raise ValueError(f"{name} must be at least 0, got {amount}")
    return found


def _factor(name: str, factor: float) -> float:
    if not 0 <= (found := check.real(name, factor)) < math.inf:
        raise ValueError(f"{name} must be finite and at least 0, got {factor}")
    return found


def _wide(x: Tensor) -> Tensor:
    """The tensor in a dtype in which a sum of many numbers neither overflows nor loses small ones."""
    return x.to(torch.promote_types(x.dtype, torch.float32))


def _positive(name: str, amount: float) -> float:
    if not (found := check.real(name, amount)) > 0:
        raise ValueError(f"{name} must be above 0, got {amount}")
    return found
