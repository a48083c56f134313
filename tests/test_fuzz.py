"""Every public object of the library under arguments that nobody thought of: good ones, and one that is bad.

A good call gives finite numbers wherever mathematics does, keeps shape and dtype, and touches nothing else. A bad
argument gives a valid result, or a ValueError or TypeError that names it and what was received.
"""

import importlib
import inspect

import matplotlib.pyplot as plt
import pytest
from hypothesis import given

from tests.conftest import ROOT
from tests.fuzz.bricks import BRICKS
from tests.fuzz.tools import bad_calls, check_good, examples, leak

pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated")  # forward mode imports it
MODULES = sorted(path.stem for path in (ROOT / "lego").glob("[a-z]*.py"))
DATA = {  # tables and paths; what they hold is fuzzed under its own name
    "activations.FACTS",
    "diagnostics.THRESHOLDS",
    "experiments.SEARCH_TABLE",
    "plotting.LOOKS",
    "plotting.PALETTE",
    "training.PRECISIONS",
    "training.Stopper",  # a protocol
}


def public():
    """Each public object of the library by module and name."""
    for module in MODULES:
        space = importlib.import_module(f"lego.{module}")
        for name in space.__all__:
            yield f"{module}.{name}", getattr(space, name)


PUBLIC = dict(public())


def test_every_public_object_is_fuzzed():
    assert set(BRICKS) | DATA == set(PUBLIC)
    assert not [name for name in DATA if callable(PUBLIC[name]) and name != "training.Stopper"]


@pytest.mark.parametrize("name", [name for name in BRICKS if callable(PUBLIC[name])])
def test_every_argument_is_fuzzed(name):
    known = set()

    @given(BRICKS[name].good)
    @examples(5)
    def look(arguments):
        known.update(arguments)

    look()
    parameters = inspect.signature(PUBLIC[name]).parameters.values()
    assert {one.name for one in parameters if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)} <= known


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch, tmp_path):
    """A folder to write into, and no figure left open."""
    monkeypatch.chdir(tmp_path)
    yield
    plt.close("all")


@pytest.mark.parametrize("name", BRICKS)
def test_good_arguments(name):
    @given(BRICKS[name].good)
    @examples(BRICKS[name].count)
    def ask(arguments):
        check_good(PUBLIC[name], BRICKS[name], arguments)

    ask()


@pytest.mark.parametrize("name", [name for name in BRICKS if BRICKS[name].junk])
def test_bad_arguments(name):
    @given(BRICKS[name].good)
    @examples(1)
    def ask(arguments):
        leaks = {}
        for argument, value in bad_calls(BRICKS[name], arguments):
            if found := leak(PUBLIC[name], BRICKS[name], arguments, argument, value):
                leaks.setdefault(argument, []).append(f"{value!r}: {found}"[:200])
        assert not leaks, "\n".join(f"{argument} = {line}" for argument in leaks for line in leaks[argument])

    ask()
