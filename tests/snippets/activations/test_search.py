import re
from pathlib import Path

import pytest
from scipy.stats import rankdata

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def found(run_snippet):
    return run_snippet("activations/search")


def test_swish_is_never_below_relu_and_the_best_alone_in_two(found):
    published, ranks = found["published"], found["ranks"]
    gains = [round(s - r, 1) for s, r in zip(published["swish"], published["relu"], strict=True)]
    assert min(gains) == 0.1 and max(gains) == 0.9
    best = [[name for name in ranks if ranks[name][column] == 1] for column in range(6)]
    assert best.count(["swish"]) == 2 and sum("swish" in names for names in best) == 3
    assert best.count(["max(x, sigmoid(x))"]) == 2
    assert best[3] == ["cos(x) - x", "arctan(x)^2 - x"]
    assert {min(places) for name, places in ranks.items() if name.startswith(("sinc", "x *"))} == {8}


def test_the_ranks(found):
    for column in range(6):
        scores = [-row[column] for row in found["published"].values()]
        expected = rankdata(scores, method="min").astype(int).tolist()
        assert [places[column] for places in found["ranks"].values()] == expected
    means = {name: sum(places) / 6 for name, places in found["ranks"].items()}
    assert means["relu"] == 4 and sum(mean > 4 for mean in means.values()) == 5
    assert found["ranks"]["relu"] == [7, 2, 3, 6, 3, 3]


def test_the_page_shows_the_same_54_numbers_with_the_best_in_bold(found):
    page = (ROOT / "docs" / "activations" / "search.md").read_text()
    rows = [line for line in page.splitlines() if re.search(r"\| [\d*.]+ \|$", line)]
    cells = [[cell.strip() for cell in row.strip("|").split("|")][1:] for row in rows]
    assert [[float(cell.strip("*")) for cell in row] for row in cells] == list(found["published"].values())
    for column in range(6):
        best = max(row[column] for row in found["published"].values())
        for row in cells:
            assert row[column].startswith("**") == (float(row[column].strip("*")) == best)
