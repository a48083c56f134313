import csv
import errno
import importlib.util
import io
import math
import os
import re
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path
from types import SimpleNamespace

import cloudpickle
import joblib
import numpy as np
import pytest
import torch
from scipy import stats

import lego
from lego import experiments
from lego.activations import ACTIVATIONS, SEARCH_CANDIDATES
from lego.experiments import bootstrap, read, search_table, sweep

ROOT = Path(__file__).parent.parent
cloudpickle.register_pickle_by_value(sys.modules[__name__])  # or each new process would import scipy for it
GRID = {"a": [1, 2], "b": ["x", "y"]}


def product(a, b, seed):
    return {"value": a * 10 + seed, "text": b * 2}


def run(train=product, grid=GRID, seeds=2, backend="sequential", **options):
    return sweep(train, grid, seeds, backend=backend, **options)


def plain(rows):
    """Rows without the one column that differs from run to run."""
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


def test_rows_are_the_grid_by_hand(tmp_path):
    rows = run(store=tmp_path / "runs.csv", settings={"steps": 5})
    versions = {"lego": lego.__version__, "torch": torch.__version__.split("+")[0]}
    assert plain(rows) == [
        {
            "a": a,
            "b": b,
            "seed": seed,
            "steps": 5,
            **versions,
            "value": 10 * a + seed,
            "text": 2 * b,
            "error": None,
        }
        for a in (1, 2)
        for b in "xy"
        for seed in (0, 1)
    ]
    assert all(row["seconds"] >= 0 for row in rows)


def test_seconds_are_told_to_the_millisecond(monkeypatch):
    from lego import experiments

    monkeypatch.setattr(experiments.time, "perf_counter", iter([5.0, 6.23456]).__next__)
    outcome = experiments._outcome(dict, set(), experiments._versions(), 3, {})
    assert outcome == (3, {"seconds": 1.235, "error": None})


def test_the_file_reads_back_as_the_rows(tmp_path):
    store = tmp_path / "runs.csv"
    rows = run(store=store)
    assert read(store) == rows
    with store.open(newline="") as file:  # any other reader of CSV agrees
        assert [row["value"] for row in csv.DictReader(file)] == [str(row["value"]) for row in rows]
    assert run(lambda **_: pytest.fail("nothing is due"), store=store) == rows


@pytest.mark.parametrize(
    "value",
    ["1", "true", "", "None", "null", "a,b", 'a "quoted" word', "two\nlines\r", "Ω", " x ", "NaN", None,
     "\ud800", "x" * 200_000, True, False, 0, -7, 2**70, 0.1, 1e-300, 1e300, math.inf, -math.inf],
)  # fmt: skip
def test_every_value_comes_back(tmp_path, value):
    store = tmp_path / "runs.csv"
    assert run(lambda v, seed: {"same": v}, {"v": [value]}, 1, store=store)[0]["same"] == value
    (row,) = run(lambda **_: pytest.fail("nothing is due"), {"v": [value]}, 1, store=store)
    assert row["same"] == row["v"] == value and type(row["same"]) is type(value)


def test_nan_and_scalars_of_libraries_come_back(tmp_path):
    found = {"nan": math.nan, "tensor": torch.tensor(0.5), "numpy": np.float32(0.25), "count": np.int64(3)}
    found["one"] = torch.tensor([2.0])
    (row,) = run(lambda a, seed: found, {"a": [1]}, 1, store=tmp_path / "runs.csv")
    assert math.isnan(row["nan"]) and (row["tensor"], row["numpy"], row["count"]) == (0.5, 0.25, 3)
    assert row["one"] == 2.0 and type(row["one"]) is float
    assert type(row["count"]) is int and math.isnan(read(tmp_path / "runs.csv")[0]["nan"])


def test_grids_seeds_and_settings_of_numpy_and_torch_are_plain_numbers(tmp_path):
    store, seen = tmp_path / "runs.csv", []
    grid = {"rate": np.linspace(0, 1, 3), "p": torch.tensor([0.5]), "width": np.arange(2)}
    for _ in range(2):
        rows = run(lambda **found: seen.append(found) or {"v": 1}, grid, np.arange(2), store=store,
                   settings={"steps": np.int64(5)})  # fmt: skip
    assert len(seen) == len(rows) == 12 and rows == read(store)
    assert {type(value) for found in seen for value in found.values()} == {int, float}


def test_values_of_a_grid_may_come_one_by_one(tmp_path):
    rows = run(grid={"a": iter([1, 2]), "b": (letter for letter in "xy")}, store=tmp_path / "runs.csv")
    assert [(row["a"], row["b"]) for row in rows[::2]] == [(1, "x"), (1, "y"), (2, "x"), (2, "y")]


def test_only_what_is_missing_runs(tmp_path):
    calls = []

    def train(a, b, seed):
        calls.append((a, b, seed))
        return product(a, b, seed)

    store = tmp_path / "runs.csv"
    run(train, {"a": [2], "b": ["y"]}, [1], store=store)
    rows = run(train, store=store)
    assert len(calls) == len(set(calls)) == 8 and len(read(store)) == 8
    assert plain(rows) == plain(run(store=tmp_path / "whole.csv"))
    more = run(train, seeds=3, store=store)
    assert len(calls) == 12 and len(more) == 12
    assert run(train, {"a": [2], "b": ["x"]}, [0], store=store) == [more[6]]
    assert len(read(store)) == 12  # rows of other cells stay


def test_runs_of_one_seed_come_before_the_next(tmp_path):
    seen = []
    run(lambda a, b, seed: seen.append(seed) or {"v": 0}, seeds=[7, 3], store=tmp_path / "runs.csv")
    assert seen == [7] * 4 + [3] * 4


def test_a_broken_off_sweep_loses_no_row_and_repeats_none(tmp_path):
    store, calls = tmp_path / "runs.csv", []

    def train(a, b, seed):
        calls.append((a, b, seed))
        if len(calls) == 4:
            raise KeyboardInterrupt
        return product(a, b, seed)

    with pytest.raises(KeyboardInterrupt):
        run(train, store=store)
    assert len(read(store)) == 3
    with store.open("a") as file:
        file.write("2,x,1,0.1")  # half a line, of a process that was killed
    assert len(read(store)) == 3
    rows = run(train, store=store)
    assert len(calls) == 9 and plain(rows) == plain(run(store=tmp_path / "whole.csv"))
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_run_that_raises_fails_alone_and_is_tried_again(tmp_path):
    store = tmp_path / "runs.csv"

    def train(a, b, seed):
        if (a, seed) == (2, 0):
            raise MemoryError("no room\nfor it")
        return product(a, b, seed)

    with pytest.warns(RuntimeWarning, match=r"2 of 8 runs failed; the first: for it .*runs\.csv") as warned:
        rows = run(train, store=store)
    assert warned[0].filename == __file__, "the warning points at who calls"
    assert [row["error"] is not None for row in rows] == [row["a"] == 2 and row["seed"] == 0 for row in rows]
    assert "MemoryError: no room\nfor it" in rows[4]["error"] and rows[4]["value"] is None
    assert read(store) == rows
    assert plain(run(store=store)) == plain(run(store=tmp_path / "whole.csv"))


def test_a_run_that_exits_or_tells_a_long_story_fails_alone(tmp_path):
    def train(a, b, seed):
        if (a, b) == (2, "x"):
            sys.exit(3) if seed else math.sqrt("not a number" * 20_000)
        return product(a, b, seed)

    with pytest.warns(RuntimeWarning, match="2 of 8 runs failed"):
        rows = run(train, store=tmp_path / "runs.csv")
    assert [bool(row["error"]) for row in rows] == [False] * 4 + [True] * 2 + [False] * 2
    assert "SystemExit: 3" in rows[5]["error"] and read(tmp_path / "runs.csv") == rows
    assert csv.field_size_limit() == 131_072  # as it was


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_bar_says_how_long_it_takes_and_counts_what_is_there(tmp_path, monkeypatch):
    store = tmp_path / "runs.csv"
    run(seeds=1, store=store)
    for options, shown in (({}, True), ({"progress": False}, False)):
        monkeypatch.setattr(sys, "stderr", terminal := Terminal())
        run(lambda a, b, seed: time.sleep(0.15) or {"value": 0}, seeds=[*range(1 + shown, 3 + shown), 0], store=store,
            **options)  # fmt: skip
        told = terminal.getvalue()
        assert ("4/12" in told and "12/12" in told and re.search(r"<00:0\d, ", told) is not None) is shown
        assert bool(told) is shown


def test_a_first_run_that_fails_leaves_room_for_the_results(tmp_path):
    def train(a, b, seed):
        if (a, b, seed) == (1, "x", 0):
            raise ValueError("first")
        return product(a, b, seed)

    with pytest.warns(RuntimeWarning, match="1 of 8"):
        rows = run(train, store=tmp_path / "runs.csv")
    assert [row["value"] for row in rows] == [None, 11, 10, 11, 20, 21, 20, 21]
    assert read(tmp_path / "runs.csv") == rows


def dies(a, b, seed):
    if (a, b) == (2, "x"):
        os.kill(os.getpid(), signal.SIGKILL)  # what the system does to a process out of memory
    return product(a, b, seed)


def waits_or_dies(number, seed):
    if number == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(1)  # so that both are under way
    return {"value": number}


def test_of_two_runs_the_one_that_dies_fails(tmp_path):
    with pytest.warns(RuntimeWarning, match="1 of 2 runs failed"):
        rows = sweep(
            waits_or_dies,
            {"number": [1, 2]},
            1,
            store=tmp_path / "runs.csv",
            backend="loky",
            jobs=2,
            progress=False,
        )
    assert [row["value"] for row in rows] == [1, None]


def test_a_process_that_dies_fails_alone(tmp_path):
    with pytest.warns(RuntimeWarning, match="2 of 8 runs failed"):
        rows = run(dies, backend="loky", jobs=2, store=tmp_path / "runs.csv")
    failed = [row for row in rows if row["error"]]
    assert [(row["a"], row["b"], row["seed"]) for row in failed] == [(2, "x", 0), (2, "x", 1)]
    assert all("SIGKILL" in row["error"] and row["seconds"] is None for row in failed)
    healthy = [row for row in plain(run(store=tmp_path / "whole.csv")) if (row["a"], row["b"]) != (2, "x")]
    assert [row for row in plain(rows) if not row["error"]] == healthy


def test_a_single_run_at_a_time_runs_in_the_process_that_calls(tmp_path):
    rows = run(
        lambda a, b, seed: {"process": os.getpid()}, backend="loky", jobs=1, store=tmp_path / "runs.csv"
    )
    assert {row["process"] for row in rows} == {os.getpid()}


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_every_backend_gives_the_same_rows(tmp_path, two_threads, backend):
    rows = run(backend=backend, jobs=2, store=tmp_path / "runs.csv")
    assert torch.get_num_threads() == 2
    assert plain(rows) == plain(run(store=tmp_path / "whole.csv"))


def test_a_run_has_one_thread(tmp_path, two_threads):
    rows = run(lambda a, b, seed: {"threads": torch.get_num_threads()}, store=tmp_path / "runs.csv")
    assert {row["threads"] for row in rows} == {1} and torch.get_num_threads() == 2


class Lost:
    def __reduce__(self):
        raise TypeError("not to be sent")


def test_a_function_that_cannot_be_sent_is_told_at_once(tmp_path):
    lost, store = Lost(), tmp_path / "runs.csv"
    with pytest.raises(ValueError, match=r"train must be a function that pickle can send .*: not to be sent"):
        run(lambda a, b, seed: {"v": str(lost)}, backend="loky", jobs=2, store=store)
    assert not store.exists()
    assert len(run(lambda a, b, seed: {"v": type(lost).__name__}, backend="threading", store=store)) == 8


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"grid": {}}, "grid must have at least one cell"),
        ({"grid": {"a": []}}, "grid must have at least one cell"),
        ({"grid": []}, "grid must have at least one cell"),
        ({"grid": [{}, {"a": 1}]}, "grid must have at least one cell"),
        ({"grid": {"a": "xy"}}, "grid must have a list of values under each name, got 'xy' under 'a'"),
        ({"grid": {"a": 3}}, "got 3 under 'a'"),
        (
            {"grid": {"a": torch.tensor(0.5)}},
            r"grid must have a list of values under each name, got tensor\(0.5000\) under 'a'",
        ),
        ({"grid": {"a": np.array(0.5)}}, r"got array\(0.5\) under 'a'"),
        ({"grid": 5}, "grid must be values by name, or a list of cells, got 5"),
        ({"grid": [{"a": 1}, 2]}, "grid must be values by name, or a list of cells, got 2"),
        ({"grid": {"seed": [1]}}, "grid must have names of its own .* got 'seed'"),
        ({"grid": {"steps": [1]}, "settings": {"steps": 2}}, "got 'steps'"),
        ({"grid": {"a": [torch.ones(2)]}}, "grid must hold numbers, strings, booleans or None"),
        ({"grid": {"a": [1, 1]}}, "grid must have no cell twice"),
        ({"grid": [{"a": 1}, {"b": 1}]}, r"the same names in each cell, got \['a'\] and \['b'\]"),
        ({"seeds": 0}, "seeds must be a count above 0, or different integers, got 0"),
        ({"seeds": [1, 1]}, r"got \[1, 1\]"),
        ({"seeds": [0.5]}, r"got \[0.5\]"),
        ({"seeds": 2.0}, "seeds must be a count above 0, or different integers, got 2.0"),
        ({"seeds": None}, "seeds must be .* got None"),
        ({"train": 3}, "train must be a function, got 3"),
        ({"jobs": 0}, "jobs must be a count above 0, or -1 for all cores, got 0"),
        ({"jobs": 1.5}, "jobs must be .* got 1.5"),
        ({"settings": [1]}, r"settings must be values by name, got \[1\]"),
        ({"settings": {"torch": "9"}}, "settings must have names of its own"),
        ({"settings": {"f": print}}, "settings must hold numbers"),
        (
            {"store": Path("no/such/folder/runs.csv")},
            "store must be a file in a folder that exists, got 'no/such/folder",
        ),
        ({"store": ROOT}, "store must be a file in a folder that exists"),
    ],
)
def test_bad_arguments_are_named(tmp_path, options, match):
    with pytest.raises(ValueError, match=match):
        run(**{"store": tmp_path / "runs.csv", **options})
    assert list(tmp_path.iterdir()) == []


def test_without_joblib_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "joblib", None)
    with pytest.raises(ImportError, match=r"pip install '\.\[experiments\]' in a clone of this project"):
        run(store=tmp_path / "runs.csv")


@pytest.mark.parametrize(
    "found", [{"seed": 1}, {"a": 1}, {"steps": 6}, {"v": torch.ones(2)}, {"v": [1]}, {3: 1}, None]
)
def test_a_result_that_is_no_row_fails_its_run(tmp_path, found):
    with pytest.warns(RuntimeWarning, match="8 of 8 runs failed"):
        rows = run(lambda a, b, seed: found, store=tmp_path / "runs.csv", settings={"steps": 5})
    assert all(row["error"] for row in rows)


def refused(store, match, **options):
    before = store.read_bytes()
    with pytest.raises(ValueError, match=match):
        run(store=store, **options)
    assert store.read_bytes() == before


def test_a_store_of_something_else_is_named_not_mixed_in(tmp_path):
    store = tmp_path / "runs.csv"
    run(store=store, settings={"steps": 5})
    refused(store, r"same settings, got steps = 5 in line 2 of .*runs\.csv and 6 now", settings={"steps": 6})
    refused(store, "columns of this sweep, .* without rate", settings={"rate": 6})
    refused(store, "columns of this sweep, .* without c", grid={"c": [1]}, settings={"steps": 5})
    refused(store, r"columns of this sweep, got .*runs\.csv with steps too: choose another$")
    refused(store, "columns of this sweep, .* with b too", grid={"a": [1, 2]}, settings={"steps": 5})
    refused(store, "columns of this sweep, .* with b, steps too", grid={"a": [1, 2]})
    torch_now = torch.__version__.split("+")[0]
    store.write_text(store.read_text().replace(torch_now, "1.0.0"))
    refused(store, f"got torch = '1.0.0' in line 2 of .* and '{torch_now}' now", settings={"steps": 5})


def test_a_store_that_is_no_table_is_named(tmp_path):
    store = tmp_path / "runs.csv"
    run(store=store)
    whole = store.read_text()
    store.write_text(whole.replace("2,y,1,", "2,y,1,more,"))
    refused(store, r"store must be a table, got 10 cells in line 9 of .*runs\.csv, below 9 names")
    store.write_text(whole + whole.splitlines()[-1] + "\n")
    refused(store, "each run once, got one again in line 10")
    store.write_bytes(b"\x8a\xff")
    refused(store, r"store must be a table in UTF-8, got .*runs\.csv")
    for text in ("hello", "x,y\n", "x,y\n1,2\n", "seconds\n", "\n"):
        store.write_text(text)
        refused(store, r"store must be a table of a sweep, got .*runs\.csv without the columns ")
        with pytest.raises(ValueError, match="store must be a table of a sweep"):
            read(store)
    store.write_text("")
    assert read(store) == [] and len(run(store=store)) == 8
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "none.csv")


def test_two_sweeps_do_not_fill_one_store(tmp_path):
    store = tmp_path / "runs.csv"

    def train(a, b, seed):
        with pytest.raises(ValueError, match="store must be of one sweep at a time"):
            run(product, seeds=3, store=store)
        return product(a, b, seed)

    assert len(run(train, store=store)) == 8


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_no_other_sweep(tmp_path, monkeypatch, number):
    def none(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(experiments, "flock", none)
    assert len(run(store=tmp_path / "runs.csv")) == 8
    assert [path.name for path in tmp_path.iterdir()] == ["runs.csv"]


@pytest.mark.parametrize("again", [False, True])
def test_a_lock_whose_file_went_before_it_was_taken_is_taken_anew(tmp_path, monkeypatch, again):
    store, lock, calls = tmp_path / "runs.csv", experiments._lock, []
    file = tmp_path / ".runs.csv.lock"

    def late(number):
        if not calls:
            file.unlink()
            if again:
                file.touch()  # by a third sweep
        calls.append(number)
        lock(number)

    monkeypatch.setattr(experiments, "_lock", late)
    with experiments._Table(store):
        assert len(calls) == 2
        with pytest.raises(ValueError, match="store must be of one sweep at a time"):
            experiments._Table(store).__enter__()
    assert not file.exists()


def test_what_another_sweep_added_before_the_lock_stays_and_is_not_run_again(tmp_path, monkeypatch):
    store, lock = tmp_path / "runs.csv", experiments._lock
    seen = []

    def train(a, seed):
        seen.append((a, seed))
        return {"value": a}

    def late(number):
        monkeypatch.setattr(experiments, "_lock", lock)
        run(train, {"a": [1, 2]}, store=store)
        lock(number)

    monkeypatch.setattr(experiments, "_lock", late)
    rows = run(train, {"a": [2, 3]}, store=store)
    assert [row["a"] for row in rows] == [2, 2, 3, 3]
    assert seen == [(1, 0), (2, 0), (1, 1), (2, 1), (3, 0), (3, 1)]
    assert [(row["a"], row["seed"]) for row in read(store)] == [
        (a, seed) for a in (1, 2, 3) for seed in (0, 1)
    ]


@pytest.mark.parametrize("count", [2, 10, 30])
def test_bootstrap_is_scipys(count):
    values = torch.randn(count, generator=torch.Generator().manual_seed(count), dtype=torch.double)
    low, high = bootstrap(values, draws=40_000)
    oracle = stats.bootstrap((values.numpy(),), np.mean, n_resamples=40_000, method="percentile", rng=1)
    width = values.std().item() / math.sqrt(count)
    assert low == pytest.approx(oracle.confidence_interval.low, abs=0.05 * width)
    assert high == pytest.approx(oracle.confidence_interval.high, abs=0.05 * width)
    assert bootstrap(values.tolist(), draws=100) == bootstrap(values, draws=100)
    assert bootstrap(values, generator=torch.Generator().manual_seed(0)) == bootstrap(values)


@pytest.mark.parametrize(("count", "share"), [(3, 0.75), (10, 0.90), (20, 0.93)])
def test_how_often_bootstrap_holds_the_mean(count, share):
    draws = torch.randn(3000, count, generator=torch.Generator().manual_seed(1), dtype=torch.double)
    ends = [bootstrap(line, draws=500) for line in draws]
    assert sum(low < 0 < high for low, high in ends) / 3000 == pytest.approx(share, abs=0.02)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"values": [1.0]}, "values must be at least two finite numbers"),
        ({"values": [1.0, math.nan]}, "values must be"),
        ({"values": [[1.0, 2.0]]}, "values must be"),
        ({"level": 1.0}, "level must be above 0 and below 1, got 1.0"),
        ({"draws": 0}, "draws must be at least 1, got 0"),
    ],
)
def test_bootstrap_names_bad_arguments(options, match):
    with pytest.raises(ValueError, match=match):
        bootstrap(**{"values": [1.0, 2.0], **options})


@pytest.fixture(scope="module")
def table():
    """The benchmark as a module."""
    spec = importlib.util.spec_from_file_location("search_table", ROOT / "benchmarks/search_table.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("which", ["the same", pytest.param("others each day", marks=pytest.mark.slow)])
def test_cells_of_the_search_table_come_out_again(table, one_thread, which):
    generator = torch.Generator().manual_seed(int(time.time() // 86400) if which != "the same" else 0)
    drawn = table.mnist1d()
    data = {"validation": drawn.validation, "train": drawn.train, "test": drawn.test}
    steady = [row for row in search_table() if row["network"] != "deep MLP"]
    smallest = [row for row in steady if row["rate"] == min(table.RATES)]
    counted = [row for row in steady if row["part"] == "test" and row["rate"] <= 0.03]
    for rows, near in ((smallest, 0.01), (smallest, 0.01), (counted, 0.05)):
        row = rows[int(torch.randint(len(rows), (), generator=generator))]
        cell = {name: row[name] for name in ("function", "network", "rate", "part", "seed")}
        found = table.train(**cell, data=data)
        if (found["processor"], found["device"]) == (row["processor"], row["device"]):
            near = 0  # else rounding differs, and training amplifies it, the more the larger the rate
        assert found["accuracy"] == pytest.approx(row["accuracy"], abs=near), cell


def test_a_cell_owes_nothing_to_the_global_generator(table, one_thread, monkeypatch):
    """ACON-C draws its slopes as it is made."""
    monkeypatch.setattr(table, "EPOCHS", 1)
    data, found = {"train": table.mnist1d().train, "validation": table.mnist1d().validation}, []
    for state in (1, 2):
        torch.manual_seed(state)
        found.append(table.train("acon_c", "MLP", 0.01, "validation", 0, data=data)["accuracy"])
        assert torch.initial_seed() == state
    assert found[0] == found[1] > 0.1


def test_the_search_table_has_ten_seeds_of_each_pair_at_the_rate_that_validation_chose(table):
    rows = search_table()
    assert not any(row["error"] for row in rows)
    best, seeds, tried = table.tuned(rows), {}, {}
    for row in rows:
        pair = row["function"], row["network"]
        if row["part"] == "test":
            assert row["rate"] == best[pair]
            seeds.setdefault(pair, []).append(row["seed"])
        else:
            tried.setdefault(pair, []).append((row["rate"], row["seed"]))
    assert (
        set(seeds)
        == set(tried)
        >= {(name, network) for name in SEARCH_CANDIDATES for network in table.NETWORKS}
    )
    assert all(sorted(found) == list(range(10)) for found in seeds.values())
    assert all(
        sorted(found) == [(rate, seed) for rate in table.RATES for seed in table.TUNING]
        for found in tried.values()
    )


def test_the_table_holds_every_function_and_takes_two_cores_an_hour(table):
    rows = search_table()
    assert {row["function"] for row in rows} == set(table.FUNCTIONS) >= {*ACTIVATIONS, *SEARCH_CANDIDATES}
    assert sum(row["seconds"] for row in rows) < 2 * 3600


def command(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "benchmarks.search_table", *map(str, arguments)],
        cwd=ROOT, capture_output=True, text=True, timeout=120, **options,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (("--functions", "rellu"), "--functions must be a name in FUNCTIONS (nearest: relu, "),
        (("--networks", "MPL"), "--networks must be a name in NETWORKS (nearest: "),
        (("--seeds", "0"), "--seeds must be at least 1, got 0"),
        (("--scheduler", "nowhere"), "--scheduler must be the address of a Dask scheduler, got 'nowhere'"),
    ],
)
def test_the_command_names_bad_arguments(tmp_path, table, arguments, match):
    result = command(*arguments, "--store", tmp_path / "runs.csv")
    assert result.returncode and match in result.stderr, result.stderr
    assert "Traceback" not in result.stderr and not (tmp_path / "runs.csv").exists()


def test_a_failed_run_is_told_by_the_exit_code(tmp_path, table, monkeypatch, capsys):
    monkeypatch.setitem(table.FUNCTIONS, "broken", lambda: torch.nn.Linear(3, 3))
    monkeypatch.setattr(table, "RATES", (0.01,))
    monkeypatch.setattr(table, "EPOCHS", 1)
    store = str(tmp_path / "runs.csv")
    monkeypatch.setattr(sys, "argv", ["search_table.py", "--functions", "relu", "broken", "--networks", "MLP",
                                      "--seeds", "1", "--store", store, "--jobs", "1"])  # fmt: skip
    assert table.main() == 1
    told = capsys.readouterr()
    assert (
        "failed: function broken, network MLP, rate 0.01" in told.err
        and "shapes cannot be multiplied" in told.err
    )
    assert "2 failed" in told.out  # the tuning seeds; without a rate there is no test run
    assert [row["function"] for row in read(store) if row["part"] == "test"] == ["relu"]


def slow(a, seed):
    time.sleep(0.5)
    generator = torch.Generator().manual_seed(100 * a + seed)
    return {"value": torch.randn((), generator=generator), "process": os.getpid()}


def test_a_dask_cluster_that_loses_a_worker_gives_the_same_rows(tmp_path):
    from distributed import Client, LocalCluster

    grid, store = {"a": [1, 2, 3, 4, 5]}, tmp_path / "cluster.csv"
    quiet = {"dashboard_address": None, "silence_logs": 50}
    with (
        warnings.catch_warnings(),
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, **quiet) as cluster,
        Client(cluster),
        joblib.parallel_config("dask"),
    ):
        warnings.simplefilter("ignore")  # of its own files and ports

        def train(a, seed):
            found = slow(a, seed)
            if (a, seed) == (2, 0) and not (tmp_path / "killed").exists():
                (tmp_path / "killed").touch()
                os.kill(os.getpid(), signal.SIGKILL)
            return found

        rows = sweep(train, grid, 2, store=store)
        lost = Lost()
        with pytest.raises(
            ValueError, match="train must be a function that pickle can send"
        ):  # and does not hang
            sweep(lambda a, seed: {"value": str(lost)}, grid, 2, store=tmp_path / "lost.csv")
    whole = sweep(slow, grid, 2, store=tmp_path / "whole.csv", backend="sequential")
    assert (tmp_path / "killed").exists() and len({row["process"] for row in rows}) >= 2
    for one, other in zip(rows, whole, strict=True):
        for name in ("a", "seed", "value", "error"):
            assert one[name] == other[name]
    assert len(read(store)) == 10 and read(store) == rows


@pytest.fixture(scope="module")
def processes():
    """A cluster that gives up a run when its first worker dies."""
    import dask
    from distributed import Client, LocalCluster

    options = {
        "distributed.scheduler.allowed-failures": 0,
        "distributed.deploy.lost-worker-timeout": 300,  # for a worker's process to come back
    }
    with (
        dask.config.set(options),
        warnings.catch_warnings(),
        LocalCluster(n_workers=2, threads_per_worker=2, dashboard_address=None, silence_logs=50) as cluster,
        Client(cluster) as client,
    ):
        warnings.simplefilter("ignore")  # of its own files and ports
        yield client


@pytest.fixture
def threads():
    """A cluster in this process."""
    from distributed import Client, LocalCluster

    options = {"n_workers": 1, "threads_per_worker": 2, "processes": False, "dashboard_address": None}
    with LocalCluster(**options, silence_logs=50) as cluster, Client(cluster) as client:
        yield client


@pytest.mark.filterwarnings("ignore")  # of Dask, about its own files and ports
def test_a_run_that_kills_each_worker_fails_alone(tmp_path, processes):
    def train(a, seed):
        time.sleep(0.5 if a == 2 else 2)  # so that another run is on the same worker
        if a == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return {"value": a}

    with pytest.warns(RuntimeWarning, match="1 of 4 runs failed; the first: .*KilledWorker"):
        rows = sweep(train, {"a": [1, 2, 3, 4]}, 1, store=tmp_path / "runs.csv", backend="dask")
    assert [row["value"] for row in rows] == [1, None, 3, 4] and rows[1]["seconds"] is None
    assert [row["error"] is None for row in rows] == [True, False, True, True]
    assert read(tmp_path / "runs.csv") == rows


@pytest.mark.filterwarnings("ignore")
def test_runs_whose_module_the_workers_lack_fail(tmp_path, processes, monkeypatch):
    (tmp_path / "only_here.py").write_text("def train(a, seed):\n    return {'value': a}\n")
    monkeypatch.syspath_prepend(tmp_path)
    from only_here import train

    with pytest.warns(RuntimeWarning, match="4 of 4 runs failed; .*No module named 'only_here'"):
        rows = sweep(train, {"a": [1, 2, 3, 4]}, 1, store=tmp_path / "runs.csv", backend="dask")
    assert all("ModuleNotFoundError" in row["error"] for row in rows) and read(tmp_path / "runs.csv") == rows
    assert len(sweep(slow, {"a": [1]}, 1, store=tmp_path / "slow.csv", backend="dask")) == 1, "it still works"


@pytest.mark.filterwarnings("ignore")
def test_runs_on_a_worker_with_other_versions_fail(tmp_path, processes):
    def become(version):
        torch.__version__ = version

    found = torch.__version__
    processes.wait_for_workers(2)
    processes.run(become, "1.0.0")
    try:
        with pytest.warns(RuntimeWarning, match="2 of 2 runs failed"):
            rows = sweep(slow, {"a": [1, 2]}, 1, store=tmp_path / "runs.csv", backend="dask")
    finally:
        processes.run(become, found)
    here = {"lego": lego.__version__, "torch": found.split("+")[0]}
    message = f"the versions of the caller, {here}, got {here | {'torch': '1.0.0'}}"
    assert all(message in row["error"] and "value" not in row for row in rows)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("back", [True, False])
def test_a_cluster_may_lose_all_workers_for_a_while(tmp_path, threads, monkeypatch, back):
    add = experiments._Table.add

    def lose(table, row):
        add(table, row)
        if row["a"] == 1:
            threads.cluster.scale(0)
            while threads.ncores():
                time.sleep(0.05)
            if back:
                threads.cluster.scale(1)

    monkeypatch.setattr(experiments._Table, "add", lose)
    monkeypatch.setattr(experiments, "PATIENCE", 0.5 + 30 * back)
    options = {"grid": {"a": [1, 2, 3]}, "seeds": 1, "store": tmp_path / "runs.csv", "jobs": 1}
    with warnings.catch_warnings(record=True), joblib.parallel_config("dask", wait_for_workers_timeout=0.1):
        rows = sweep(slow, **options)
    lost = "TimeoutError: the Dask cluster has had no worker for 0.5 seconds\n"
    assert [row["error"] for row in rows] == [None] * 3 if back else [None, lost, lost]
    assert read(tmp_path / "runs.csv") == rows
    threads.cluster.scale(1)
    with joblib.parallel_config("dask", wait_for_workers_timeout=30):
        again = sweep(slow, **options)
    assert again[0] == rows[0] and not any(row["error"] for row in again)


@pytest.mark.filterwarnings("ignore")
def test_a_run_may_take_longer_than_a_cluster_may_lack_workers(tmp_path, threads, monkeypatch):
    monkeypatch.setattr(experiments, "PATIENCE", 0.1)
    with joblib.parallel_config("dask", wait_for_workers_timeout=0.1):
        (row,) = sweep(slow, {"a": [1]}, 1, store=tmp_path / "runs.csv")
    assert row["error"] is None and row["seconds"] > 0.1


@pytest.mark.filterwarnings("ignore")
def test_a_cluster_does_as_many_runs_at_a_time_as_asked(tmp_path, threads):
    def meet(folder, patience, seed):
        """Whether both runs are under way before this one ends."""
        (Path(folder) / f"{seed}").touch()
        end = time.monotonic() + patience
        while time.monotonic() < end and len(os.listdir(folder)) < 2:
            time.sleep(0.01)
        return {"met": len(os.listdir(folder)) == 2}

    def together(jobs, patience):
        folder = tmp_path / f"{jobs}"
        folder.mkdir()
        grid = {"folder": [str(folder)], "patience": [patience]}
        rows = sweep(meet, grid, 2, store=tmp_path / f"{jobs}.csv", backend="dask", jobs=jobs)
        return all(row["met"] for row in rows)

    assert together(-1, patience=30) and not together(1, patience=0.2)


@pytest.mark.filterwarnings("ignore")
def test_a_sweep_may_be_a_task_of_the_cluster_that_runs_it(tmp_path, threads):
    def whole(store):
        return sweep(slow, {"a": [1, 2]}, 1, store=store, backend="dask")

    futures = [threads.submit(whole, tmp_path / f"{number}.csv") for number in range(2)]  # on both threads
    for rows in threads.gather(futures):
        assert [row["error"] for row in rows] == [None, None]


@pytest.mark.filterwarnings("ignore")
def test_a_sweep_that_is_interrupted_takes_its_runs_from_the_cluster(tmp_path, threads, monkeypatch):
    def interrupt(_):
        raise KeyboardInterrupt

    clock = SimpleNamespace(sleep=interrupt, monotonic=time.monotonic, perf_counter=time.perf_counter)
    monkeypatch.setattr(experiments, "time", clock)
    with pytest.raises(KeyboardInterrupt) as kept:
        sweep(slow, {"a": range(20)}, 1, store=tmp_path / "runs.csv", backend="dask")
    for _ in range(1000):
        if not threads.cluster.scheduler.tasks:
            break
        time.sleep(0.05)
    assert not threads.cluster.scheduler.tasks and kept.traceback, (
        "even while the traceback holds the futures"
    )


@pytest.mark.slow
def test_the_command_on_a_cluster_that_loses_a_worker_gives_the_rows_of_this_machine(tmp_path, table):
    from distributed import LocalCluster

    def rows(store, *arguments):
        asked = ("--functions", "relu", "--networks", "MLP", "--seeds", "2", "--store", store, *arguments)
        command = [sys.executable, "-m", "benchmarks.search_table", *map(str, asked)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
        while arguments and process.poll() is None:
            if store.exists() and len(store.read_text().splitlines()) > 3:
                os.kill(cluster.workers[0].pid, signal.SIGKILL)
                break
            time.sleep(0.02)
        told = process.communicate(timeout=120)[0].decode()
        assert process.returncode == 0 and "12 runs, 0 failed" in told and (not arguments or killed())
        return plain(read(store))

    def killed():
        return cluster.workers[0].pid != first

    with (
        warnings.catch_warnings(),
        LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
        ) as cluster,
    ):
        warnings.simplefilter("ignore")  # of its own files and ports
        first = cluster.workers[0].pid
        there = rows(tmp_path / "cluster.csv", "--scheduler", cluster.scheduler_address)
    assert there == rows(tmp_path / "here.csv")


def test_an_interval_of_the_largest_and_the_smallest_numbers():
    assert bootstrap([1.7e308] * 3) == pytest.approx((1.7e308, 1.7e308))
    assert bootstrap([-1.7e308, 1.7e308], draws=200) == pytest.approx((-1.7e308, 1.7e308))
    assert bootstrap([0.0, 0.0]) == (0.0, 0.0)
    low, high = bootstrap([1e-300, 3e-300])
    assert low == 1e-300 and high == 3e-300


def test_an_interval_of_more_draws_than_pytorch_sorts():
    low, high = bootstrap([0.0, 1.0], draws=17_000_000)
    assert (low, high) == (0.0, 1.0)


def test_an_interval_of_tensors_that_numpy_does_not_take():
    expected = bootstrap([0.5, 0.75, 1.0])
    assert bootstrap(torch.tensor([0.5, 0.75, 1.0], dtype=torch.bfloat16)) == expected
    assert bootstrap(torch.tensor([0.5, 0.75, 1.0]).requires_grad_()) == expected
    with pytest.raises(TypeError, match="values must hold numbers"):
        bootstrap(torch.tensor([1j, 2.0]))


def test_a_setting_that_is_no_number_at_all_is_the_same_setting_again(tmp_path):
    options = {"settings": {"floor": math.nan}, "store": tmp_path / "runs.csv", "backend": "sequential"}
    for _ in range(2):
        rows = sweep(lambda width, seed: {"score": width}, {"width": [1]}, 1, **options)
    assert len(rows) == 1 and math.isnan(rows[0]["floor"])


@pytest.mark.parametrize("kind", [np.int64, np.uint8, torch.tensor])
def test_counts_of_numpy_and_pytorch_are_counts(kind, tmp_path):
    rows = sweep(
        lambda width, seed: {"score": width},
        {"width": [1]},
        kind(3),
        store=tmp_path / "runs.csv",
        jobs=kind(1),
    )
    assert [row["seed"] for row in rows] == [0, 1, 2]
