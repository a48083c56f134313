"""Tests of the labs, and how a reader's edits of their cells are tried."""

import re

from tests.conftest import ROOT


def cells(lab: str) -> list[str]:
    """The cells of code."""
    source = (ROOT / "docs" / "labs" / f"{lab}.py").read_text(encoding="utf-8")
    parts = re.split(r"(?m)^# %%", source)[1:]
    return [part.partition("\n")[2] for part in parts if not part.startswith(" [markdown]")]


def cell(lab: str, text: str) -> str:
    """The one cell that holds this text."""
    (found,) = [code for code in cells(lab) if text in code]
    return found


def edited(code: str, *edits: tuple[str, str]) -> str:
    """The code with each old text, which must be in it once, replaced by the new one."""
    for old, new in edits:
        assert code.count(old) == 1, old
        code = code.replace(old, new)
    return code
