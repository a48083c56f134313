r"""Datasets: small, seeded, as tensors, each in three parts.

Every function returns a `Dataset`. Its inputs are float32 and raw, so that you can preprocess them with
`lego.preprocessing`; its targets are int64 classes, or float32 numbers of shape `(count, 1)`, like those that a
model's last layer returns. Nothing is downloaded. `DATASETS` maps each name to its function, in teaching order.

- `split` holds the shares of training, validation and test data; `split=(1, 0, 0)` puts all examples into `train`.
- `generator` decides what is drawn. Without it, computed points come from PyTorch's global generator and differ from
  call to call; real data and MNIST-1D are the same every time, in the same three parts.
- Real data of several classes are split so that each part has its share of each class.
"""

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Generator, Tensor

from lego import _checks as check

__all__ = [
    "DATASETS",
    "Dataset",
    "Part",
    "breast_cancer",
    "diabetes",
    "digits",
    "mnist1d",
    "moons",
    "rings",
    "spirals",
    "wine",
]

Split = tuple[float, float, float]
_LARGEST = 1e30  # sums and products with it are still finite in float32


class Part(NamedTuple):
    """Inputs and targets of the same examples: `x, y = part`."""

    inputs: Tensor
    targets: Tensor


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Data in three parts, with what you must know about them.

    Attributes:
        train: what a model learns from, and what preprocessing is fitted to.
        validation: what choices are based on, such as when to stop.
        test: what the result is measured on, once.
        name: its name in `DATASETS`.
        description: what an example is.
        source: who made it, and where it is published.
        license: the terms of its use.
        classes: the name of each class, in the order of the targets; `None` for regression.
        features: the name of each column of the inputs; `None` if they have no names.

    Examples:
        ```python
        from lego.datasets import wine

        data = wine()
        print(data)
        x, y = data.train
        print(x.shape, data.features[0], [data.classes[label] for label in y[:3]])
        ```
    """

    train: Part
    validation: Part
    test: Part
    name: str
    description: str
    source: str
    license: str
    classes: tuple[str, ...] | None = None
    features: tuple[str, ...] | None = None

    @property
    def all(self) -> Part:
        """The three parts as one."""
        parts = (self.train, self.validation, self.test)
        return Part(torch.cat([part.inputs for part in parts]), torch.cat([part.targets for part in parts]))

    def __repr__(self) -> str:
        return f"<{self.name}: {self._counts()}>"

    def __str__(self) -> str:
        kind = "regression" if self.classes is None else f"{len(self.classes)} classes"
        return (
            f"{self.name}: {self.description}\n"
            f"{self._counts()}, each of shape {tuple(self.train.inputs.shape[1:])}; {kind}\n"
            f"source: {self.source}\n"
            f"license: {self.license}"
        )

    def _counts(self) -> str:
        counts = (len(part.targets) for part in (self.train, self.validation, self.test))
        return "{:,} training, {:,} validation, {:,} test examples".format(*counts)


def spirals(
    classes: int = 3,
    count: int = 300,
    noise: float = 0.1,
    *,
    turns: float = 1.0,
    split: Split = (0.6, 0.2, 0.2),
    generator: Generator | None = None,
) -> Dataset:
    r"""Arms of a spiral around one center, one arm per class: no straight line separates them.

    $$x = \sqrt{6}\, r\, (\cos\varphi, \sin\varphi), \quad
    \varphi = 2\pi \left(\tfrac{k}{\text{classes}} + \text{turns}\, r\right) + \text{noise}\, \varepsilon$$

    Here $k$ is the class, $r$ runs evenly up to 1 along an arm, and $\varepsilon \sim \mathcal{N}(0, 1)$.
    The factor gives each coordinate a variance near 1. The points come in random order: any slice is a fair
    sample.

    Args:
        classes: how many arms.
        count: how many points in all; the arms differ by at most one point.
        noise: standard deviation of the angle, in radians.
        turns: how many times an arm winds around the center.
        split: shares of training, validation and test data.
        generator: source of randomness; PyTorch's global one if omitted.

    Returns:
        Points of shape `(count, 2)` and their classes.

    Raises:
        ValueError: if `classes` is below 1, `count` below `classes`, `noise` negative, `noise` or `turns` not finite,
            or `split` not three shares.

    Examples:
        ```python
        import torch

        from lego.datasets import spirals

        generator = torch.Generator().manual_seed(0)
        x, y = spirals(count=150, split=(1, 0, 0), generator=generator).train
        print(x.shape, y.bincount())
        ```

    Source: Karpathy (2015), cs231n.github.io/neural-networks-case-study
    """
    if (classes := check.whole("classes", classes)) < 1:
        raise ValueError(f"classes must be at least 1, got {classes}")
    if (count := check.whole("count", count)) < classes:
        raise ValueError(f"count must be at least the {classes} classes, got {count}")
    turns = check.real("turns", turns)
    if not math.isfinite(turns):
        raise ValueError(f"turns must be finite, got {turns}")
    if abs(turns) > _LARGEST:
        raise ValueError(f"turns must be at most {_LARGEST:g} in size, got {turns}")
    noise = _check_noise(noise)
    ends = _ends(split, count)
    index = _order(count, generator)
    label = index % classes
    radius = (index // classes + 1).float() / math.ceil(count / classes)  # no two arms share the center
    jitter = noise * _normal((count,), generator)
    angle = 2 * math.pi * (label.float() / classes + turns * radius) + jitter
    points = math.sqrt(6) * torch.stack([radius * angle.cos(), radius * angle.sin()], dim=1)
    return Dataset(
        *_parts(points, label, ends),
        name="spirals",
        description="points on the interleaved arms of a spiral",
        source="computed here, after Karpathy (2015), cs231n.github.io/neural-networks-case-study",
        license="none needed: computed",
        classes=tuple(f"arm {arm}" for arm in range(classes)),
        features=("x", "y"),
    )


def moons(
    count: int = 300,
    noise: float = 0.1,
    *,
    split: Split = (0.6, 0.2, 0.2),
    generator: Generator | None = None,
) -> Dataset:
    r"""Two half circles that reach into each other.

    $$(\cos\varphi, \sin\varphi) \quad\text{and}\quad (1 - \cos\varphi, \tfrac12 - \sin\varphi), \quad
    0 \le \varphi \le \pi$$

    The points are evenly spaced along each moon, up to the noise, and come in random order, like those of
    scikit-learn's `make_moons`.

    Args:
        count: how many points in all.
        noise: standard deviation of the noise added to each coordinate.
        split: shares of training, validation and test data.
        generator: source of randomness; PyTorch's global one if omitted.

    Returns:
        Points of shape `(count, 2)` and their classes.

    Raises:
        ValueError: if `count` is below 2, `noise` negative or not finite, or `split` not three shares.

    Source: Pedregosa et al. (2011), "Scikit-learn: Machine learning in Python"
    """
    count, noise, ends = _check_two(count, noise, split)
    halves = (count // 2, count - count // 2)
    upper, lower = (torch.linspace(0, math.pi, points, dtype=torch.float) for points in halves)
    curves = torch.cat([_circle(upper), torch.tensor([1.0, 0.5], dtype=torch.float) - _circle(lower)])
    return Dataset(
        *_parts(*_scatter(curves, noise, generator), ends),
        name="moons",
        description="points on two half circles that reach into each other",
        source="computed here, after scikit-learn's make_moons",
        license="none needed: computed",
        classes=("upper", "lower"),
        features=("x", "y"),
    )


def rings(
    count: int = 300,
    noise: float = 0.1,
    *,
    inner: float = 0.5,
    split: Split = (0.6, 0.2, 0.2),
    generator: Generator | None = None,
) -> Dataset:
    r"""A ring within a ring: the radius separates them, no straight line does.

    $$(\cos\varphi, \sin\varphi) \quad\text{and}\quad \text{inner} \cdot (\cos\varphi, \sin\varphi), \quad
    0 \le \varphi < 2\pi$$

    The points are evenly spaced along each ring, up to the noise, and come in random order, like those of
    scikit-learn's `make_circles`.

    Args:
        count: how many points in all.
        noise: standard deviation of the noise added to each coordinate.
        inner: radius of the inner ring, as a share of the outer one's.
        split: shares of training, validation and test data.
        generator: source of randomness; PyTorch's global one if omitted.

    Returns:
        Points of shape `(count, 2)` and their classes.

    Raises:
        ValueError: if `count` is below 2, `noise` negative or not finite, `inner` not between 0 and 1, or `split` not
            three shares.

    Source: Pedregosa et al. (2011), "Scikit-learn: Machine learning in Python"
    """
    inner = check.real("inner", inner)
    if not 0 <= inner < 1:
        raise ValueError(f"inner must be at least 0 and below 1, got {inner}")
    count, noise, ends = _check_two(count, noise, split)
    halves = (count // 2, count - count // 2)
    turns = [torch.linspace(0, 2 * math.pi, points + 1, dtype=torch.float)[:-1] for points in halves]
    curves = torch.cat([_circle(turns[0]), inner * _circle(turns[1])])
    return Dataset(
        *_parts(*_scatter(curves, noise, generator), ends),
        name="rings",
        description="points on two rings around one center",
        source="computed here, after scikit-learn's make_circles",
        license="none needed: computed",
        classes=("outer", "inner"),
        features=("x", "y"),
    )


def mnist1d(
    count: int = 5000,
    *,
    split: Split = (0.64, 0.16, 0.2),
    generator: Generator | None = None,
) -> Dataset:
    """Signals of 40 numbers that stand for ten digits: MNIST at the price of a toy.

    Each is the pattern of a digit, 12 numbers, after padding, stretching, scaling, shifting, noise and shearing. The
    package `mnist1d` draws them anew with the paper's settings, without any download, in a few seconds for 5,000. It
    brings the mean of all their numbers to 0 and the standard deviation to 1. By default the last 1,000 are the test
    data, as in the paper, and a fifth of the other 4,000 are the validation data.

    The global random states of NumPy and Python are left as they were.

    Args:
        count: how many signals, the same number of each digit: a multiple of 10.
        split: shares of training, validation and test data.
        generator: source of the package's seed; the paper's seed 42 if omitted.

    Returns:
        Signals of shape `(count, 40)` and their digits. A convolution needs `x[:, None]`.

    Raises:
        ImportError: if the package is missing.
        ValueError: if `count` is not a multiple of 10, or `split` not three shares.

    Examples:
        ```python
        from lego.datasets import mnist1d

        data = mnist1d(200)
        print(repr(data), data.train.inputs.shape)
        ```

    Source: Greydanus & Kobak (2020), arXiv:2011.14439
    """
    if (count := check.whole("count", count)) < 10 or count % 10:
        raise ValueError(f"count must be a multiple of 10, got {count}")
    ends = _ends(split, count)
    try:
        from mnist1d.data import get_dataset_args, make_dataset
    except ImportError as error:
        raise ImportError(
            "mnist1d needs the package mnist1d: pip install '.[data]' in a clone of this project"
        ) from error
    arguments = get_dataset_args()
    arguments.num_samples = count
    if (generator := check.generator(generator)) is not None:
        arguments.seed = int(torch.randint(2**32, (), generator=generator, device=generator.device))
    states = random.getstate(), np.random.get_state()
    try:
        drawn = make_dataset(arguments)
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
    inputs = torch.tensor(np.concatenate([drawn["x"], drawn["x_test"]]), dtype=torch.float)
    targets = torch.tensor(np.concatenate([drawn["y"], drawn["y_test"]]), dtype=torch.int64)
    return Dataset(
        *_parts(inputs, targets, ends),
        name="mnist1d",
        description="signals of 40 numbers, each a distorted pattern that stands for a digit",
        source="Greydanus & Kobak (2020), arXiv:2011.14439; drawn anew by their package",
        license="Apache-2.0",
        classes=tuple(map(str, range(10))),
    )


def digits(*, split: Split = (0.6, 0.2, 0.2), generator: Generator | None = None) -> Dataset:
    r"""Handwritten digits: 1,797 images of 8 × 8 pixels, each a number from 0 to 16.

    Three pixels are zero in all images. Thirteen people wrote the digits; the split does not separate the writers.

    Args:
        split: shares of training, validation and test data.
        generator: source of the random order; seed 0 if omitted.

    Returns:
        Images of shape `(count, 64)`, row by row, and their digits. A convolution needs `x.view(-1, 1, 8, 8)`.

    Raises:
        ImportError: if scikit-learn is missing.
        ValueError: if `split` is not three shares.

    Examples:
        ```python
        from lego.datasets import digits

        x, y = digits().train
        print(y[0], x[0].view(8, 8), sep="\n")
        ```

    Source: Alpaydin & Kaynak (1998), doi:10.24432/C50P49
    """
    return _real(
        _sklearn("digits").load_digits(),
        split,
        generator,
        name="digits",
        description="images of 8 × 8 pixels of handwritten digits, each pixel from 0 to 16",
        source="Alpaydin & Kaynak (1998), doi:10.24432/C50P49; its test set, as in scikit-learn",
        license="CC-BY-4.0",
    )


def wine(*, split: Split = (0.6, 0.2, 0.2), generator: Generator | None = None) -> Dataset:
    """Chemical analyses of 178 wines from three growers: 13 measurements on scales from tenths to thousands.

    Args:
        split: shares of training, validation and test data.
        generator: source of the random order; seed 0 if omitted.

    Returns:
        Measurements of shape `(count, 13)` and the growers.

    Raises:
        ImportError: if scikit-learn is missing.
        ValueError: if `split` is not three shares.

    Source: Aeberhard & Forina (1992), doi:10.24432/C5PC7J
    """
    return _real(
        _sklearn("wine").load_wine(),
        split,
        generator,
        name="wine",
        description="chemical analyses of wines from three growers of one region",
        source="Aeberhard & Forina (1992), doi:10.24432/C5PC7J; as in scikit-learn",
        license="CC-BY-4.0",
    )


def breast_cancer(*, split: Split = (0.6, 0.2, 0.2), generator: Generator | None = None) -> Dataset:
    """Tumors of 569 patients, malignant or benign: 30 measurements of cell nuclei under a microscope.

    Args:
        split: shares of training, validation and test data.
        generator: source of the random order; seed 0 if omitted.

    Returns:
        Measurements of shape `(count, 30)` and the diagnoses, 0 for malignant.

    Raises:
        ImportError: if scikit-learn is missing.
        ValueError: if `split` is not three shares.

    Source: Wolberg, Street & Mangasarian (1993), doi:10.24432/C5DW2B
    """
    return _real(
        _sklearn("breast_cancer").load_breast_cancer(),
        split,
        generator,
        name="breast_cancer",
        description="measurements of cell nuclei in images of breast tumors",
        source="Wolberg, Street & Mangasarian (1993), doi:10.24432/C5DW2B; as in scikit-learn",
        license="CC-BY-4.0",
    )


def diabetes(*, split: Split = (0.6, 0.2, 0.2), generator: Generator | None = None) -> Dataset:
    """Regression: how far the diabetes of 442 patients progressed within a year, a number from 25 to 346.

    The columns are age in years, sex (1 or 2), body mass index, mean blood pressure, and six blood values.

    Args:
        split: shares of training, validation and test data.
        generator: source of the random order; seed 0 if omitted.

    Returns:
        Measurements of shape `(count, 10)`, unscaled, and the progression, shape `(count, 1)`, float32.

    Raises:
        ImportError: if scikit-learn is missing.
        ValueError: if `split` is not three shares.

    Source: Efron, Hastie, Johnstone & Tibshirani (2004), doi:10.1214/009053604000000067
    """
    return _real(
        _sklearn("diabetes").load_diabetes(scaled=False),
        split,
        generator,
        name="diabetes",
        description="measurements of patients, and how far their diabetes progressed within a year",
        source="Efron, Hastie, Johnstone & Tibshirani (2004), doi:10.1214/009053604000000067; as in scikit-learn",
        license="none stated by its authors; scikit-learn passes it on",
    )


DATASETS: dict[str, Callable[..., Dataset]] = {
    "spirals": spirals,
    "moons": moons,
    "rings": rings,
    "mnist1d": mnist1d,
    "digits": digits,
    "wine": wine,
    "breast_cancer": breast_cancer,
    "diabetes": diabetes,
}
"""The function that makes each dataset, by name, in teaching order."""


def _check_noise(noise: float) -> float:
    if not 0 <= (found := check.real("noise", noise)) < math.inf:
        raise ValueError(f"noise must be finite and at least 0, got {noise}")
    if found > _LARGEST:
        raise ValueError(f"noise must be at most {_LARGEST:g}, got {noise}")
    return found


def _check_two(count: int, noise: float, split: Split) -> tuple[int, float, tuple[int, int]]:
    if (count := check.whole("count", count)) < 2:
        raise ValueError(f"count must be at least the 2 classes, got {count}")
    return count, _check_noise(noise), _ends(split, count)


def _ends(split: Split, count: int) -> tuple[int, int]:
    """Where the training and the validation data end."""
    shares = [check.real("split", share) for share in check.several("split", split)]
    if len(shares) != 3 or not all(share >= 0 for share in shares) or abs(sum(shares) - 1) > 1e-6:
        raise ValueError(f"split must be three shares of at least 0 that sum to 1, got {split}")
    first, second = (int(count * share + 0.5) for share in (shares[0], shares[0] + shares[1]))
    sizes = (first, second - first, count - second)
    if any(share > 0 and size == 0 for share, size in zip(shares, sizes, strict=True)):
        raise ValueError(f"split must give each share above 0 an example, got {split} of {count}")
    return first, second


def _parts(inputs: Tensor, targets: Tensor, ends: tuple[int, int]) -> tuple[Part, Part, Part]:
    train, validation, test = zip(inputs.tensor_split(ends), targets.tensor_split(ends), strict=True)
    return Part(*train), Part(*validation), Part(*test)


def _circle(angle: Tensor) -> Tensor:
    return torch.stack([angle.cos(), angle.sin()], dim=1)


def _default_device() -> torch.device:
    """Where new tensors go, inside `with torch.device` too, in any version of PyTorch."""
    return torch.empty(0).device


def _order(count: int, generator: Generator | None) -> Tensor:
    """The numbers below `count` in random order, on the default device, whichever device draws them."""
    device = None if (generator := check.generator(generator)) is None else generator.device
    return torch.randperm(count, generator=generator, device=device).to(_default_device())


def _normal(shape: Sequence[int], generator: Generator | None) -> Tensor:
    """Normal numbers in float32, on the default device, whichever device draws them."""
    device = None if generator is None else generator.device
    drawn = torch.randn(shape, generator=generator, dtype=torch.float, device=device)
    return drawn.to(_default_device())


def _scatter(curves: Tensor, noise: float, generator: Generator | None) -> tuple[Tensor, Tensor]:
    """Points of two curves, the second at most one point longer, with noise and in random order, and their classes."""
    order = _order(len(curves), generator)
    points = curves[order] + noise * _normal(curves.shape, generator)
    return points, (order >= len(curves) // 2).long()


def _sklearn(name: str) -> Any:
    try:
        from sklearn import datasets
    except ImportError as error:
        raise ImportError(
            f"{name} needs scikit-learn: pip install '.[data]' in a clone of this project"
        ) from error
    return datasets


def _real(bunch: Any, split: Split, generator: Generator | None, **facts: Any) -> Dataset:
    """One of scikit-learn's datasets, in random order."""
    device = _default_device()
    with torch.device("cpu"):  # some devices have no float64
        inputs, targets = torch.tensor(bunch.data, dtype=torch.float), torch.tensor(bunch.target)
        ends = _ends(split, len(inputs))
        order = _order(len(inputs), check.generator(generator) or Generator().manual_seed(0))
        classes = None
        if "target_names" in bunch:
            classes = tuple(map(str, bunch.target_names))
            targets = targets.long()  # NumPy's integers have 32 bits on some systems
            order = order[_stratified(targets[order], ends)]
        else:
            targets = targets.float()[:, None]
    parts = _parts(inputs[order].to(device), targets[order].to(device), ends)
    return Dataset(*parts, **facts, classes=classes, features=tuple(map(str, bunch.feature_names)))


def _stratified(targets: Tensor, ends: tuple[int, int]) -> Tensor:
    """Indices that give each part its share of each class, and leave the order within a part as it is."""
    place = torch.empty(len(targets), dtype=torch.double)
    for members in (targets == label for label in range(int(targets.max()) + 1)):
        total = int(members.sum())
        place[members] = (
            torch.arange(total, dtype=torch.double) + 0.5
        ) / total  # spreads each class evenly from 0 to 1
    return torch.cat([part.sort().values for part in place.argsort(stable=True).tensor_split(ends)])
