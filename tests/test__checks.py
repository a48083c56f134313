import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from lego import _checks as check


@pytest.mark.parametrize(
    "value",
    [
        2,
        2.0,
        True + 1,
        np.float32(2),
        torch.tensor(2),
        torch.tensor([2.0]),
        torch.tensor(2).bfloat16(),
        Fraction(2),
    ],
)
def test_numbers_of_every_kind_are_numbers(value):
    assert check.real("rate", value) == 2.0


@pytest.mark.parametrize(
    "value",
    [
        *("2", b"2", None, 2j, [2], torch.tensor([1, 2]), np.array([1.0, 2.0]), object),
        *(np.complex64(2), np.array([2 + 0j]), torch.tensor(2 + 0j), torch.tensor(2.0, requires_grad=True)),
    ],
)
def test_what_is_no_number_is_named(value):
    with pytest.raises(TypeError, match="rate must be a number, got "):
        check.real("rate", value)


def test_a_compiled_function_may_check_its_numbers():
    compiled = torch.compile(lambda x, rate: x * check.real("rate", rate), backend="eager", fullgraph=True)
    assert compiled(torch.ones(2), 3.0).tolist() == compiled(torch.ones(2), 3).tolist() == [3.0, 3.0]


def test_a_number_beyond_all_floats_is_named_in_one_short_line():
    with pytest.raises(
        ValueError, match=r"^rate must be within the range of floats, got 10+\.\.\.$"
    ) as caught:
        check.real("rate", 10**400)
    assert len(str(caught.value)) < 130


@pytest.mark.parametrize("value", [3, True + 2, np.int8(3), torch.tensor(3)])
def test_whole_numbers(value):
    assert [check.whole("count", end) for end in (-(2**63), 2**63 - 1)] == [-(2**63), 2**63 - 1]
    assert check.whole("count", value) == 3 and type(check.whole("count", value)) is int


@pytest.mark.parametrize(
    "value", [3.0, math.nan, "3", None, [3], torch.tensor(3.0), torch.tensor([3, 4]), torch.tensor(True)]
)
def test_what_is_no_whole_number_is_named(value):
    with pytest.raises(TypeError, match="count must be a whole number, got "):
        check.whole("count", value)


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, 10**400])
def test_what_64_bits_do_not_hold_is_named(value):
    with pytest.raises(ValueError, match="count must fit in 64 bits, got "):
        check.whole("count", value)


def test_what_a_dtype_does_not_hold_is_named_and_infinity_is_held():
    assert (
        check.fitting("beta", 65504, torch.float16) == 65504
        and check.fitting("beta", math.inf, torch.half) == math.inf
    )
    with pytest.raises(ValueError, match=r"beta must be finite in torch.float16, got 65505"):
        check.fitting("beta", 65505, torch.float16)


@pytest.mark.parametrize("value", [[1.0], 1.0, None, torch.tensor([1]), torch.tensor([1j])])
def test_what_is_no_floating_tensor_is_named(value):
    with pytest.raises(TypeError, match="x must be a floating tensor, got "):
        check.floating("x", value)


def test_a_model_can_still_be_traced():
    traced = torch.fx.symbolic_trace(lambda x: check.floating("x", x) + 1)
    assert traced(torch.zeros(1)) == 1


def test_shapes_that_do_not_meet_are_named():
    check.broadcast(gate=torch.zeros(2, 3), value=torch.zeros(3))
    with pytest.raises(
        ValueError, match=r"gate and value must have shapes that broadcast, got \(2, 3\) and \(2,\)"
    ):
        check.broadcast(gate=torch.zeros(2, 3), value=torch.zeros(2))


def test_a_tensor_of_real_numbers_is_given_back():
    for value in (torch.ones(2), torch.ones(2, dtype=torch.long)):
        assert check.tensor("x", value) is value
    with pytest.raises(TypeError, match=r"^x must be a tensor, got \[1\]$"):
        check.tensor("x", [1])
    for dtype in (torch.bool, torch.complex64):
        with pytest.raises(TypeError, match=f"^x must hold real numbers, got {dtype}$"):
            check.tensor("x", torch.ones(2, dtype=dtype))


def test_a_function_is_what_can_be_called():
    assert check.function("loss", len) is len
    with pytest.raises(TypeError, match="loss must be a function, got 3"):
        check.function("loss", 3)


def test_an_instance_and_a_mapping_are_given_back():
    layer, found = torch.nn.Linear(1, 1), {"a": 1}
    assert check.instance("model", layer, torch.nn.Module) is layer and check.mapping("norms", found) is found
    with pytest.raises(TypeError, match=r"^model must be a torch Module, got 3$"):
        check.instance("model", 3, torch.nn.Module)
    with pytest.raises(TypeError, match=r"^norms must hold values by name, got 3$"):
        check.mapping("norms", 3)


def test_a_long_value_is_shown_by_its_start_in_80_characters():
    assert check.shown("x" * 78) == repr("x" * 78)
    assert check.shown("x" * 79) == "'" + "x" * 76 + "..."


def test_several_numbers_keep_every_digit():
    assert check.numbers("values", [0.1, 1 / 3]).tolist() == [0.1, 1 / 3]


@pytest.mark.parametrize(
    "value", [None, "1", ["a"], [1j], torch.tensor([1j]), np.array("a"), 10**400, [[1], [1, 2]]]
)
def test_what_holds_no_numbers_is_named(value):
    with pytest.raises(TypeError, match="values must hold numbers, got "):
        check.numbers("values", value)


def test_a_path_is_a_string_or_a_path():
    assert check.path("store", "a/b") == Path("a/b") == check.path("store", Path("a/b"))
    for wrong in (3, None, b"a"):
        with pytest.raises(TypeError, match="store must be a path, got"):
            check.path("store", wrong)


def test_what_stands_for_tensors_while_a_model_is_traced_is_let_through():
    class Sum(torch.nn.Module):
        def forward(self, one, other):
            check.broadcast(one=one, other=other)
            return one + other

    assert torch.fx.symbolic_trace(Sum())(torch.ones(2), torch.ones(2)).tolist() == [2.0, 2.0]


def test_a_generator_is_itself_and_none_is_none():
    generator = torch.Generator()
    assert check.generator(generator) is generator and check.generator(None) is None
    with pytest.raises(TypeError, match="generator must be a torch Generator, got 3"):
        check.generator(3)
