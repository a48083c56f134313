"""The lab's cells, run one after another, and what its prose says of them."""

import pytest


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    import runpy

    import matplotlib.pyplot as plt

    from tests.conftest import ROOT

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plt, "show", lambda: None)
        patch.chdir(tmp_path_factory.mktemp("race"))
        yield runpy.run_path(str(ROOT / "docs" / "labs" / "regularization_race.py"), run_name="__main__")
    plt.close("all")


def test_regularized_nets_beat_the_bare_one(lab):
    board, sealed = lab["board"], lab["sealed"]
    for name in ("L2", "noise", "L2, dropout", "L2, noise"):
        assert board[name] > board["nothing"] and sealed[name] > sealed["nothing"]
    assert lab["winner"] in ("L2", "noise", "L2, dropout", "L2, noise", "all of it")


def test_the_stopped_run_is_the_same_until_it_stops(lab):
    whole, stopped = lab["histories"]["nothing"], lab["histories"]["stopped"]
    assert len(stopped.loss) < 200
    assert stopped.validation == whole.validation[: len(stopped.validation)]


def test_the_orders_agree_roughly(lab):
    from scipy.stats import spearmanr

    board, sealed = lab["board"], lab["sealed"]
    assert len(board) == 9
    assert spearmanr(list(board.values()), list(sealed.values())).statistic > 0.6


def test_the_second_race_has_an_order_beyond_the_intervals(lab):
    ends = {
        entry: lab["bootstrap"]([row["accuracy"] for row in lab["rows"] if row["entry"] == entry])
        for entry in lab["field"]
    }
    assert ends["nothing"][1] < ends["noise"][0] and ends["noise"][1] < ends["L2"][0]
