"""What the activations cost: against PyTorch's own, timm's if installed, their formula typed in, and ReLU.

    make bench-bricks                                     all of it, on this machine
    .venv/bin/python -m benchmarks.bricks --device cuda   the race alone, on a GPU
    .venv/bin/python -m benchmarks.bricks --compile       against the compiled formula too; takes minutes more

One run, rounds interleaved, so that a busy moment strikes all alike, in an order that is drawn anew for each: what
runs after a function that fills memory is slower. What counts are the ratios, medians over rounds.
Saved is what autograd keeps for the backward pass, in bytes for each byte of input. Writes into benchmarks/results/:
bricks-<device>.md (the race), and on a CPU activations.md and cost.md (the tables of two pages).
"""

from __future__ import annotations

import argparse
import itertools
import math
import platform
import random
import re
import statistics
import time
from collections.abc import Callable, Iterable
from importlib import import_module
from importlib.util import find_spec

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks

from benchmarks.measure import RESULTS, ROOT, keep
from lego.activations import ACTIVATIONS, FACTS, AconC, acon_b, acon_c, prelu, swish

Function = Callable[[Tensor], Tensor]

NAIVE: dict[str, Function] = {
    "sigmoid": lambda x: 1 / (1 + torch.exp(-x)),
    "tanh": lambda x: (torch.exp(x) - torch.exp(-x)) / (torch.exp(x) + torch.exp(-x)),
    "relu": lambda x: torch.where(x > 0, x, 0.0),
    "leaky_relu": lambda x: torch.where(x > 0, x, 0.01 * x),
    "elu": lambda x: torch.where(x > 0, x, torch.exp(x) - 1),
    "selu": lambda x: 1.0507009873554805 * torch.where(x > 0, x, 1.6732632423543773 * (torch.exp(x) - 1)),
    "softplus": lambda x: torch.log(1 + torch.exp(x)),
    "silu": lambda x: x * (1 / (1 + torch.exp(-x))),
    "mish": lambda x: x * torch.tanh(torch.log(1 + torch.exp(x))),
    "gelu": lambda x: 0.5 * x * (1 + torch.erf(x / math.sqrt(2))),
    "relu_squared": lambda x: torch.where(x > 0, x, 0.0) ** 2,
    "hardsigmoid": lambda x: (x / 6 + 0.5).clamp(0, 1),
    "hardtanh": lambda x: torch.where(x > 1, 1.0, torch.where(x < -1, -1.0, x)),
    "hardswish": lambda x: x * (x / 6 + 0.5).clamp(0, 1),
}
PYTORCH: dict[str, Function] = {
    "sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu, "leaky_relu": F.leaky_relu, "elu": F.elu,
    "selu": F.selu, "softplus": F.softplus, "silu": F.silu, "mish": F.mish, "gelu": F.gelu,
    "hardsigmoid": F.hardsigmoid, "hardtanh": F.hardtanh, "hardswish": F.hardswish,
}  # fmt: skip
# those that are not PyTorch's own
TIMM = {"silu": "swish", "mish": "mish", "hardsigmoid": "hard_sigmoid", "hardswish": "hard_swish"}
# the page of a brick that has none of its own name
PAGES = {"prelu": "leaky_relu", "silu": "swish", "acon_a": "acon", "acon_b": "acon", "acon_c": "acon"}
PAGES |= {"relu_squared": "gated"}
LARGE = 5_000_000  # numbers of an input that runs fewer rounds


def contestants(device: torch.device, dtype: torch.dtype) -> dict[str, dict[str, Function]]:
    """By brick: ours, PyTorch's and timm's where they have one, and the formula; what is learned is so in each."""
    rows: dict[str, dict[str, Function]] = {}
    for name in NAIVE:
        rows[name] = {"ours": ACTIVATIONS[name](), "formula": NAIVE[name]}
        if name in PYTORCH:
            rows[name]["PyTorch"] = PYTORCH[name]
    if find_spec("timm"):
        theirs = import_module("timm.layers.activations")
        for name, function in TIMM.items():
            rows[name]["timm"] = getattr(theirs, function)
    beta = torch.ones((), device=device, dtype=dtype, requires_grad=True)
    rows["swish, β learned"] = {
        "ours": lambda x: swish(x, beta),
        "formula": lambda x: x * torch.sigmoid(beta * x),
    }
    slope = torch.full((1,), 0.25, device=device, dtype=dtype, requires_grad=True)
    rows["prelu, learned"] = {
        "ours": lambda x: prelu(x, slope),
        "PyTorch": lambda x: F.prelu(x, slope),
        "formula": lambda x: torch.where(x > 0, x, slope * x),
    }
    layer = AconC(p1=1.0, p2=0.2).to(device, dtype)
    p1, p2, b = layer.p1.view(()), layer.p2.view(()), layer.beta.view(())
    rows["acon_b, learned"] = {
        "ours": lambda x: acon_b(x, p2, b),
        "formula": lambda x: (1 - p2) * x * torch.sigmoid(b * (1 - p2) * x) + p2 * x,
    }
    rows["acon_c, learned"] = {
        "ours": lambda x: acon_c(x, p1, p2, b),
        "formula": lambda x: (p1 - p2) * x * torch.sigmoid(b * (p1 - p2) * x) + p2 * x,
    }
    return rows


def seconds(function: Function, x: Tensor) -> float:
    """Time of one forward and backward pass."""
    if x.is_cuda:
        torch.cuda.synchronize()
    start = time.perf_counter()
    torch.autograd.backward(function(x), torch.ones_like(x))
    if x.is_cuda:
        torch.cuda.synchronize()
    x.grad = None
    return time.perf_counter() - start


def saved(function: Function, x: Tensor) -> float:
    """Bytes kept for the backward pass, each storage once, for each byte of input."""
    kept: dict[int, int] = {}

    def pack(tensor: Tensor) -> Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with saved_tensors_hooks(pack, lambda tensor: tensor):
        function(x)
    return sum(kept.values()) / (x.numel() * x.element_size())


def ratio(times: dict[str, list[float]], one: str, other: str) -> float:
    """Median over rounds; the first two warm up."""
    return statistics.median(a / b for a, b in zip(times[one][2:], times[other][2:], strict=True))


def drawn(names: Iterable[str]) -> list[str]:
    """The names in a random order."""
    names = list(names)
    random.shuffle(names)
    return names


def fewer(rounds: int) -> int:
    """The rounds of a large input."""
    return max(3, rounds // 4)


def race(
    device: torch.device, sizes: list[int], dtypes: list[torch.dtype], rounds: int, compiled: bool
) -> str:
    """The table of all bricks, sizes and dtypes; a column that nobody was measured for is left out."""
    head = ["Brick", "numbers", "dtype", "ours, × PyTorch", "× timm", "× formula", "× compiled"]
    table = [[*head, "saved: ours", "PyTorch", "formula"]]
    for dtype in dtypes:
        rows = contestants(device, dtype)
        for size in sizes:
            x = torch.randn(size, device=device, dtype=dtype, requires_grad=True)
            for name, row in rows.items():
                if compiled:
                    row["compiled"] = torch.compile(row["formula"], dynamic=False)
                times: dict[str, list[float]] = {who: [] for who in row}
                for _ in range((rounds if size < LARGE else fewer(rounds)) + 2):
                    for who in drawn(row):
                        times[who].append(seconds(row[who], x))
                cells = [
                    f"{ratio(times, 'ours', who):.2f}" if who in row else "–"
                    for who in ("PyTorch", "timm", "formula", "compiled")
                ]
                cells += [
                    f"{saved(row[who], x):.1f}" if who in row else "–"
                    for who in ("ours", "PyTorch", "formula")
                ]
                short = str(dtype).removeprefix("torch.")
                table.append([name, f"{size:.0e}", short, *cells])
                print(*table[-1], sep=" | ", flush=True)
    measured = [set(column[1:]) != {"–"} for column in zip(*table, strict=True)]
    head, *lines = [list(itertools.compress(row, measured)) for row in table]
    return "\n".join(f"| {' | '.join(line)} |" for line in [head, ["---"] * len(head), *lines])


def tables_of_the_pages(rounds: int) -> tuple[str, str]:
    """Facts and cost of each activation, and the cost alone: the brick by itself and in a layer of 512 units."""
    numbers = torch.randn(1_000_000, requires_grad=True)
    batch = torch.randn(512, 512, requires_grad=True)
    layers = {name: nn.Sequential(nn.Linear(512, 512), make()) for name, make in ACTIVATIONS.items()}
    alone: dict[str, list[float]] = {name: [] for name in ACTIVATIONS}
    inside: dict[str, list[float]] = {name: [] for name in ACTIVATIONS}
    for _ in range(rounds + 2):
        for name in drawn(layers):
            alone[name].append(seconds(layers[name][1], numbers))
            inside[name].append(seconds(layers[name], batch))
    facts = [
        "| Brick | Range | Centered | Smooth | Monotonic | Dip | Cost | in a layer | Year | Source |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    cost = ["| Activation | alone, × ReLU | inside a layer, × ReLU |", "|---|---|---|"]
    for name in ACTIVATIONS:
        prices = f"{ratio(alone, name, 'relu'):.1f}", f"{ratio(inside, name, 'relu'):.2f}"
        facts.append(fact_row(name, *prices))
        cost.append(f"| {name} | {' | '.join(prices)} |")
    return "\n".join(facts), "\n".join(cost)


def fact_row(name: str, alone: str, inside: str) -> str:
    """One row of the table of facts."""
    fact = FACTS[name]
    ends = [f"{end:.3g}".replace("-", "−").replace("inf", "∞") for end in (fact.low, fact.high)]
    lowest = "–" if fact.minimum is None else f"{fact.minimum[1]:.3f}".replace("-", "−")
    marks = ["yes" if mark else "no" for mark in (fact.zero_centered, fact.smooth, fact.monotonic)]
    page = PAGES.get(name, name)
    described = (ROOT / "docs" / "activations" / f"{page}.md").exists()
    link = f"[`{name}`]({page}.md)" if described else f"[`{name}`][lego.activations.{name}]"
    sources = "; ".join(map(in_brief, fact.source.split("; ")))
    cells = [link, f"{ends[0]} … {ends[1]}", *marks, lowest, alone, inside, str(fact.year), sources]
    return f"| {' | '.join(cells)} |"


def in_brief(source: str) -> str:
    """The authors of a source, three or more by the first, with a link if its address follows from it."""
    authors = source.partition(" (")[0]
    if "," in authors:
        authors = f"{authors.partition(',')[0]} et al."
    if address := re.search(r"(arXiv|doi):(\S+?),?(?: |$)", source):
        host = {"arXiv": "arxiv.org/abs", "doi": "doi.org"}[address[1]]
        return f"[{authors}](https://{host}/{address[2]})"
    return authors


def main() -> None:
    """Run, print, and keep the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cpu", help="where to run (default: cpu)")
    parser.add_argument("--sizes", default="1e4,1e6,1e7", help="numbers of each input (default: 1e4,1e6,1e7)")
    parser.add_argument("--dtypes", default="float32,bfloat16", help="default: float32,bfloat16")
    parser.add_argument("--rounds", type=int, default=21, help="rounds; the median counts (default: 21)")
    parser.add_argument("--compile", action="store_true", help="race against the compiled formula too")
    options = parser.parse_args()
    device = torch.device(options.device)
    torch.set_num_threads(1)
    torch.manual_seed(0)
    sizes = [int(float(size)) for size in options.sizes.split(",")]
    dtypes = [getattr(torch, name) for name in options.dtypes.split(",")]
    where = torch.cuda.get_device_name(device) if device.type == "cuda" else f"One core, {platform.machine()}"
    note = f"{where}, PyTorch {torch.__version__.partition('+')[0]}; medians of {options.rounds} rounds"
    large = f", or {fewer(options.rounds)} for {LARGE:.0e} numbers and more" if max(sizes) >= LARGE else ""
    text = race(device, sizes, dtypes, options.rounds, options.compile)
    keep(RESULTS / f"bricks-{device.type}.md", f"{text}\n\n{note}{large}.\n")
    if device.type == "cpu":
        for name, table in zip(("activations", "cost"), tables_of_the_pages(options.rounds), strict=True):
            foot = "" if name == "activations" else f"\n\n{note}."
            keep(RESULTS / f"{name}.md", table + foot + "\n")


if __name__ == "__main__":
    main()
