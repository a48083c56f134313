r"""Preprocessing: fitted on the training data, applied anywhere.

Each is a module that takes its statistics from the training data when it is made. So they live in the model,
move with it to a device, and are saved with it: `nn.Sequential(Standardize(train), mlp(...))`. The constructor's
data alone decides; what is applied later changes nothing.

Statistics are computed and kept in float64, and results have the dtype of what they are applied to. Data has the
shape `(count, *features)`; statistics are for each feature. A feature that never changes is left in place: it
becomes 0 when centered, and `low` when brought to a range. NaN and infinity in the training data are refused.
"""

import torch
from torch import Tensor, nn

__all__ = ["Center", "ImageStandardize", "MinMax", "Standardize", "Whiten", "condition_number"]


class _Affine(nn.Module):
    """Subtracts a shift and divides by a scale, both for each feature."""

    shift: Tensor
    scale: Tensor

    def __init__(self, shift: Tensor, scale: Tensor, *, free: int = 0) -> None:
        super().__init__()
        self.free = free  # trailing dimensions of any size
        self.register_buffer("shift", shift)
        self.register_buffer("scale", torch.where(scale == 0, 1.0, scale))

    def forward(self, x: Tensor) -> Tensor:
        """The data, shape `(count, *features)`, transformed."""
        _check_features("x", x, self.shift, self.free)
        return ((x.double() - self.shift) / self.scale).to(_floating(x))

    def inverse(self, y: Tensor) -> Tensor:
        """What was transformed, in the units of the data again."""
        _check_features("y", y, self.shift, self.free)
        return (y.double() * self.scale + self.shift).to(_floating(y))


class Center(_Affine):
    r"""Subtracts the mean of each feature.

    $$y = x - \mu$$

    Args:
        train: training data, shape `(count, *features)`.

    Raises:
        ValueError: if `train` is empty or holds a number that is not finite.
    """

    def __init__(self, train: Tensor) -> None:
        mean = _checked(train).mean(dim=0)
        super().__init__(mean, torch.ones_like(mean))


class Standardize(_Affine):
    r"""Gives each feature mean 0 and variance 1.

    $$y = \frac{x - \mu}{\sigma}, \qquad \sigma^2 = \frac1n \sum_i (x_i - \mu)^2$$

    Args:
        train: training data, shape `(count, *features)`.

    Raises:
        ValueError: if `train` is empty or holds a number that is not finite.

    Examples:
        ```python
        import torch

        from lego.preprocessing import Standardize

        train, test = 5 + 2 * torch.randn(100, 3), 5 + 2 * torch.randn(10, 3)
        standardize = Standardize(train)
        print(standardize(test).mean(), standardize.inverse(standardize(test)).allclose(test))
        ```
    """

    def __init__(self, train: Tensor) -> None:
        data = _checked(train)
        super().__init__(data.mean(dim=0), _spread(data, [0]))


class MinMax(_Affine):
    r"""Brings each feature of the training data to a range.

    $$y = \text{low} + (\text{high} - \text{low}) \frac{x - x_{\min}}{x_{\max} - x_{\min}}$$

    Args:
        train: training data, shape `(count, *features)`.
        low: lower end of the range.
        high: upper end of the range.

    Raises:
        ValueError: if `train` is empty or holds a number that is not finite, or `low` is not below `high`.
    """

    def __init__(self, train: Tensor, low: float = 0.0, high: float = 1.0) -> None:
        if not low < high:
            raise ValueError(f"low must be below high, got {low} and {high}")
        data = _checked(train)
        least, most = data.amin(dim=0), data.amax(dim=0)
        scale = torch.where(most == least, 1.0, (most - least) / (high - low))
        super().__init__(least - low * scale, scale)


class ImageStandardize(_Affine):
    r"""Gives each channel of images mean 0 and variance 1, over all images and pixels.

    $$y_c = \frac{x_c - \mu_c}{\sigma_c}$$

    Args:
        train: training images, shape `(count, channels, height, width)`.

    Raises:
        ValueError: if `train` has another number of dimensions, is empty, or holds a number that is not finite.
    """

    def __init__(self, train: Tensor) -> None:
        if train.ndim != 4:
            shape = tuple(train.shape)
            raise ValueError(f"train must have the shape (count, channels, height, width), got {shape}")
        data = _checked(train)
        mean, spread = data.mean(dim=(0, 2, 3)), _spread(data, [0, 2, 3])
        super().__init__(mean[:, None, None], spread[:, None, None], free=2)


class Whiten(nn.Module):
    r"""Makes features uncorrelated, each with variance 1.

    $$y = W (x - \mu), \qquad
    W_{\mathrm{PCA}} = \Lambda^{-1/2} U^\top, \quad W_{\mathrm{ZCA}} = U \Lambda^{-1/2} U^\top$$

    $U \Lambda U^\top$ is the covariance matrix $\frac1n \sum_i (x_i - \mu)(x_i - \mu)^\top$. PCA orders the
    results by the variance that they had, largest first; ZCA stays as near to the data as whitening can.

    Args:
        train: training data, shape `(count, features)`.
        method: `"pca"` or `"zca"`.
        epsilon: is added to each variance in $\Lambda$; needed where a direction has none.

    Raises:
        ValueError: if an argument breaks its rule, or a direction has no variance and `epsilon` is 0.
    """

    shift: Tensor
    matrix: Tensor

    def __init__(self, train: Tensor, method: str = "pca", *, epsilon: float = 0.0) -> None:
        if method not in ("pca", "zca"):
            raise ValueError(f"method must be 'pca' or 'zca', got {method!r}")
        if not epsilon >= 0:
            raise ValueError(f"epsilon must be at least 0, got {epsilon}")
        if train.ndim != 2:
            raise ValueError(f"train must have the shape (count, features), got {tuple(train.shape)}")
        data = _checked(train)
        mean = data.mean(dim=0)
        centered = data - mean
        triangle = torch.linalg.qr(centered / len(data) ** 0.5, mode="r").R  # same second moment, few rows
        missing = data.shape[1] - len(triangle)
        _, spreads, rows = torch.linalg.svd(nn.functional.pad(triangle, (0, 0, 0, missing)))
        flat = spreads <= spreads[0] * data.shape[1] * torch.finfo(torch.float64).eps
        if epsilon == 0 and flat.any():
            raise ValueError(
                f"epsilon must be above 0 where a direction has no variance ({int(flat.sum())} of {len(flat)} "
                f"have none), got {epsilon}"
            )
        matrix = rows / (spreads.square() + epsilon).sqrt()[:, None]
        super().__init__()
        self.register_buffer("shift", mean)
        self.register_buffer("matrix", rows.T @ matrix if method == "zca" else matrix)

    def forward(self, x: Tensor) -> Tensor:
        """The data, shape `(count, features)`, whitened."""
        _check_features("x", x, self.shift)
        return ((x.double() - self.shift) @ self.matrix.T).to(_floating(x))

    def inverse(self, y: Tensor) -> Tensor:
        """What was whitened, in the units of the data again."""
        _check_features("y", y, self.shift)
        x: Tensor = torch.linalg.solve(self.matrix, y.double().T).T + self.shift
        return x.to(_floating(y))


def condition_number(x: Tensor) -> float:
    r"""Largest by smallest eigenvalue of the second moment: how long and narrow the valley of a linear loss is.

    $$\kappa\!\left(\frac1n \sum_i x_i x_i^\top\right)$$

    Args:
        x: shape `(count, features)`.

    Returns:
        At least 1; infinite if the features are linearly dependent.

    Raises:
        ValueError: if `x` has another number of dimensions, is empty, or holds a number that is not finite.
    """
    if x.ndim != 2:
        raise ValueError(f"x must have the shape (count, features), got {tuple(x.shape)}")
    sizes = torch.linalg.svdvals(_checked(x, "x"))
    if len(x) < x.shape[1] or sizes[-1] <= sizes[0] * max(x.shape) * torch.finfo(torch.float64).eps:
        return float("inf")
    return float((sizes[0] / sizes[-1]) ** 2)


def _checked(train: Tensor, name: str = "train") -> Tensor:
    if train.ndim == 0 or train.numel() == 0:
        raise ValueError(f"{name} must hold at least one example, got the shape {tuple(train.shape)}")
    data = train.detach().double()
    bad = ~data.isfinite()
    if bad.any():
        columns = bad.any(dim=0).sum().item() if data.ndim > 1 else 1
        raise ValueError(
            f"{name} must be finite, got {int(bad.sum())} NaN or infinite numbers in {columns} features"
        )
    return data


def _spread(data: Tensor, dims: list[int]) -> Tensor:
    """Standard deviation; exactly 0 where nothing varies, although the mean may be rounded."""
    varies = data.amax(dim=dims) > data.amin(dim=dims)
    return torch.where(varies, data.std(dim=dims, correction=0), 0.0)


def _check_features(name: str, x: Tensor, shift: Tensor, free: int = 0) -> None:
    features = tuple(shift.shape[: shift.ndim - free])
    if x.ndim != shift.ndim + 1 or tuple(x.shape[1 : 1 + len(features)]) != features:
        shape = ", ".join(map(str, ("count", *features, *("any",) * free)))
        raise ValueError(f"{name} must have the training data's shape ({shape}), got {tuple(x.shape)}")


def _floating(x: Tensor) -> torch.dtype:
    return x.dtype if x.is_floating_point() else torch.get_default_dtype()
