"""Checks of arguments: a clear error for a value of the wrong kind, before deeper code stumbles over it.

Each returns the value. `argument` is the name of the caller's argument, for the error.
"""

import math
import operator
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np
import torch
from torch import Generator, Tensor
from torch.overrides import is_tensor_like

from lego._layers import exact

Kind = TypeVar("Kind")


def real(argument: str, value: Any) -> float:
    """The value as a Python float; NaN and infinity count as numbers.

    Raises:
        TypeError: if it is not a single real number.
        ValueError: if no float can hold it.
    """
    try:
        dtype, learned = str(getattr(value, "dtype", "")), getattr(value, "requires_grad", False)
        if isinstance(value, str | bytes | bytearray) or "complex" in dtype or learned:
            raise TypeError  # float() would parse a string, and drop an imaginary part or a gradient
        return float(value)
    except OverflowError:
        raise ValueError(f"{argument} must be within the range of floats, got {shown(value)}") from None
    except (TypeError, ValueError, RuntimeError):  # RuntimeError: a tensor of several numbers
        raise TypeError(f"{argument} must be a number, got {shown(value)}") from None


def whole(argument: str, value: Any, end: int = 2**63) -> int:
    """The value as a Python integer that fits in 64 bits.

    Raises:
        TypeError: if it is not a single whole number.
        ValueError: if it is below -2**63, or not below `end`.
    """
    try:
        if isinstance(value, bool) or getattr(value, "dtype", None) == torch.bool:
            raise TypeError
        number = int(operator.index(value))
    except (TypeError, ValueError, RuntimeError):
        raise TypeError(f"{argument} must be a whole number, got {shown(value)}") from None
    if not -(2**63) <= number < end:
        raise ValueError(f"{argument} must fit in 64 bits, got {shown(value)}")
    return number


def instance(argument: str, value: Any, kind: type[Kind]) -> Kind:
    """The value, if it is of the required kind.

    Raises:
        TypeError: if it is not.
    """
    if not isinstance(value, kind):
        raise TypeError(
            f"{argument} must be a {kind.__module__.partition('.')[0]} {kind.__name__}, got {shown(value)}"
        )
    return value


def tensor(argument: str, value: Any) -> Tensor:
    """The value, if it is a tensor of real numbers.

    Raises:
        TypeError: if it is not.
    """
    if not isinstance(value, Tensor):
        raise TypeError(f"{argument} must be a tensor, got {shown(value)}")
    if value.is_complex() or value.dtype == torch.bool:
        raise TypeError(f"{argument} must hold real numbers, got {value.dtype}")
    return value


def floating(argument: str, value: Any) -> Tensor:
    """The value, if it is a floating-point tensor, or what stands in for one while a model is traced.

    Raises:
        TypeError: if it is not.
    """
    if isinstance(value, Tensor):
        if value.is_floating_point():
            return value
    elif is_tensor_like(value):  # type: ignore[no-untyped-call]
        return cast(Tensor, value)
    raise TypeError(f"{argument} must be a floating tensor, got {getattr(value, 'dtype', shown(value))}")


def numbers(argument: str, value: Any) -> Tensor:
    """A number, or several of them, as a float64 tensor.

    Raises:
        TypeError: if it holds anything else.
    """
    try:
        if value.is_complex() if isinstance(value, Tensor) else np.iscomplexobj(value):
            raise TypeError
        return exact(value) if isinstance(value, Tensor) else torch.as_tensor(value, dtype=torch.float64)
    except (TypeError, ValueError, RuntimeError, OverflowError):
        raise TypeError(f"{argument} must hold numbers, got {shown(value)}") from None


def fitting(argument: str, value: Any, dtype: torch.dtype) -> float:
    """The value as a Python float that the dtype can hold.

    Raises:
        TypeError: if it is not a single real number.
        ValueError: if it is finite, but infinite in the dtype.
    """
    number = real(argument, value)
    if math.isfinite(number) and abs(number) > torch.finfo(dtype).max:
        raise ValueError(f"{argument} must be finite in {dtype}, got {shown(value)}")
    return number


def broadcast(**tensors: Tensor) -> None:
    """Raises a ValueError if the shapes of two tensors do not broadcast."""
    one, other = tensors.values()
    if isinstance(one, Tensor) and one.shape != other.shape:
        try:
            torch.broadcast_shapes(one.shape, other.shape)  # type: ignore[no-untyped-call]
        except RuntimeError:
            shapes = f"{tuple(one.shape)} and {tuple(other.shape)}"
            raise ValueError(
                f"{' and '.join(tensors)} must have shapes that broadcast, got {shapes}"
            ) from None


def several(argument: str, value: Any) -> list[Any]:
    """The value as a list.

    Raises:
        TypeError: if it cannot be one.
    """
    try:
        return list(value)
    except TypeError:
        raise TypeError(f"{argument} must hold several values, got {shown(value)}") from None


def mapping(argument: str, value: Any) -> Mapping[Any, Any]:
    """The value, if it holds values by name.

    Raises:
        TypeError: if it does not.
    """
    if not isinstance(value, Mapping):
        raise TypeError(f"{argument} must hold values by name, got {shown(value)}")
    return value


def function(argument: str, value: Any) -> Callable[..., Any]:
    """The value, if it can be called.

    Raises:
        TypeError: if it cannot.
    """
    if not callable(value):
        raise TypeError(f"{argument} must be a function, got {shown(value)}")
    return cast(Callable[..., Any], value)


def path(argument: str, value: Any) -> Path:
    """The value as a path.

    Raises:
        TypeError: if it is not one.
    """
    if not isinstance(value, str | os.PathLike):
        raise TypeError(f"{argument} must be a path, got {shown(value)}")
    return Path(value)


def generator(value: Any) -> Generator | None:
    """The value, if it is a source of randomness or `None`.

    Raises:
        TypeError: if it is something else.
    """
    return None if value is None else instance("generator", value, Generator)


def shown(value: Any) -> str:
    """The value in one short line."""
    text = " ".join(repr(value).split())
    return text if len(text) <= 80 else f"{text[:77]}..."
