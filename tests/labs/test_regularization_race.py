"""The lab's cells, run one after another, and what its prose says of them."""

import pytest

from tests.labs import cell, cells, edited

LAB = "regularization_race"
SHORT = (("steps=200", "steps=5"), ("steps=150", "steps=5"))


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
        entry: lab["bootstrap"](
            [row["accuracy"] for row in lab["rows"] if (row["decay"], row["noise"]) == setting]
        )
        for entry, setting in lab["field"].items()
    }
    assert ends["nothing"][1] < ends["noise"][0] and ends["noise"][1] < ends["L2"][0]


def test_l2_learns_a_quarter_of_the_wrong_labels(lab, capsys):
    lab["run"]("L2", decay=0.03)
    assert int(capsys.readouterr().out.split()[-1].removesuffix("%")) == pytest.approx(26, abs=4)


def test_a_label_that_was_drawn_right_is_not_wrong(lab):
    assert (lab["y"] != lab["labels"])[:200].tolist() == lab["wrong"].tolist()
    assert 0.15 < lab["wrong"].double().mean() < 0.2


def test_the_warm_up_can_be_run_again_after_the_field(lab):
    assert len(lab["histories"]) > 2
    exec(cell(LAB, 'run("stopped"'), dict(lab))


@pytest.fixture
def play(monkeypatch, tmp_path):
    """Runs all cells with edits, and fewer steps."""
    import matplotlib.pyplot as plt

    monkeypatch.setattr(plt, "show", lambda: None)
    monkeypatch.chdir(tmp_path)

    def run(*edits):
        space = {"__name__": "__main__"}
        exec(edited("\n".join(cells(LAB)), *SHORT, *edits), space)
        return space

    yield run
    plt.close("all")


def test_your_turn_can_train_on_more_digits(play):
    """The judges stay unseen."""
    lab = play(("count, share = 200,", "count, share = 400,"))
    assert len(lab["wrong"]) == 400 and len(lab["judges"][0]) == 300
    used = [*lab["x"][:400], *lab["judges"][0], *lab["test"][0]]
    assert len(used) == len(lab["inputs"])
    assert (lab["judges"][0] == lab["x"][400:700]).all()


def test_your_turn_can_leave_the_labels_right(play, capsys):
    lab = play(("count, share = 200, 0.2", "count, share = 200, 0.0"))
    assert (lab["y"] == lab["labels"]).all() and "learned" not in capsys.readouterr().out


def test_the_second_race_keeps_no_run_of_other_settings(play):
    def accuracies(lab):
        return [[row["accuracy"] for row in lab["rows"]][first : first + 5] for first in (0, 5, 10)]

    before = accuracies(play())
    after = accuracies(play(('"L2": (0.03, 0.0)', '"L2": (3.0, 0.0)')))
    assert after[0] == before[0] and after[1] != before[1] and after[2] == before[2]
    for edit in (("= 200, 0.2", "= 200, 0.1"), ("= 200, 0.2", "= 220, 0.2")):
        with pytest.raises(ValueError, match="same settings"):
            play(edit)


def test_the_second_race_takes_more_seeds(play):
    assert len(play(("seeds=5", "seeds=7"))["rows"]) == 21
