"""A function of the library as JavaScript: what an explorer computes in the browser is traced from `lego` itself.

PyTorch records the elementary operations that a function of single numbers makes; each has its twin in JavaScript.
No formula is written twice, and a new brick needs nothing here unless it uses an operation that no brick used before.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any, cast

import torch
from torch import Tensor
from torch._decomp import core_aten_decompositions
from torch.fx import Node
from torch.fx.experimental.proxy_tensor import make_fx

SAME = {
    "alias",
    "clone",
    "expand",
    "select",
    "squeeze",
    "sum",
    "unsqueeze",
    "view",
    "lift_fresh_copy",
}  # of one number
OPERATIONS: dict[str, str] = {
    "abs": "Math.abs({0})",
    "add": "{0} + {1}",
    "asinh": "Math.asinh({0})",
    "atan": "Math.atan({0})",
    "clamp": "Math.min(Math.max({0}, {1}), {2})",
    "clamp_min": "Math.max({0}, {1})",
    "cos": "Math.cos({0})",
    "div": "{0} / {1}",
    "eq": "{0} === {1}",
    "elu": "{0} > 0 ? {0} * {2} : Math.expm1({0} * {3}) * {1} * {2}",
    "erfc": "erfc({0})",
    "exp": "Math.exp({0})",
    "expm1": "Math.expm1({0})",
    "ge": "{0} >= {1}",
    "gelu": "0.5 * {0} * erfc(-{0} * Math.SQRT1_2)",
    "gt": "{0} > {1}",
    "hardtanh": "Math.min(Math.max({0}, {1}), {2})",
    "le": "{0} <= {1}",
    "log": "Math.log({0})",
    "log1p": "Math.log1p({0})",
    "logical_and": "{0} && {1}",
    "logical_or": "{0} || {1}",
    "bitwise_or": "{0} || {1}",
    "lt": "{0} < {1}",
    "maximum": "Math.max({0}, {1})",
    "minimum": "Math.min({0}, {1})",
    "mul": "{0} * {1}",
    "ne": "{0} !== {1}",
    "neg": "-{0}",
    "pow": "{0} ** {1}",
    "reciprocal": "1 / {0}",
    "relu": "Math.max({0}, 0)",
    "rsqrt": "1 / Math.sqrt({0})",
    "sigmoid": "1 / (1 + Math.exp(-{0}))",
    "sign": "Math.sign({0})",
    "sin": "Math.sin({0})",
    "sqrt": "Math.sqrt({0})",
    "sub": "{0} - {1}",
    "tanh": "Math.tanh({0})",
    "where": "{0} ? {1} : {2}",
}
DEFAULTS = {"elu": (1, 1, 1), "hardtanh": (-1, 1)}


def to_javascript(function: Callable[..., Any], names: Sequence[str]) -> str:
    """An arrow function that takes the numbers `names` and returns the results as an array.

    Args:
        function: of tensors that hold one number each, to one such tensor or a tuple of them.
        names: the parameters' names in JavaScript.

    Raises:
        ValueError: if the function uses an operation that has no twin in `OPERATIONS`.
    """
    example = [torch.tensor(0.3 + 0.1 * index, dtype=torch.float64) for index in range(len(names))]
    table = cast("dict[Any, Callable[..., Any]]", core_aten_decompositions())
    with torch.no_grad():
        module = make_fx(lambda arguments: function(*arguments), decomposition_table=table)(example)
    written: dict[Node, str] = {}
    lines = []
    inputs = iter(names)
    for node in module.graph.nodes:
        if node.op == "placeholder":
            written[node] = next(inputs)
        elif node.op == "get_attr":
            written[node] = number(getattr(module, node.target))
        elif node.op == "output":
            (results,) = node.args
            results = results if isinstance(results, (tuple, list)) else (results,)
            lines.append(f"return [{', '.join(term(result, written) for result in results)}]")
        elif node.users:
            text = expression(node, written)
            if len(node.users) == 1 or text.isidentifier() or text.lstrip("-").replace(".", "").isdigit():
                written[node] = text if text.isidentifier() else f"({text})"
            else:
                written[node] = f"t{len(lines)}"
                lines.append(f"const t{len(lines)} = {text}")
    return f"({', '.join(names)}) => {{ {'; '.join(lines)} }}"


def expression(node: Node, written: dict[Node, str]) -> str:
    """One recorded operation in JavaScript."""
    if node.target is operator.getitem:
        raise ValueError(f"an operation with several results has no twin in JavaScript: {node.args[0]}")
    name = str(node.target).split(".")[1].rstrip("_")
    if name == "full_like":
        return number(node.args[1])
    if name == "empty_permuted":  # filled by a copy
        return "0"
    if name in {"scalar_tensor", "full"}:
        return number(node.args[-1])
    if name in SAME:
        return term(node.args[0], written)
    if name == "copy":
        return term(node.args[1], written)
    if name not in OPERATIONS:
        raise ValueError(
            f"the operation {node.target} has no twin in hooks/explorers/trace.py: add it to OPERATIONS"
        )
    arguments = list(node.args)
    arguments += DEFAULTS.get(name, ())[len(arguments) - 1 :]
    if name == "clamp":
        low, high = [*arguments[1:], None][:2]
        arguments[1:] = [-math.inf if low is None else low, math.inf if high is None else high]
    if options := {name: value for name, value in node.kwargs.items() if (name, value) != ("alpha", 1)}:
        raise ValueError(f"{node.target} with {options} is not known to hooks/explorers/trace.py")
    return OPERATIONS[name].format(*(term(argument, written) for argument in arguments))


def term(value: Any, written: dict[Node, str]) -> str:
    """An argument: a name, an expression in parentheses, or a number."""
    return written[value] if isinstance(value, Node) else number(value)


def number(value: Any) -> str:
    """A number as JavaScript reads it."""
    if isinstance(value, bool):
        return str(value).lower()
    text = repr(float(value)).removesuffix(".0").replace("inf", "Infinity").replace("nan", "NaN")
    return f"({text})" if text.startswith("-") else text


def with_slope(function: Callable[..., Tensor]) -> Callable[..., tuple[Tensor, Tensor]]:
    """The function's value together with its slope in its first argument."""

    def both(*arguments: Tensor) -> tuple[Tensor, Tensor]:
        slope, value = torch.func.grad_and_value(function)(*arguments)
        return value, slope

    return both
