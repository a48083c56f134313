"""Reads the tables of docs/: each is a TOML file of rows that have the same name."""

from __future__ import annotations

import tomllib
from typing import Any


def rows(text: str, file: str, name: str, needed: tuple[str, ...]) -> list[dict[str, Any]]:
    """The rows `[[name]]` of a file.

    Raises:
        ValueError: if it is not TOML, holds no such row, or one lacks something.
    """
    try:
        found = tomllib.loads(text).get(name)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{file}: {error}") from error
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise ValueError(f"{file} must hold rows [[{name}]], got {found!r}")
    for row in found:
        if missing := [key for key in needed if key not in row]:
            raise ValueError(f"{file}: each [[{name}]] must have {' and '.join(missing)}, got {row}")
    return found
