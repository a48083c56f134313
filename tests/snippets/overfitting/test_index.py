import pytest


def test_the_validation_loss_rises_and_the_accuracy_stays(run_snippet, capsys):
    found = run_snippet("overfitting/index")
    history, best = found["history"], found["best"]
    assert history.loss[-1] < 0.01
    assert found["steps"][best] < 60
    assert history.validation[-1] > 1.1 * min(history.validation)
    assert abs(history.metric[-1] - history.metric[best]) < 0.04
    told = f"at step {found['steps'][best]}, at the end {history.validation[-1]:.2f}\n"
    assert told in capsys.readouterr().out


def test_the_wrong_labels_are_learned_too(run_snippet):
    found = run_snippet("overfitting/index")
    assert found["learned"] == 1
    assert int(found["wrong"].sum()) == pytest.approx(40, abs=10)
    assert len(found["x"]) == 200
