"""What `diagnose` costs: its seconds over those of a plain training step of the same network on the same batch.

    make bench-diagnose

One process, one core, the two in turn; the median counts. Writes benchmarks/results/diagnose.md.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.measure import RESULTS, keep
from lego.diagnostics import diagnose
from lego.stack import mlp

Batch = tuple[Tensor, Tensor]


def table(rows: int) -> Batch:
    """Rows of 512 numbers, and their classes."""
    return torch.randn(rows, 512), torch.arange(rows) % 10


def images(count: int) -> Batch:
    """Small color images, and their classes."""
    return torch.randn(count, 3, 16, 16), torch.arange(count) % 10


def convolutional() -> nn.Module:
    """Three convolutions whose outputs are large beside their weights."""
    layers: list[nn.Module] = []
    for inputs, outputs in ((3, 16), (16, 32), (32, 32)):
        layers += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU()]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(32 * 16 * 16, 10))


CASES: dict[str, tuple[Callable[[], nn.Module], Callable[[], Batch]]] = {
    "8 layers of 512, 256 rows": (lambda: mlp([512] * 8 + [10]), lambda: table(256)),
    "8 layers of 512, 2,048 rows": (lambda: mlp([512] * 8 + [10]), lambda: table(2048)),
    "3 convolutions, 128 images": (convolutional, lambda: images(128)),
    "2 layers of 16, 32 rows": (lambda: mlp([512, 16, 10]), lambda: table(32)),
}


def seconds(function: Callable[[], object]) -> float:
    """Processor time of one call."""
    start = time.process_time()
    function()
    return time.process_time() - start


def cost(model: nn.Module, batch: Batch, rounds: int) -> tuple[float, float]:
    """Median ratio to a step, and the median seconds beyond it."""
    x, y = batch
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)

    def step() -> None:
        optimizer.zero_grad()
        torch.autograd.backward(F.cross_entropy(model(x), y))
        optimizer.step()

    def examine() -> None:
        diagnose(model, batch, optimizer=optimizer)

    pairs = [(seconds(examine), seconds(step)) for _ in range(rounds + 1)][1:]
    return statistics.median(ours / plain for ours, plain in pairs), statistics.median(
        ours - plain for ours, plain in pairs
    )


def main() -> None:
    """Measure, print and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15, help="the median counts (default: 15)")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    lines = ["| Network and batch | cost in training steps | ms more than a step |", "|---|---|---|"]
    for name, (make, batch) in CASES.items():
        ratio, more = cost(make(), batch(), options.rounds)
        lines.append(f"| {name} | {ratio:.1f} | {1000 * more:.0f} |")
    version = torch.__version__.partition("+")[0]
    note = f"One core, {platform.machine()}, PyTorch {version}; medians of {options.rounds} rounds."
    text = "\n".join([*lines, "", note, ""])
    print(text)
    keep(RESULTS / "diagnose.md", text)


if __name__ == "__main__":
    main()
