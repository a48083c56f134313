"""Activation explorer: any bricks over each other, value and slope, with their parameters."""

from __future__ import annotations

import json
from collections.abc import Callable

import torch
from torch import Tensor

from hooks.explorers.controls import Slider, Switches
from hooks.explorers.trace import to_javascript, with_slope
from lego import activations as bricks
from lego.plotting import PALETTE, look

Function = Callable[..., Tensor]
ELSEWHERE = {"prelu", "acon_a", "meta_acon"}  # curves of Leaky ReLU, Swish and ACON-C
PARAMETERS: dict[str, tuple[Function, list[str]]] = {
    "leaky_relu": (lambda x, a: bricks.relu(x) - a * bricks.relu(-x), ["a"]),
    "elu": (lambda x, alpha: torch.where(x > 0, x, alpha * bricks.elu(x)), ["alpha"]),
    "swish": (bricks.swish, ["beta"]),
    "acon_b": (bricks.acon_b, ["p2", "beta"]),
    "acon_c": (bricks.acon_c, ["p1", "p2", "beta"]),
}
BRICKS: dict[str, tuple[Function, list[str]]] = {
    name: PARAMETERS[name] if name in PARAMETERS else (getattr(bricks, name), [])
    for name in bricks.ACTIVATIONS
    if name not in ELSEWHERE
}
BRICKS |= {name: (function, []) for name, function in bricks.SEARCH_CANDIDATES.items() if name not in BRICKS}
DASHES = {"-": "", "--": "6 3", "-.": "7 2 1.5 2", ":": "1.5 2"}

CONTROLS = [
    Switches("bricks", "Bricks", {name: look(name)["label"] for name in BRICKS}, ["relu", "swish", "acon_c"]),
    Slider("a", "a, slope of Leaky ReLU", 0, 1, 0.1, 0.01),
    Slider("alpha", "α of ELU", 0, 2, 1, 0.05),
    Slider("beta", "β of Swish and ACON", 0, 10, 1, 0.1),
    Slider("p1", "p₁ of ACON-C", -1, 2, 1.2, 0.05),
    Slider("p2", "p₂ of ACON-B and ACON-C", -1, 2, -0.3, 0.05),
    Slider("x", "Read at x", -6, 6, -2, 0.05),
]


def data() -> str:
    """The bricks in JavaScript: look, parameters, and a function that gives value and slope."""
    rows = []
    for name, (function, parameters) in BRICKS.items():
        style = look(name)
        line = style["linestyle"]  # dashes are counted in widths of the line
        dash = DASHES[line] if isinstance(line, str) else " ".join(f"{1.8 * length:g}" for length in line[1])
        label = json.dumps(style["label"], ensure_ascii=False)
        code = to_javascript(with_slope(function), ["x", *parameters])
        rows.append(
            f'"{name}": {{ label: {label}, color: {PALETTE.index(style["color"]) + 1}, dash: "{dash}", '
            f"parameters: {parameters}, at: {code} }}"
        )
    return "const bricks = {\n" + ",\n".join(rows) + "\n}"
