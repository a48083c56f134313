"""What an activation costs next to ReLU, forward and backward: alone on a million numbers, and inside a layer.

make bench-activations        rewrites benchmarks/results/activations.md, the table on the page Sigmoid
"""

from __future__ import annotations

import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from lego.activations import ACTIVATIONS

ROUNDS = 30
RESULT = Path(__file__).parent / "results" / "activations.md"


def seconds(run: Callable[[], Tensor]) -> float:
    """Time of one forward and backward pass."""
    start = time.perf_counter()
    run().sum().backward()
    return time.perf_counter() - start


def main() -> None:
    """Time all bricks in turn, many times over, so that a busy moment strikes them all alike."""
    torch.set_num_threads(1)
    numbers = torch.randn(1_000_000, requires_grad=True)
    batch = torch.randn(512, 512)
    layers = {name: nn.Sequential(nn.Linear(512, 512), brick()) for name, brick in ACTIVATIONS.items()}
    alone: dict[str, list[float]] = {name: [] for name in ACTIVATIONS}
    inside: dict[str, list[float]] = {name: [] for name in ACTIVATIONS}
    for _ in range(ROUNDS + 3):
        for name, brick in ACTIVATIONS.items():
            function = brick()
            alone[name].append(seconds(lambda function=function: function(numbers)))
            inside[name].append(seconds(lambda name=name: layers[name](batch)))

    def ratio(times: dict[str, list[float]], name: str) -> str:
        pairs = zip(times[name][3:], times["relu"][3:], strict=True)  # the first rounds warm up
        return f"{statistics.median(mine / relu for mine, relu in pairs):.2f}"

    rows = [f"| {name} | {ratio(alone, name)} | {ratio(inside, name)} |" for name in ACTIVATIONS]
    version = torch.__version__.partition("+")[0]
    where = f"One core, {platform.machine()}, PyTorch {version}; medians of {ROUNDS} rounds."
    table = ["| Activation | alone, × ReLU | inside a layer, × ReLU |", "|---|---|---|", *rows, "", where]
    RESULT.write_text("\n".join(table) + "\n", encoding="utf-8")
    print("\n".join(table))


if __name__ == "__main__":
    main()
