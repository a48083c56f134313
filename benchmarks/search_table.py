"""The search for Swish in miniature: every activation on small networks, with seeds, on MNIST-1D.

    make search-table                                                        all of it, on this machine's cores
    .venv/bin/python -m benchmarks.search_table --scheduler tcp://host:8786  on a Dask cluster

Each function gets the learning rate of RATES with the best validation accuracy over TUNING seeds, on each network.
Then it is trained with ten other seeds, and its test accuracy is measured once. All rows are in
lego/search_table.csv; what is there is not run again. Exits with 1 if a run failed, with 2 if an argument is wrong.
"""

from __future__ import annotations

import argparse
import contextlib
import platform
import sys
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import joblib
import torch
from torch import Generator, Tensor, nn
from torch.backends.cpu import get_cpu_capability
from torch.optim.lr_scheduler import OneCycleLR

from lego._names import find
from lego.activations import ACTIVATIONS, SEARCH_CANDIDATES, Elementwise
from lego.datasets import mnist1d
from lego.experiments import SEARCH_TABLE, sweep
from lego.initialization import initialize
from lego.training import accuracy, fit

RATES = (0.003, 0.01, 0.03, 0.1, 0.3)
TUNING = (100, 101)  # seeds
EPOCHS, BATCH = 20, 200
SETTINGS = {"epochs": EPOCHS, "batch": BATCH}

Make = Callable[[], nn.Module]
FUNCTIONS: dict[str, Make] = {
    **{name: partial(Elementwise, function) for name, function in SEARCH_CANDIDATES.items()},
    **ACTIVATIONS,  # its Swish learns β, as the paper's did
}


class Residual(nn.Module):
    """Two convolutions, each after a norm and an activation, beside a path that leaves the input as it is."""

    def __init__(self, channels: int, f: Make) -> None:
        super().__init__()
        self.branch = nn.Sequential(
            *(nn.BatchNorm1d(channels), f(), nn.Conv1d(channels, channels, 3, padding=1, bias=False)),
            *(nn.BatchNorm1d(channels), f(), nn.Conv1d(channels, channels, 3, padding=1, bias=False)),
        )

    def forward(self, x: Tensor) -> Tensor:
        value: Tensor = x + self.branch(x)
        return value


def mlp(f: Make, hidden: int = 2) -> nn.Module:
    layers = [layer for _ in range(hidden - 1) for layer in (nn.Linear(100, 100), f())]
    return nn.Sequential(nn.Linear(40, 100), f(), *layers, nn.Linear(100, 10))


def cnn(f: Make) -> nn.Module:
    return nn.Sequential(
        nn.Unflatten(1, (1, 40)),
        *(nn.Conv1d(1, 25, 5, stride=2, padding=2), f()),
        *(nn.Conv1d(25, 25, 3, stride=2, padding=1), f()),
        *(nn.Conv1d(25, 25, 3, stride=2, padding=1), f()),
        *(nn.Flatten(), nn.Linear(125, 10)),
    )


def residual(f: Make) -> nn.Module:
    return nn.Sequential(
        *(nn.Unflatten(1, (1, 40)), nn.Conv1d(1, 24, 5, stride=4, padding=2)),
        *(Residual(24, f) for _ in range(2)),
        *(nn.BatchNorm1d(24), f(), nn.Flatten(), nn.Linear(240, 10)),
    )


NETWORKS: dict[str, Callable[[Make], nn.Module]] = {
    "MLP": mlp,
    "CNN": cnn,
    "residual CNN": residual,
    "deep MLP": partial(mlp, hidden=8),  # of the candidates alone: does the order change with depth?
}


def train(
    function: str, network: str, rate: float, part: str, seed: int, *, data: dict[str, tuple[Tensor, Tensor]]
) -> dict[str, Any]:
    """One row: a net of this seed, trained, and its accuracy on the validation or the test part."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    with torch.random.fork_rng():
        # for the layers' own values, which are overwritten but for the slopes of ACON-C
        torch.manual_seed(seed)
        model = initialize(
            NETWORKS[network](FUNCTIONS[function]), "he_normal", generator=Generator().manual_seed(seed)
        )
    x, y = data["train"]
    steps, diverged = EPOCHS * (len(x) // BATCH), False
    try:
        fit(
            *(model, x.to(device), y.to(device)),
            steps=steps,
            lr=rate,
            optimizer="adam",
            batch_size=BATCH,
            schedule=lambda optimizer: OneCycleLR(optimizer, rate, total_steps=steps),
            device=device,
            generator=Generator().manual_seed(seed),
            progress=False,
        )
    except FloatingPointError:  # it is as good as it is
        diverged = True
    x, y = data[part]
    return {
        "accuracy": round(accuracy(model, x.to(device), y.to(device)), 6),
        "diverged": diverged,
        "device": device,
        "processor": processor(),
    }


def processor() -> str:
    """What the last digits of a result depend on: virtual machines give different processors one name."""
    name = platform.processor() or platform.machine()
    with contextlib.suppress(OSError, KeyError):
        lines = Path("/proc/cpuinfo").read_text().partition("\n\n")[0].splitlines()
        facts = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
        name = f"{facts['model name']} {facts['cpu family']}/{facts['model']}"
    return f"{name} {get_cpu_capability()}"


def tuned(rows: list[dict[str, Any]]) -> dict[tuple[str, str], float]:
    """By function and network, the rate with the best mean validation accuracy, and of two alike the smaller."""
    scores: dict[tuple[str, str], dict[float, float]] = {}
    for row in rows:
        if row["part"] == "validation" and not row["error"]:
            by_rate = scores.setdefault((row["function"], row["network"]), {})
            by_rate[row["rate"]] = by_rate.get(row["rate"], 0.0) + row["accuracy"]
    return {pair: max(sorted(by_rate), key=by_rate.__getitem__) for pair, by_rate in scores.items()}


def table(
    store: Path, functions: list[str], networks: list[str], seeds: int, backend: str | None, jobs: int
) -> list[dict[str, Any]]:
    """All rows of the table: those that tune the rate, then those that count."""
    drawn = mnist1d()
    data = {"train": drawn.train, "validation": drawn.validation, "test": drawn.test}
    run = partial(
        sweep,
        partial(train, data={name: (part.inputs, part.targets) for name, part in data.items()}),
        store=store,
        settings=SETTINGS,
        backend=backend,
        jobs=jobs,
    )
    pairs = [
        {"function": function, "network": network}
        for network in dict.fromkeys(networks)
        for function in dict.fromkeys(functions)
        if network != "deep MLP" or function in SEARCH_CANDIDATES
    ]
    print(f"{len(pairs) * len(RATES) * len(TUNING)} runs choose the rates, then {len(pairs) * seeds} count")
    tuning = run([{**pair, "rate": rate, "part": "validation"} for pair in pairs for rate in RATES], TUNING)
    best = tuned(tuning)
    cells = [
        {**pair, "rate": best[key], "part": "test"} for pair in pairs if (key := tuple(pair.values())) in best
    ]
    return tuning + (run(cells, seeds) if cells else [])


@contextlib.contextmanager
def place(scheduler: str | None) -> Iterator[str | None]:
    """The backend of joblib: processes of this machine, or the cluster at an address."""
    if scheduler is None:
        yield "loky"
        return
    try:
        from distributed import Client
    except ImportError as error:
        raise ValueError(
            "--scheduler needs Dask: pip install '.[cluster]' in a clone of this project"
        ) from error
    try:
        client = Client(scheduler, timeout=10)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, TimeoutError) as error:
        raise ValueError(
            f"--scheduler must be the address of a Dask scheduler, got {scheduler!r}: {error}"
        ) from error
    with client, joblib.parallel_config("dask"):
        yield None


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--functions", nargs="+", default=list(FUNCTIONS), metavar="NAME")
    parser.add_argument("--networks", nargs="+", default=list(NETWORKS), metavar="NAME")
    parser.add_argument("--seeds", type=int, default=10, help="test runs of each function on each network")
    parser.add_argument("--store", type=Path, default=SEARCH_TABLE, help="the CSV file")
    parser.add_argument("--jobs", type=int, default=-1, help="runs at a time; all cores by default")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="of a Dask cluster, such as tcp://host:8786")
    options = parser.parse_args()
    try:
        for function in options.functions:
            find("--functions", function, FUNCTIONS, "FUNCTIONS")
        for network in options.networks:
            find("--networks", network, NETWORKS, "NETWORKS")
        if options.seeds < 1:
            raise ValueError(f"--seeds must be at least 1, got {options.seeds}")
        with place(options.scheduler) as backend, warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # told below
            rows = table(
                options.store, options.functions, options.networks, options.seeds, backend, options.jobs
            )
    except ValueError as error:
        parser.error(str(error))
    failed = [row for row in rows if row["error"]]
    for row in failed:
        where = ", ".join(f"{name} {row[name]}" for name in ("function", "network", "rate", "part", "seed"))
        print(f"failed: {where}\n{row['error']}", file=sys.stderr)
    print(f"{len(rows)} runs, {len(failed)} failed: {options.store}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
