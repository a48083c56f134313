"""The table of the lecture's claims, from `docs/claims.toml`."""

from __future__ import annotations

from typing import Any

from hooks import tables

HEAD = "| # | Claim | Verdict | What to know | Evidence |\n|---|---|---|---|---|\n"


def table(text: str) -> str:
    """The claims as a Markdown table; each row has the anchor `claim-N`.

    Raises:
        ValueError: if the file is not one of claims.
    """
    claims = tables.rows(text, "docs/claims.toml", "claim", ("number", "claim", "verdict", "note"))
    return HEAD + "\n".join(
        f"| {claim['number']} {{ #claim-{claim['number']} }} | {claim['claim']} | {claim['verdict']} "
        f"| {claim['note']} | {', '.join(map(str, evidence(claim)))} |"
        for claim in claims
    )


def evidence(claim: dict[str, Any]) -> list[Any]:
    """What a claim's row names as evidence.

    Raises:
        ValueError: if it is no list.
    """
    found = claim.get("evidence", ["coming"])
    if not isinstance(found, list):
        raise ValueError(f"docs/claims.toml: evidence must be a list, got {found!r}")
    return found
