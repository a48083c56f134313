r"""Experiments: the same training with different settings and seeds, on every core or on a cluster.

`sweep` runs a function over a grid and keeps each run as a row of a CSV file, so that an interrupted experiment
continues where it stopped; `read` reads such a file. `bootstrap` shows how certain a mean over seeds is.
`search_table` returns a finished experiment: activations on small networks.
"""

import csv
import itertools
import json
import math
import os
import pickle
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import Any, TextIO, cast

import numpy as np
import torch
from torch import Generator, Tensor

from lego import __version__
from lego import _checks as check

__all__ = ["SEARCH_TABLE", "bootstrap", "read", "search_table", "sweep"]

SEARCH_TABLE = Path(__file__).with_name("search_table.csv")
"""The file that `search_table` reads."""


try:
    from fcntl import LOCK_EX, LOCK_NB, flock
except ImportError:  # Windows has no such lock

    def _lock(file: int) -> None:
        pass

else:

    def _lock(file: int) -> None:
        flock(file, LOCK_EX | LOCK_NB)


Row = dict[str, Any]
Key = tuple[str, ...]
Task = Callable[[int, Row], tuple[int, Row]]
Grid = Mapping[str, Iterable[Any]] | Iterable[Mapping[str, Any]]
OURS = ("seed", "seconds", "error", "lego", "torch")
PATIENCE = 300.0  # seconds that a cluster may be without any worker


def sweep(
    train: Callable[..., Mapping[str, Any]],
    grid: Grid,
    seeds: int | Iterable[int],
    *,
    store: str | os.PathLike[str],
    backend: str | None = None,
    jobs: int = -1,
    settings: Mapping[str, Any] | None = None,
    progress: bool = True,
) -> list[Row]:
    """Calls `train(**cell, seed=seed)` for every cell of a grid and every seed, and keeps each result in a file.

    Called again, it runs only what is missing or failed. Each run computes with one thread, so that its numbers do
    not depend on how many run at a time. Runs of one seed come before those of the next: after an interruption, the
    file holds the whole grid with fewer seeds.

    Args:
        train: returns numbers, strings, booleans or `None` by name: the same names each time. It must draw all its
            randomness from `seed`. If a run raises an error, exits, or its process dies (unless that is the
            caller's), only this run fails. On a cluster, a run also fails where a module or the caller's version of
            `lego` or PyTorch is missing, and the rest fail after five minutes without any worker, or after joblib's
            `wait_for_workers_timeout` if it is longer.
        grid: lists of values by name, whose combinations are the cells; or the cells themselves. Values are of the
            kinds that `train` may return; scalars of PyTorch and NumPy become Python's.
        seeds: the seeds, or how many, counted from 0.
        store: a CSV file with a row for each run, created if there is none. Rows of other cells stay in it. Columns:
            the grid's, `seed`, the settings, `lego` and `torch` (their versions), what `train` returned, `seconds`, and
            `error` (the traceback of a run that failed).
        backend: a backend of joblib, such as `"loky"` (processes on this machine), `"threading"`, `"sequential"` or
            `"dask"` (the cluster of the `distributed.Client` that is open); if omitted, the one that
            `joblib.parallel_config` sets, else `"loky"`. With `"threading"` or `"sequential"`, runs are in the
            caller's process, and one that the system kills ends the sweep.
        jobs: how many runs at a time; -1 means all cores, -2 all but one (on a cluster, all). With one at a time,
            `"loky"` works like `"sequential"`.
        settings: what is the same for all runs and affects their results, such as the number of steps. A store with
            other settings is refused.
        progress: whether to show a bar with the remaining time; it appears only in a terminal.

    Returns:
        The rows, first by cell and then by seed, as dicts from column to value.

    Raises:
        ValueError: if an argument breaks its rule, or the store holds runs of other settings, versions or columns; the
            message names it. The store is left as it was.
        ImportError: if joblib is missing.

    Warns:
        RuntimeWarning: if runs failed; their rows have an `error`.

    Examples:
        ```python
        import torch

        from lego.experiments import bootstrap, sweep
        from lego.stack import mlp
        from lego.training import accuracy, fit

        x = torch.randn(300, 2, generator=torch.Generator().manual_seed(0))
        y = (x.prod(1) > 0).long()


        def train(width, lr, seed):
            net = mlp([2, width, 2], generator=torch.Generator().manual_seed(seed))
            fit(net, x[:200], y[:200], steps=100, lr=lr, progress=False)
            return {"accuracy": accuracy(net, x[200:], y[200:])}


        grid = {"width": [4, 32], "lr": [0.1, 1.0]}
        rows = sweep(train, grid, seeds=3, store="runs.csv", backend="sequential")
        print(bootstrap([row["accuracy"] for row in rows if row["width"] == 32]))
        ```
    """
    store = check.path("store", store)
    if not store.parent.is_dir() or store.is_dir():
        raise ValueError(f"store must be a file in a folder that exists, got {os.fspath(store)!r}")
    if not callable(train):
        raise ValueError(f"train must be a function, got {train!r}")
    if type(jobs := _plain({"jobs": jobs})["jobs"]) is not int or jobs == 0:
        raise ValueError(f"jobs must be a count above 0, or -1 for all cores, got {jobs!r}")
    if backend is not None and not isinstance(backend, str):
        raise TypeError(f"backend must be the name of a backend of joblib, got {check.shown(backend)}")
    versions = _versions()
    fixed = {**_settings(settings), **versions}
    cells = _cells(grid, fixed)
    seeds = _seeds(seeds)
    names = [*cells[0], "seed"]
    task = partial(_outcome, train, {*OURS, *names, *fixed}, versions)
    asked = [{**cell, "seed": seed} for cell in cells for seed in seeds]
    try:
        import joblib
    except ImportError as error:
        raise ImportError(
            "sweep needs joblib: pip install '.[experiments]' in a clone of this project"
        ) from error
    active = _active(joblib, backend)
    _send(joblib, task, active)

    wanted = {_key(run, names) for run in asked}

    def look() -> tuple[dict[Key, Row], list[Row]]:
        """What the store holds, and what has to be run."""
        held = _read(store, names, fixed)
        found = {key: row for key, row in held.items() if not row["error"] or key not in wanted}
        ordered = [run for seed in seeds for run in asked if run["seed"] == seed]
        return found, [run for run in ordered if _key(run, names) not in found]

    done, due = look()
    if due:
        threads = torch.get_num_threads()
        try:
            with _Table(store) as table:
                done, due = look()  # again: another sweep may have filled the store meanwhile
                table.write(list(done.values()))
                with _bar(len(asked), len(due), progress) as bar:
                    for run, found in _runs(joblib, active, task, due, backend, jobs):
                        row = {**run, **fixed, **found}
                        table.add(row)
                        done[_key(run, names)] = row
                        if bar is not None:
                            bar.update()
                others = [row for key, row in done.items() if key not in wanted]
                table.write([*others, *(done[_key(run, names)] for run in asked)])
        finally:
            torch.set_num_threads(threads)
    columns = dict.fromkeys(name for row in done.values() for name in row)
    rows = [{name: done[_key(run, names)].get(name) for name in columns} for run in asked]
    if failed := [row for row in rows if row["error"]]:
        last = str(failed[0]["error"]).strip().splitlines()[-1]
        warnings.warn(
            f"{len(failed)} of {len(rows)} runs failed; the first: {last} (see the column error of {store})",
            RuntimeWarning,
            stacklevel=2,
        )
    return rows


def bootstrap(
    values: Sequence[float] | Tensor,
    *,
    level: float = 0.95,
    draws: int = 10_000,
    generator: Generator | None = None,
) -> tuple[float, float]:
    r"""Interval for the mean of a few runs: where the mean falls when the same runs are redrawn at random.

    Draws $n$ of the $n$ values with replacement, many times, and takes the middle share of the means. With few values
    it is too narrow: for normal draws, 95% intervals contain the true mean in 90% of cases with ten values, and in
    75% with three.

    Args:
        values: at least two numbers, such as the accuracies of one setting over seeds.
        level: share of the means between the two ends.
        draws: how many means.
        generator: source of randomness; one with seed 0 if omitted.

    Returns:
        The lower and the upper end.

    Raises:
        ValueError: if an argument breaks its rule.

    Source: Efron (1979), doi:10.1214/aos/1176344552
    """
    found = check.numbers("values", values).detach().cpu()
    if found.ndim != 1 or len(found) < 2 or not found.isfinite().all():
        raise ValueError(f"values must be at least two finite numbers, got {values}")
    level, draws = check.real("level", level), check.whole("draws", draws)
    if not 0 < level < 1:
        raise ValueError(f"level must be above 0 and below 1, got {level}")
    if draws < 1:
        raise ValueError(f"draws must be at least 1, got {draws}")
    generator = check.generator(generator) or Generator().manual_seed(0)
    picked = torch.randint(
        len(found), (draws, len(found)), generator=generator, device=generator.device
    ).cpu()
    size = 2.0 ** (math.frexp(float(found.abs().max()))[1] - 1)  # of the largest: a sum of such may overflow
    tail = (1 - level) / 2
    means = (found / size)[picked].mean(1)
    low, high = np.quantile(means.numpy(), [tail, 1 - tail])  # PyTorch's accepts 16 million at most
    return float(low * size), float(high * size)


def read(store: str | os.PathLike[str]) -> list[Row]:
    """The rows of a store of [sweep][lego.experiments.sweep], without running anything.

    Args:
        store: the CSV file.

    Returns:
        Dicts from column to value, in the order of the file.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is not a table of a sweep.
    """
    return _rows(check.path("store", store))


def search_table() -> list[Row]:
    """The search for Swish in miniature: one row for each training run of an activation on a small network.

    Columns: `function`, `network` (`"MLP"`, `"CNN"`, `"residual CNN"`; for the nine candidates also `"deep MLP"`),
    `rate`, `part` (`"validation"` for the runs that chose the rate, `"test"` for those that count), `seed`, `accuracy`
    (a share) and those of [sweep][lego.experiments.sweep].

    Source: made by the project's `benchmarks/search_table.py`, on MNIST-1D.
    """
    return read(SEARCH_TABLE)


def _cells(grid: Grid, fixed: Mapping[str, Any]) -> list[Row]:
    if isinstance(grid, Mapping):
        lists = []
        for name, values in grid.items():
            if isinstance(values, str) or (found := _listed(values)) is None:
                raise ValueError(
                    f"grid must have a list of values under each name, got {values!r} under {name!r}"
                )
            lists.append(found)
        cells = [dict(zip(grid, values, strict=True)) for values in itertools.product(*lists)]
    else:
        cells = []
        for cell in [grid] if (listed := _listed(grid)) is None else listed:
            if not isinstance(cell, Mapping):
                raise ValueError(f"grid must be values by name, or a list of cells, got {cell!r}")
            cells.append(dict(cell))
    cells = [_plain(cell) for cell in cells]
    if not cells or not cells[0]:
        raise ValueError(f"grid must have at least one cell, got {grid!r}")
    for cell in cells:
        if list(cell) != list(cells[0]):
            raise ValueError(
                f"grid must have the same names in each cell, got {list(cells[0])} and {list(cell)}"
            )
        _check("grid", cell, {*OURS, *fixed})
    texts = [tuple(map(_text, cell.values())) for cell in cells]
    if twice := next((cell for cell, text in zip(cells, texts, strict=True) if texts.count(text) > 1), None):
        raise ValueError(f"grid must have no cell twice, got {twice} twice")
    return cells


def _seeds(seeds: int | Iterable[int]) -> list[int]:
    if getattr(seeds, "shape", None) == ():  # a number of NumPy or PyTorch
        seeds = cast(Any, seeds).item()
    if isinstance(seeds, int):
        found: list[Any] = list(range(check.whole("seeds", seeds)))
    else:
        found = list(_plain(dict(enumerate(_listed(seeds) or []))).values())
    if not found or len(set(found)) < len(found) or not all(type(seed) is int for seed in found):
        raise ValueError(f"seeds must be a count above 0, or different integers, got {seeds!r}")
    return found


def _listed(values: Iterable[Any]) -> list[Any] | None:
    """The values; `None` if they cannot be listed."""
    try:
        return list(values)
    except TypeError:
        return None


def _settings(settings: Mapping[str, Any] | None) -> Row:
    if not isinstance(settings, Mapping | None):
        raise ValueError(f"settings must be values by name, got {settings!r}")
    found = _plain(settings or {})
    _check("settings", found, set(OURS))
    return found


def _plain(values: Mapping[Any, Any]) -> Row:
    """The same values, with Python's numbers in place of scalars of PyTorch and NumPy."""
    return {
        name: value.item() if getattr(value, "shape", None) in ((), (1,)) else value
        for name, value in values.items()
    }


def _check(argument: str, values: Mapping[str, Any], taken: set[str]) -> None:
    for name, value in values.items():
        if not isinstance(name, str) or name in taken:
            raise ValueError(
                f"{argument} must have names of its own (not {', '.join(sorted(taken))}), got {name!r}"
            )
        if not isinstance(value, str | int | float | None):
            raise ValueError(
                f"{argument} must hold numbers, strings, booleans or None, got {value!r} under {name!r}"
            )


def _versions() -> Row:
    return {"lego": __version__, "torch": torch.__version__.partition("+")[0]}


def _active(joblib: Any, backend: str | None) -> Any:
    """The backend that joblib takes for this name."""
    with joblib.parallel_config(backend) if backend else nullcontext():
        return joblib.parallel.get_active_backend()[0]


def _send(joblib: Any, task: Task, active: Any) -> None:
    """Raises an error, before anything is run, for a function that cannot be sent to a process."""
    if not getattr(active, "supports_sharedmem", False):
        try:
            pickle.dumps(joblib.wrap_non_picklable_objects(task))
        except Exception as error:
            raise ValueError(
                f"train must be a function that pickle can send to a process: {error}"
            ) from error


def _runs(
    joblib: Any, active: Any, task: Task, due: list[Row], backend: str | None, jobs: int
) -> Iterator[tuple[Row, Row]]:
    """Each run with its outcome, as they finish."""
    if isinstance(active, joblib.parallel.BACKENDS.get("dask", ())):
        yield from _on_cluster(active, task, due, jobs)
        return
    left = dict(enumerate(due))
    suspects: list[int] = []  # a process died while these were under way: each runs once more, alone
    while left:
        batch = [suspects.pop(0)] if suspects else list(left)
        under_way: set[int] = set()
        parallel = joblib.Parallel(
            n_jobs=jobs,
            backend=backend,
            return_as="generator_unordered",
            batch_size=1,
            pre_dispatch="2*n_jobs",
        )
        try:
            for number, found in parallel(_tasks(joblib, task, {n: left[n] for n in batch}, under_way)):
                under_way.remove(number)
                yield left.pop(number), found
        except Exception as error:  # not one of train's own, which _outcome catches
            if not under_way:
                raise
            if len(batch) > 1:
                suspects = sorted(under_way)
            else:
                yield left.pop(batch[0]), _row(error)


def _tasks(joblib: Any, task: Task, runs: Mapping[int, Row], under_way: set[int]) -> Iterator[Any]:
    for number, run in runs.items():
        under_way.add(number)
        yield joblib.delayed(task)(number, run)


def _on_cluster(active: Any, task: Task, due: list[Row], jobs: int) -> Iterator[tuple[Row, Row]]:
    """The same on a Dask cluster, where joblib would wait forever for a run that Dask gives up."""
    from distributed import KilledWorker

    active.effective_n_jobs(jobs)  # raises an error if no worker comes
    killed: list[tuple[Row, Row | Exception]] = []
    for run, found in _submitted(active, task, due, jobs):
        if isinstance(found, KilledWorker):
            killed.append((run, found))
        else:
            yield run, _row(found)
    for run, found in killed:
        if len(killed) > 1:  # one may have killed the workers of all: each runs once more, alone
            ((_, found),) = _submitted(active, task, [run], 1)
        yield run, _row(found)


def _submitted(active: Any, task: Task, due: list[Row], jobs: int) -> Iterator[tuple[Row, Row | Exception]]:
    """Each run with its outcome, or with the error for which the cluster gave it up."""
    import cloudpickle  # type: ignore[import-untyped]

    def load(task: bytes, run: Row) -> Row:
        found: Row = pickle.loads(task)(0, run)[1]
        return found

    # A worker that cannot load what it receives would lose its connection: it gets bytes, and a function without lego.
    sent = cloudpickle.dumps(task)
    client, left = active.client, iter(due)
    under_way: dict[Any, Row] = {}
    patience = max(PATIENCE, active.wait_for_workers_timeout or 0)
    seen = time.monotonic()  # when the cluster last had a worker
    try:
        # A sweep that is itself a task of the cluster leaves its worker to the runs.
        with active.retrieval_context():
            while True:
                if cores := sum(client.ncores().values()):
                    seen = time.monotonic()
                limit = jobs if jobs > 0 else max(1, 2 * cores)  # so that no worker waits for its next run
                for run in itertools.islice(left, max(0, limit - len(under_way))):
                    under_way[client.submit(load, sent, run, pure=False, **active.submit_kwargs)] = run
                if not under_way:
                    return
                ended = [future for future in under_way if future.done()]
                for future in ended:
                    try:
                        found = future.result(timeout=10)
                    except Exception as error:
                        if isinstance(error, TimeoutError) and future.status != "error":
                            continue  # the result is lost with its worker: Dask computes it again
                        found = error
                    yield under_way.pop(future), found
                if not ended:
                    if time.monotonic() - seen > patience:
                        none = TimeoutError(f"the Dask cluster has had no worker for {patience:g} seconds")
                        yield from ((run, none) for run in [*under_way.values(), *left])
                        return
                    time.sleep(0.1)
    finally:
        for future in under_way:
            future.release()  # or the cluster would go on with them after Ctrl-C


def _row(found: Row | Exception) -> Row:
    return {"seconds": None, "error": _told(found)} if isinstance(found, Exception) else found


def _outcome(
    train: Callable[..., Mapping[str, Any]], taken: set[str], versions: Row, number: int, run: Row
) -> tuple[int, Row]:
    """What a run returned or raised; this is what a worker process runs."""
    torch.set_num_threads(1)
    start, found, error = time.perf_counter(), {}, None
    try:
        if (here := _versions()) != versions:
            raise RuntimeError(f"a worker must have the versions of the caller, {versions}, got {here}")
        found = _plain(train(**run))
        _check("train's result", found, taken)
    except (Exception, SystemExit) as raised:
        found, error = {}, _told(raised)
    return number, {**found, "seconds": round(time.perf_counter() - start, 3), "error": error}


def _told(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))


class _Table:
    """The store while a sweep runs: each row is in the file as soon as its run has ended."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = path.with_name(f".{path.name}.lock")

    def __enter__(self) -> "_Table":
        held = False
        while not held:
            self.guard = self.lock.open("w")
            try:
                _lock(self.guard.fileno())
            except BlockingIOError as error:
                self.guard.close()
                raise ValueError(
                    f"store must be of one sweep at a time, got {self.path}, which another fills"
                ) from error
            except OSError:  # a file system without locks, such as some network ones
                pass
            with suppress(FileNotFoundError):  # a sweep that ended removed the file before it was locked
                held = os.path.samestat(os.fstat(self.guard.fileno()), self.lock.stat())
            if not held:
                self.guard.close()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(PermissionError):  # Windows does not remove an open file
            self.lock.unlink(missing_ok=True)
        self.guard.close()

    def add(self, row: Row) -> None:
        """Appends a row; a new column means a new file."""
        if row.keys() <= set(self.columns):
            self.rows.append(row)
            with self.path.open("a", encoding="utf-8", newline="") as file:
                self._lines(file, [row])
        else:
            self.write([*self.rows, row])

    def write(self, rows: list[Row]) -> None:
        """Replaces the file, completely or not at all."""
        self.rows = rows
        last = ("seconds", "error")
        columns = dict.fromkeys(name for row in rows for name in row if name not in last)
        self.columns = [*columns, *last]
        if not rows:
            return
        new = self.path.with_name(f".{self.path.name}.new")
        with new.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow(self.columns)
            self._lines(file, rows)
        os.replace(new, self.path)

    def _lines(self, file: TextIO, rows: list[Row]) -> None:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([_text(row.get(name)) for name in self.columns] for row in rows)


def _read(store: Path, names: list[str], fixed: Mapping[str, Any]) -> dict[Key, Row]:
    """What a store holds, by key."""
    found: dict[Key, Row] = {}
    for number, row in enumerate(_rows(store) if store.exists() else [], 2):
        if missing := [name for name in (*names, *fixed) if name not in row]:
            raise ValueError(
                f"store must have the columns of this sweep, got {store} without {', '.join(missing)}: choose another"
            )
        asked = itertools.takewhile("torch".__ne__, row)  # results come after it
        if others := [name for name in asked if name not in names and name not in fixed]:
            raise ValueError(
                f"store must have the columns of this sweep, got {store} with {', '.join(others)} too: choose another"
            )
        for name, value in fixed.items():
            if row[name] != value and _text(row[name]) != _text(value):  # NaN equals nothing
                raise ValueError(
                    f"store must hold runs of the same settings, got {name} = {row[name]!r} in line {number} of "
                    f"{store} and {value!r} now: choose another store, or move this one away"
                )
        if _key(row, names) in found:
            raise ValueError(f"store must hold each run once, got one again in line {number} of {store}")
        found[_key(row, names)] = row
    return found


def _rows(store: Path) -> list[Row]:
    """All rows; an incomplete last line, left by a process that died, is skipped."""
    try:
        text = store.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"store must be a table in UTF-8, got {store}: {error}") from error
    limit = csv.field_size_limit(len(text) + 1)  # a traceback may be longer than the default allows
    try:
        header, *lines = list(csv.reader(text[: text.rfind("\n") + 1].split("\n")[:-1])) or [[]]
    finally:
        csv.field_size_limit(limit)
    if text and (missing := [name for name in ("seconds", "error") if name not in header]):
        raise ValueError(
            f"store must be a table of a sweep, got {store} without the columns {' and '.join(missing)}"
        )
    for number, line in enumerate(lines, 2):
        if len(line) != len(header):
            raise ValueError(
                f"store must be a table, got {len(line)} cells in line {number} of {store}, below {len(header)} names"
            )
    return [{name: _value(cell) for name, cell in zip(header, line, strict=True)} for line in lines]


def _key(row: Row, names: list[str]) -> Key:
    return tuple(_text(row[name]) for name in names)


def _text(value: Any) -> str:
    """A cell: a string as it is where that is unambiguous, nothing for `None`, else JSON."""
    if value is None:
        return ""
    if isinstance(value, str) and value.isprintable() and _value(value) == value:
        return value
    return json.dumps(value)  # in ASCII, because UTF-8 cannot hold half a surrogate pair


def _value(cell: str) -> Any:
    if not cell:
        return None
    try:
        return json.loads(cell)
    except ValueError:
        return cell


def _bar(total: int, due: int, progress: bool) -> AbstractContextManager[Any]:
    if not (progress and sys.stderr.isatty()):
        return nullcontext()
    from tqdm import tqdm

    bar: AbstractContextManager[Any] = tqdm(total=total, initial=total - due, unit="run")
    return bar
