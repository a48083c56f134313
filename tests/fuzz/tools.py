"""What the fuzz tests draw, and what they ask of a call.

`LEGO_FUZZ_EXAMPLES` says how many examples a cheap test draws, anew each time; without it they are few, and the same.
"""

import copy
import math
import os
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, is_dataclass
from typing import Any

import numpy as np
import torch
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from torch import Generator, Tensor, nn

MANY = int(os.environ.get("LEGO_FUZZ_EXAMPLES", 0))
CHEAP = 20  # examples of a cheap test where nothing else is said
DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)


def examples(count=CHEAP):
    """Settings of a test that draws `count` examples, or its share of as many as were asked for."""
    return settings(
        max_examples=max(count, MANY * count // CHEAP),
        deadline=None,
        derandomize=not MANY,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


@dataclass(frozen=True)
class Brick:
    """How to fuzz one public object.

    Attributes:
        good: what draws good arguments by name.
        call: what is called with them; the object itself if omitted.
        keeps: the argument whose shape and dtype the result has.
        changes: arguments that are overwritten.
        finite: whether every number of the result is finite, and not merely none of them NaN.
        draws: whether PyTorch's global random state may move.
        handed: arguments that go to the caller's own model or functions, whose errors are theirs.
        called: arguments that are such functions.
        also: words other than a parameter's name by which an error may name the argument.
        raises: documented errors, apart from ValueError and TypeError.
        without: bad arguments that would be good, or take long, by name.
        junk: whether bad arguments are tried; a record holds what it is given.
        count: how many examples.
    """

    good: st.SearchStrategy[dict[str, Any]]
    call: Callable[..., Any] | None = None
    keeps: str = ""
    changes: Sequence[str] = ()
    finite: bool = True
    draws: bool = False
    handed: Sequence[str] = ()
    called: Sequence[str] = ()
    also: Sequence[str] = ()
    raises: tuple[type[Exception], ...] = ()
    without: Mapping[str, Sequence[Any]] | None = None
    junk: bool = True
    count: int = CHEAP


# What is drawn.

SHAPES = st.lists(st.integers(0, 4), max_size=4).map(tuple)
FILLED = st.lists(st.integers(1, 4), max_size=4).map(tuple)


@st.composite
def tensors(draw, shape=SHAPES, dtype=None, size=math.inf):
    """Any layout, any numbers up to `size` and to the ends of the dtype, subnormal ones too."""
    dtype = draw(st.sampled_from(DTYPES) if dtype is None else st.just(dtype))
    shape = draw(shape) if isinstance(shape, st.SearchStrategy) else shape
    count = math.prod(shape)
    if not dtype.is_floating_point:
        values = draw(st.lists(st.integers(0, min(size, 100)), min_size=count, max_size=count))
        return torch.tensor(values, dtype=dtype).reshape(shape)
    info = torch.finfo(dtype)
    end = min(size, info.max)
    edges = [
        0.0,
        -0.0,
        info.tiny,
        -info.smallest_normal / 2,
        info.eps,
        1.0,
        -1.0,
        3.0,
        88.0,
        -30.0,
        1e30,
        end,
        -end,
    ]
    number = st.sampled_from([edge for edge in edges if abs(edge) <= end]) | st.floats(-end, end)
    values = draw(st.lists(number, min_size=count, max_size=count))
    x = torch.tensor(values, dtype=torch.float64).to(dtype).reshape(shape)
    return layout(x, draw(st.sampled_from(["plain", "transposed", "strided"])))


def layout(x, name):
    """The same numbers, laid out otherwise in memory."""
    if name == "transposed" and x.ndim > 1:
        return x.transpose(0, -1).contiguous().transpose(0, -1)
    return torch.stack([x, x], dim=-1)[..., 0] if name == "strided" else x


def numbers(low=-10.0, high=10.0):
    return st.floats(low, high, allow_nan=False)


def generators():
    return st.integers(0, 9).map(lambda seed: Generator().manual_seed(seed))


def given_by(**strategies):
    return st.fixed_dictionaries(strategies)


def perhaps(strategy):
    return st.none() | strategy


JUNK = (
    None, True, "", "a", "relu", b"x", 0, -1, 1, 3, 10**30, -(10**400), 0.5, -0.5, 2.5, math.nan, math.inf, -math.inf,
    1e308, -1e308, 5e-324, 1j, (), [], {}, [1, 2], (1, "a"), {"a": 1}, {"a": "b"}, {1: None}, object(), ..., range(2),
    torch.tensor(0.5), torch.tensor(math.nan), torch.tensor(2), torch.tensor([]), torch.tensor([0.5]),
    torch.tensor([1, 2]), torch.tensor([[1.0, math.nan]]), torch.zeros(2, 3), torch.zeros(0, 3), torch.zeros(2, 0),
    torch.full((5, 3), 1e18), torch.full((2, 3), math.inf), torch.ones(2, 3, dtype=torch.int64), torch.tensor([True]),
    torch.tensor([[1j, 2]]), torch.zeros(2, 3, dtype=torch.float16), np.float32(0.5), np.array([1.0, 2.0]),
    np.array("a"), nn.Linear(3, 2), nn.Identity(), nn.ReLU, torch.float32,
)  # fmt: skip
"""Arguments that are bad almost everywhere."""


# What is asked.


def fresh(value, memo):
    """A copy, so that no call sees what the one before it left; a part of a model is one of the copy too."""
    if isinstance(value, Generator):
        return value.clone_state()
    if isinstance(value, tuple | list) and type(value) in (tuple, list):
        return type(value)(fresh(part, memo) for part in value)
    if isinstance(value, dict):
        return {name: fresh(part, memo) for name, part in value.items()}
    return copy.deepcopy(value, memo)


def leaves(value):
    """Every tensor and number in a nest."""
    if isinstance(value, nn.Module):
        yield from (tensor.detach() for tensor in value.state_dict().values())
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from leaves(part)
    elif isinstance(value, tuple | list):
        for part in value:
            yield from leaves(part)
    elif is_dataclass(value) and not isinstance(value, type):
        yield from leaves([getattr(value, name) for name in value.__dataclass_fields__])
    elif isinstance(value, Tensor):
        yield value.detach()
    elif isinstance(value, float):
        yield torch.tensor(value, dtype=torch.float64)


def wrong_numbers(value, *, finite):
    """What a result holds that it must not, in words; nothing if all is well."""
    for leaf in leaves(value):
        if leaf.is_floating_point() and leaf.isnan().any():
            return "NaN"
        if finite and leaf.is_floating_point() and not leaf.isfinite().all():
            return "infinity"
    return ""


def same(one, other):
    return len(one) == len(other) and all(
        a.dtype == b.dtype and a.shape == b.shape and torch.equal(a.nan_to_num(), b.nan_to_num())
        for a, b in zip(one, other, strict=True)
    )


def check_good(function, brick, arguments):
    """Calls with good arguments: finite, of the same shape and dtype, and nothing else is touched."""
    kept = {name: [leaf.clone() for leaf in leaves(value)] for name, value in arguments.items()}
    state = torch.get_rng_state()
    try:
        result = (brick.call or function)(**arguments)
    except brick.raises:
        return
    assert brick.draws or torch.equal(state, torch.get_rng_state()), "the global random state moved"
    for name, before in kept.items():
        if name not in brick.changes:
            assert same(before, list(leaves(arguments[name]))), f"{name} was changed"
    assert not (wrong := wrong_numbers(result, finite=brick.finite)), f"the result holds {wrong}: {result}"
    if brick.keeps:
        for found in result if isinstance(result, tuple) else [result]:
            like = arguments[brick.keeps]
            assert found.shape == like.shape and found.dtype == like.dtype, f"{found.dtype}, {found.shape}"


def bad_calls(brick, arguments):
    """Each argument in turn with each bad value; a flag with each that has a truth."""
    for name, good in arguments.items():
        for value in JUNK:
            if isinstance(good, bool) and getattr(value, "shape", ()) not in ((), (1,)):
                continue
            if not any(value is left for left in (brick.without or {}).get(name, ())):
                yield name, value


def leak(function, brick, arguments, name, value):
    """What a call with one bad argument did wrong, in words; nothing if it was answered as it should be."""
    words = [*arguments, *brick.also]
    theirs = name in brick.handed or (name in brick.called and callable(value))
    arguments = fresh(arguments | {name: value}, {})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            result = (brick.call or function)(**arguments)
        except (ValueError, TypeError, *brick.raises) as error:
            named = any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", str(error)) for word in words)
            fine = theirs or (named and re.search("got|, not |expected", str(error)))
            return "" if fine else f"{type(error).__name__}: {error}"
        except Exception as error:
            return "" if theirs else f"{type(error).__name__}: {error}"
    finite = not wrong_numbers(value, finite=True) and name not in brick.handed
    return "a silent NaN" if finite and wrong_numbers(result, finite=False) else ""
