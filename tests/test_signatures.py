"""How the library is imported, and its functions are called."""

import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

MODULES = sorted(path.stem for path in Path(__file__).parents[1].joinpath("lego").glob("[!_]*.py"))


def functions(module):
    """The module's own functions and methods, by name; not those that Python or PyTorch call."""
    for name, found in vars(importlib.import_module(f"lego.{module}")).items():
        if inspect.isfunction(found) and found.__module__ == f"lego.{module}":
            yield name, found
        is_protocol = getattr(found, "_is_protocol", False)
        if inspect.isclass(found) and found.__module__ == f"lego.{module}" and not is_protocol:
            for method, part in vars(found).items():
                is_ours = not method.startswith("_") or method == "__init__"
                if is_ours and inspect.isfunction(function := getattr(part, "__func__", part)):
                    yield f"{name}.{method}", function


@pytest.mark.parametrize("module", MODULES)
def test_every_argument_can_be_given_by_its_name(module):
    for name, function in functions(module):
        for parameter in inspect.signature(function).parameters.values():
            assert parameter.kind is not inspect.Parameter.POSITIONAL_ONLY, f"{name}: {parameter}"


@pytest.mark.parametrize("module", MODULES)
def test_switches_are_given_by_name_only(module):
    for name, function in functions(module):
        for parameter in inspect.signature(function).parameters.values():
            if isinstance(parameter.default, bool) and not name.endswith(("__init__", "forward")):
                assert parameter.kind is inspect.Parameter.KEYWORD_ONLY, f"{name}: {parameter}"


def test_modules_import_nothing_that_only_some_functions_need():
    modules = ", ".join(f"lego.{module}" for module in MODULES)
    unwanted = {"distributed", "joblib", "matplotlib", "mkdocs", "pandas", "scipy", "sklearn"}
    code = f"import sys, {modules}\nassert not {unwanted} & set(sys.modules)"
    root = Path(__file__).parents[1]
    subprocess.run([sys.executable, "-c", code], cwd=root, check=True, timeout=100)
