"""PyTorch's compiler, put off until a script compiles.

Every optimizer imports `torch._dynamo`, which takes nearly as long as PyTorch itself, to tell the compiler where it
must stop: two functions that do nothing as long as nobody compiles.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

NAME = "torch._dynamo"
disabled: list[Any] = []  # functions that the compiler has not heard of yet


class Later(ModuleType):
    """Stands for the module, and becomes it as soon as anything else is asked of it."""

    def __getattr__(self, name: str) -> Any:
        """Import the module, and give what was asked of it."""
        spec = self.__spec__
        assert spec is not None and spec.loader is not None
        for function in disabled:
            vars(function).pop("__dynamo_disable", None)  # PyTorch asks anew
        self.__class__ = ModuleType  # type: ignore[assignment]
        self.__path__ = list(spec.submodule_search_locations or ())
        spec.loader.exec_module(self)
        return getattr(self, name)


def put_off() -> None:
    """Let the import of the compiler wait for somebody who compiles; it has no effect where that has happened."""
    import torch

    spec = importlib.util.find_spec(NAME)
    if NAME in sys.modules or spec is None:
        return
    module = importlib.util.module_from_spec(spec)
    del module.__path__  # whoever imports a part of the module asks for it
    module.__class__ = Later
    vars(module).update(disable=disable, graph_break=lambda *args, **options: None)
    sys.modules[NAME] = module
    torch._dynamo = module


def disable(function: Callable[..., Any] | None = None, *args: Any, **options: Any) -> Any:
    """PyTorch's own function, which it does not wrap, as it is; to anybody else's the compiler does what it does."""
    if function is None or options != {"wrapping": False}:
        module = sys.modules[NAME]
        if isinstance(module, Later):
            del vars(module)["disable"]
        return module.disable(function, *args, **options)
    disabled.append(function)
    return function
