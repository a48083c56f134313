r"""Preprocessing: inputs centered, scaled and decorrelated, with statistics of the training data alone.

Each brick is a module that is fitted in its constructor and then applied to any data:
`standardize = Standardize(train)`, then `standardize(x)`, and `standardize.inverse(y)` to go back. Never fit to
validation or test data: the score would be that of a model that has seen them.

- Shapes: the first dimension of `train` counts the examples, the others are the features. What you transform
  has the same last dimensions, after any others: a batch, or one example.
- Dtypes: the result has the dtype of the input, or PyTorch's default dtype for integers.
- Precision: statistics are float64 buffers, and the arithmetic is float64 too. The buffers move with a model to its
  device, but stay float64 if it is converted to another dtype. A device without float64, such as Apple's `mps`, cannot
  hold them.
- A constant column becomes zero, or the lower end in `MinMax`, as in scikit-learn; `Whiten` raises an error unless it
  has an `epsilon`. A column that varies only by float64's rounding, as `0.1 + 0.2` and `0.3` do, counts as constant:
  divided by its spread, new values would be huge. In a single example, every column is constant.
- NaN and infinity raise a `ValueError` during fitting; later, NaN gives NaN.
- Loading: the `state_dict` holds everything that was fitted or chosen. To load it without the training data, first fit
  to zeros, as in `Standardize(torch.zeros(1, 13))`; `Whiten` then needs an `epsilon` above zero, which loading
  replaces.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from lego import _checks as check

__all__ = ["Center", "ImageStandardize", "MinMax", "Standardize", "Whiten", "condition_number"]

ROUNDING = torch.finfo(torch.double).eps  # 2**-52, relative to the number that is rounded


class _Fitted(nn.Module):
    """Module whose statistics stay float64, whatever a model is converted to: half precision would spoil them."""

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Any:
        def move(buffer: Tensor) -> Tensor:
            moved = fn(buffer)
            return moved if moved.dtype == buffer.dtype else buffer.to(moved.device)

        return super()._apply(move, recurse)  # type: ignore[no-untyped-call]


class Center(_Fitted):
    r"""Each feature minus its mean over the training data.

    $$y = x - \mu$$

    On images of shape `(count, channels, height, width)` this subtracts the mean image, pixel by pixel.

    Args:
        train: shape `(count, ...)`.

    Raises:
        TypeError: if `train` is not a tensor of real numbers.
        ValueError: if `train` is empty or has values that are not finite; when applied, if the features
            differ in shape.

    Source: LeCun et al. (1998), "Efficient BackProp", section 4.3; for images Krizhevsky, Sutskever & Hinton
    (2012), "ImageNet classification with deep convolutional neural networks", section 2
    """

    mean: Tensor

    def __init__(self, train: Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", _moments(train)[0])

    def forward(self, x: Tensor) -> Tensor:
        """The centered `x`."""
        return _as(x, _double(x, self.mean) - self.mean)

    def inverse(self, y: Tensor) -> Tensor:
        """The input from which `forward` made `y`."""
        return _as(y, _double(y, self.mean, "y") + self.mean)


class Standardize(_Fitted):
    r"""Each feature minus its mean, divided by its standard deviation over the training data: the z-score.

    $$y = \frac{x - \mu}{\sigma}, \quad \sigma^2 = \frac1n \sum_i (x_i - \mu)^2$$

    The sum is divided by $n$, as in scikit-learn's `StandardScaler`. As there, a column is constant and divided by 1
    if $\sigma \le n \, 2^{-52} \lvert\mu\rvert$, the error that rounding can leave in $\sigma$.

    Args:
        train: shape `(count, ...)`.

    Raises:
        TypeError: if `train` is not a tensor of real numbers.
        ValueError: if `train` is empty or has values that are not finite; when applied, if the features differ in
            shape.

    Examples:
        ```python
        import torch

        from lego.preprocessing import Standardize

        train = torch.tensor([[1.0, 1000.0], [3.0, 5000.0]])
        standardize = Standardize(train)
        print(standardize(torch.tensor([[2.0, 7000.0]])))  # 0 and 2 standard deviations
        print(standardize.inverse(standardize(train)))
        ```

    Source: LeCun et al. (1998), "Efficient BackProp", section 4.3
    """

    mean: Tensor
    std: Tensor

    def __init__(self, train: Tensor) -> None:
        super().__init__()
        mean, std = _moments(train)
        self.register_buffer("mean", mean)
        self.register_buffer("std", std)

    def forward(self, x: Tensor) -> Tensor:
        """The standardized `x`."""
        return _as(x, (_double(x, self.mean) - self.mean) / self.std)

    def inverse(self, y: Tensor) -> Tensor:
        """The input from which `forward` made `y`."""
        return _as(y, _double(y, self.mean, "y") * self.std + self.mean)


class MinMax(_Fitted):
    r"""Each feature stretched so that the training data run from `low` to `high`.

    $$y = \text{low} + (\text{high} - \text{low}) \frac{x - \min}{\max - \min}$$

    New data may lie outside. One outlier in the training data squeezes all the rest. A column is constant
    and divided by 1 if $\max - \min \le 10 \cdot 2^{-52} \max \lvert x \rvert$; scikit-learn's `MinMaxScaler` has a
    fixed limit instead, whatever the unit.

    Args:
        train: shape `(count, ...)`.
        low: where the smallest value goes, and every value of a constant column.
        high: where the largest value goes.

    Raises:
        TypeError: if `train` is not a tensor of real numbers.
        ValueError: if `low` and `high` are not finite or not in order, or `train` is empty or has values that are
            not finite; when applied, if the features differ in shape.

    Examples:
        ```python
        import torch

        from lego.preprocessing import MinMax

        scale = MinMax(torch.tensor([[0], [255]]), low=-1)
        print(scale(torch.tensor([[0], [51], [255]])))
        ```
    """

    minimum: Tensor
    span: Tensor
    low: Tensor
    high: Tensor

    def __init__(self, train: Tensor, low: float = 0.0, high: float = 1.0) -> None:
        super().__init__()
        first, last = check.real("low", low), check.real("high", high)
        if not -math.inf < first < last < math.inf:
            raise ValueError(f"low and high must be finite and low below high, got {low} and {high}")
        if last - first == math.inf:
            raise ValueError(f"low and high must have a finite distance, got {low} and {high}")
        minimum, maximum = _range(train)
        self.register_buffer("minimum", minimum)
        span, size = maximum - minimum, torch.maximum(minimum.abs(), maximum.abs())
        self.register_buffer("span", torch.where(span <= 10 * ROUNDING * size, 1.0, span))
        self.register_buffer("low", minimum.new_tensor(first))
        self.register_buffer("high", minimum.new_tensor(last))

    def forward(self, x: Tensor) -> Tensor:
        """The stretched `x`."""
        share = (_double(x, self.minimum) - self.minimum) / self.span
        return _as(x, self.low + (self.high - self.low) * share)

    def inverse(self, y: Tensor) -> Tensor:
        """The input from which `forward` made `y`."""
        share = (_double(y, self.minimum, "y") - self.low) / (self.high - self.low)
        return _as(y, self.minimum + self.span * share)


class ImageStandardize(_Fitted):
    r"""Each channel of an image minus its mean, divided by its standard deviation over all training images and pixels.

    $$y = \frac{x - \mu_c}{\sigma_c}$$

    The pixels of a channel stay comparable with each other, and a constant pixel does no harm. Height and width
    may differ from those of the training images. For statistics of each pixel use `Center` or `Standardize`.

    Args:
        train: shape `(count, channels, height, width)`.

    Raises:
        TypeError: if `train` is not a tensor of real numbers.
        ValueError: if `train` has a different shape, is empty or has values that are not finite; when applied, if
            the number of channels differs.

    Examples:
        ```python
        import torch

        from lego.preprocessing import ImageStandardize

        train = torch.randint(256, (100, 3, 8, 8), dtype=torch.uint8)
        standardize = ImageStandardize(train)
        print(standardize(train).std(dim=(0, 2, 3), correction=0))
        ```

    Source: Simonyan & Zisserman (2014), arXiv:1409.1556, section 2.1, for the mean
    """

    mean: Tensor
    std: Tensor

    def __init__(self, train: Tensor) -> None:
        super().__init__()
        _check(train)
        if train.ndim != 4:
            raise ValueError(
                f"train must have shape (count, channels, height, width), got {tuple(train.shape)}"
            )
        mean, std = _moments(train.movedim(1, -1).flatten(0, -2))
        self.register_buffer("mean", mean[:, None, None])
        self.register_buffer("std", std[:, None, None])

    def forward(self, x: Tensor) -> Tensor:
        """The standardized images `x`."""
        return _as(x, (self._images(x) - self.mean) / self.std)

    def inverse(self, y: Tensor) -> Tensor:
        """The input from which `forward` made `y`."""
        return _as(y, self._images(y, "y") * self.std + self.mean)

    def _images(self, x: Tensor, argument: str = "x") -> Tensor:
        channels = len(self.mean)
        if check.tensor(argument, x).ndim < 3 or x.shape[-3] != channels:
            raise ValueError(
                f"{argument} must have shape (..., {channels}, height, width), got {tuple(x.shape)}"
            )
        return x.double()


class Whiten(_Fitted):
    r"""Features made uncorrelated, each of variance one: the cloud of the training data becomes a ball.

    $$y = W (x - \mu), \quad W_{\text{PCA}} = (\Lambda + \varepsilon)^{-1/2}\, V^\top, \quad
    W_{\text{ZCA}} = V (\Lambda + \varepsilon)^{-1/2}\, V^\top$$

    Here $V \Lambda V^\top = \frac1n \sum_i (x_i - \mu)(x_i - \mu)^\top$ is the covariance of the training data.
    PCA rotates to the principal components, the largest variance first, each with its largest entry positive.
    ZCA rotates back afterwards, so that each output stays as close to its input as it can. The covariance is divided by
    $n$, like the variance in [Standardize][lego.preprocessing.Standardize]; scikit-learn's `PCA(whiten=True)` divides
    by $n - 1$, and its outputs are $\sqrt{(n - 1) / n}$ times ours.

    A direction in which the training data do not vary cannot be brought to variance one: it raises an error unless
    there is an `epsilon`. A direction in which they hardly vary is mostly noise, which whitening makes as large as the
    signal: an `epsilon` of the noise's variance prevents that.

    Args:
        train: shape `(count, features)`; flatten images.
        method: `"pca"` or `"zca"`.
        epsilon: added to each variance, in the same units.

    Raises:
        TypeError: if `train` is not a tensor of real numbers.
        ValueError: if `method` or `epsilon` is out of range, or `train` has a different shape, is empty, has values
            that are not finite, or varies in fewer directions than it has features while `epsilon` is zero; when
            applied, if the number of features differs.

    Examples:
        ```python
        import torch

        from lego.preprocessing import Whiten

        train = torch.randn(200, 2) @ torch.tensor([[3.0, 2.0], [0.0, 1.0]])
        whiten = Whiten(train, "zca")
        print(torch.cov(train.T), torch.cov(whiten(train).T, correction=0), sep="\n")
        ```

    Source: Bell & Sejnowski (1997), doi:10.1016/S0042-6989(97)00121-1, for ZCA; Kessy, Lewin & Strimmer (2018),
    doi:10.1080/00031305.2016.1277159, for both
    """

    mean: Tensor
    matrix: Tensor
    inverse_matrix: Tensor

    def __init__(self, train: Tensor, method: str = "pca", epsilon: float = 0.0) -> None:
        super().__init__()
        if not isinstance(method, str) or method not in ("pca", "zca"):
            raise ValueError(f'method must be "pca" or "zca", got {method!r}')
        if not 0 <= check.real("epsilon", epsilon) < math.inf:
            raise ValueError(f"epsilon must be finite and at least 0, got {epsilon}")
        _check(train)
        if train.ndim != 2:
            raise ValueError(f"train must have shape (count, features), got {tuple(train.shape)}")
        mean = _moments(train)[0]
        triangle = torch.linalg.qr(train.detach() - mean, mode="r").R  # loses no accuracy, and is small
        _, values, components = torch.linalg.svd(triangle)
        std = torch.zeros_like(mean)
        std[: len(values)] = values / math.sqrt(len(train))
        if epsilon == 0:
            _check_rank(train, std, components)
        largest = components.gather(1, components.abs().argmax(dim=1, keepdim=True))
        components = components * largest.sign()
        scale = std.hypot(std.new_tensor(math.sqrt(epsilon)))
        matrix, inverse = components / scale[:, None], components.T * scale
        if method == "zca":
            matrix, inverse = components.T @ matrix, inverse @ components
        self.register_buffer("mean", mean)
        self.register_buffer("matrix", matrix)
        self.register_buffer("inverse_matrix", inverse)

    def forward(self, x: Tensor) -> Tensor:
        """The whitened `x`."""
        return _as(x, (_double(x, self.mean) - self.mean) @ self.matrix.T)

    def inverse(self, y: Tensor) -> Tensor:
        """The input from which `forward` made `y`."""
        return _as(y, _double(y, self.mean, "y") @ self.inverse_matrix.T + self.mean)


def condition_number(x: Tensor) -> float:
    r"""How much more curved a least-squares loss on these inputs is across its valley than along it.

    $$\kappa = \frac{\lambda_{\max}}{\lambda_{\min}} \quad\text{of}\quad H = \frac1n \sum_i x_i x_i^\top$$

    $H$ is the Hessian of half the mean squared error of a linear model on the inputs. For one with a bias, append
    a column of ones. The number of steps that gradient descent needs grows in proportion to $\kappa$. The inputs are
    not centered first: a mean far from zero stretches the valley too.

    Args:
        x: shape `(count, features)`.

    Returns:
        A number from 1, a round bowl, to infinity, a valley with a flat floor.

    Raises:
        TypeError: if `x` is not a tensor of real numbers.
        ValueError: if `x` has a different shape, is empty or has values that are not finite.

    Examples:
        ```python
        import torch

        from lego.preprocessing import Standardize, condition_number

        x = torch.randn(500, 2) * torch.tensor([1.0, 30.0]) + 5
        print(condition_number(x), condition_number(Standardize(x)(x)))
        ```

    Source: LeCun, Kanter & Solla (1991), "Eigenvalues of covariance matrices: application to neural-network
    learning", doi:10.1103/PhysRevLett.66.2396
    """
    _range(x, "x")
    if x.ndim != 2:
        raise ValueError(f"x must have shape (count, features), got {tuple(x.shape)}")
    values = torch.linalg.svdvals(x.double()).tolist()
    flat = values[0] * ROUNDING * max(x.shape)  # anything smaller is rounding error
    return math.inf if len(values) < x.shape[1] or values[-1] <= flat else (values[0] / values[-1]) ** 2


def _check(train: Tensor, argument: str = "train") -> None:
    if not isinstance(train, Tensor):
        raise TypeError(f"{argument} must be a tensor, got {type(train).__name__}")
    if train.is_complex() or train.dtype == torch.bool:
        raise TypeError(f"{argument} must hold real numbers, got {train.dtype}")
    if train.ndim == 0 or train.numel() == 0:
        raise ValueError(
            f"{argument} must hold at least one example and one feature, got shape {tuple(train.shape)}"
        )


def _range(train: Tensor, argument: str = "train") -> tuple[Tensor, Tensor]:
    """Smallest and largest value of each feature, if all are in range."""
    _check(train, argument)
    low, high = train.detach().double().aminmax(dim=0)  # not all integer dtypes can be compared
    wrong = ~((low > -1e300) & (high < 1e300))  # beyond, differences of numbers overflow; NaN is wrong too
    if wrong.any():
        raise ValueError(
            f"{argument} must be finite and within ±1e300, got NaN, infinity or more in {_named(wrong)}"
        )
    return low, high


def _moments(train: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each feature, as float64; 1 where the deviation is no more than rounding."""
    low, high = _range(train)
    first = train[:1].detach().double()
    shifted = train.detach() - first  # a large offset cancels here, exactly
    size = torch.where(high == low, 1.0, high - low)
    shifted /= size  # squares neither overflow nor vanish
    mean = shifted.mean(dim=0)
    std = size * shifted.sub_(mean).square_().mean(dim=0).sqrt()
    mean = first[0] + size * mean
    return mean, torch.where(std <= len(train) * ROUNDING * mean.abs(), 1.0, std)


def _check_rank(train: Tensor, std: Tensor, components: Tensor) -> None:
    """Raises an error if the data vary along a component by no more than rounding, their own or the decomposition's."""
    low, high = _range(train)
    epsilon = torch.finfo(train.dtype).eps if train.is_floating_point() else ROUNDING
    rounding = epsilon * components.abs() @ torch.maximum(low.abs(), high.abs())
    rank = int((std > rounding.clamp(min=std[0] * len(std) * ROUNDING)).sum())
    if rank < len(std):
        constant = low == high
        hint = f", constant in {_named(constant)}" if constant.any() else ""
        raise ValueError(
            f"train must vary in all {len(std)} directions, or epsilon be above 0, "
            f"got {len(train)} examples that vary in {rank}{hint}"
        )


def _named(columns: Tensor) -> str:
    """How many columns a mask marks, and the first of them."""
    found = columns.reshape(columns.shape or (1,)).nonzero().tolist()
    places = [place[0] if len(place) == 1 else tuple(place) for place in found]
    more = ", …" if len(places) > 5 else ""
    return f"{len(places)} of {columns.numel()} columns ({', '.join(map(str, places[:5]))}{more})"


def _double(x: Tensor, statistic: Tensor, argument: str = "x") -> Tensor:
    features = statistic.shape
    if check.tensor(argument, x).shape[x.ndim - len(features) :] != features:
        shape = ", ".join(["...", *map(str, features)])
        raise ValueError(f"{argument} must have shape ({shape}) like the training data, got {tuple(x.shape)}")
    return x.double()


def _as(x: Tensor, result: Tensor) -> Tensor:
    return result.to(x.dtype if x.is_floating_point() else torch.get_default_dtype())
