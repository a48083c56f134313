"""The table of the lecture's claims."""

import pytest

from hooks import claims

CLAIM = '[[claim]]\nnumber = 7\nclaim = "It is so."\nverdict = "holds"\nnote = "Always."\n'


def test_a_row_has_an_anchor_the_verdict_and_its_evidence():
    row = claims.table(CLAIM + 'evidence = ["[A figure](a.md)", "a source"]\n').splitlines()[-1]
    assert row == "| 7 { #claim-7 } | It is so. | holds | Always. | [A figure](a.md), a source |"


@pytest.mark.parametrize("evidence", ["1", '"a.md"', "{a = 1}"])
def test_evidence_is_a_list(evidence):
    with pytest.raises(ValueError, match=r"docs/claims.toml: evidence must be a list, got "):
        claims.table(CLAIM + f"evidence = {evidence}\n")
