"""Names: how the library looks one up, and the error for one that it does not know."""

import difflib
from collections.abc import Iterable, Mapping
from typing import TypeVar

Value = TypeVar("Value")


def find(argument: str, name: object, known: Mapping[str, Value], registry: str) -> Value:
    """What `known` holds under a name; an error lists the nearest names.

    Args:
        argument: the name of the caller's argument, for the error.
        name: the name to look up.
        known: names and what they stand for.
        registry: the name of `known`, for the error.

    Raises:
        ValueError: if `known` has no such name.
    """
    if not isinstance(name, str) or name not in known:
        raise ValueError(
            f"{argument} must be a name in {registry} (nearest: {nearest(name, known)}), got {name!r}"
        )
    return known[name]


def nearest(name: object, known: Iterable[str]) -> str:
    """The known names most like this one, for an error."""
    return ", ".join(difflib.get_close_matches(str(name).lower(), list(known), cutoff=0))
