"""The table of the lecture's claims, from `docs/claims.toml`."""

from __future__ import annotations

import tomllib

HEAD = "| # | Claim | Verdict | What to know | Evidence |\n|---|---|---|---|---|\n"


def table(text: str) -> str:
    """The claims as a Markdown table; each row has the anchor `claim-N`."""
    return HEAD + "\n".join(
        f"| {claim['number']} {{ #claim-{claim['number']} }} | {claim['claim']} | {claim['verdict']} "
        f"| {claim['note']} | {', '.join(claim.get('evidence', ['coming']))} |"
        for claim in tomllib.loads(text)["claim"]
    )
