"""The lab's cells, run one after another, and what its prose says of them."""

import math

import pytest

from tests.labs import cell, edited


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    import runpy

    from tests.conftest import ROOT

    yield runpy.run_path(str(ROOT / "docs" / "labs" / "find_the_bug.py"), run_name="__main__")


def names(lab, script):
    return [finding.name for finding in lab["found"][script]]


def test_the_healthy_script_is_healthy_and_each_other_is_worse(lab):
    scores = lab["scores"]
    assert scores["healthy"] > 0.9
    assert all(scores[script] < scores["healthy"] for script in "1245")
    assert 0.6 < scores["3"] < scores["healthy"]  # not bad, and that is the trap


@pytest.mark.parametrize(
    ("script", "finding"),
    [
        ("1", "parameters without optimizer"),
        ("2", "cannot overfit one batch"),
        ("3", "unreachable parameters"),
        ("4", "unscaled input"),
        ("5", "learning rate too high"),
    ],
)
def test_diagnose_names_the_bug(lab, script, finding):
    assert finding in names(lab, script)


def test_script_4_is_repaired_by_the_table_and_the_rate_together(lab):
    """The table alone leaves a finding."""
    train = edited(
        cell("find_the_bug", "clock ="), ("clock], dim=1)", "clock], dim=1)\nwide = Standardize(wide)(wide)")
    )
    ask = cell("find_the_bug", 'found["4"] =')
    found, scores = {}, {}
    for rate in ("1e-9", "0.1"):
        space = lab | {"found": {}, "scores": {}}
        exec(edited(train, ("lr=1e-9", f"lr={rate}")) + ask, space)
        found[rate], scores[rate] = names(space, "4"), space["scores"]["4"]
    assert found == {"1e-9": ["learning rate too low"], "0.1": []}
    assert scores["1e-9"] < 0.2 and scores["0.1"] > 0.95


def test_the_net_that_failed_shows_only_the_damage(lab):
    model = lab["net"]()
    optimizer = lab["torch"].optim.Adam(model.parameters(), lr=0.3)
    lab["loop"](model, optimizer)
    report = lab["diagnose"](model, (lab["x"], lab["y"]), optimizer=optimizer)
    assert max(layer.dead for layer in report.layers if layer.dead is not None) == 1
    assert "dead units" in [finding.name for finding in report.findings]
    assert "learning rate too high" not in [finding.name for finding in report.findings]


def test_adams_update_is_larger_than_the_weights_and_sgds_a_hundredth(lab):
    (fast,) = [finding for finding in lab["found"]["5"] if finding.name == "learning rate too high"]
    assert 1 < fast.value < 2
    model = lab["net"]()
    optimizer = lab["torch"].optim.SGD(model.parameters(), lr=0.1)
    report = lab["diagnose"](model, (lab["x"], lab["y"]), optimizer=optimizer)
    assert all(0.005 < layer.update_to_weight < 0.03 for layer in report.layers)


def test_a_second_softmax_bounds_the_loss(lab):
    """However sure the net is of the right one of ten classes."""
    torch = lab["torch"]
    bound = -math.log(math.e / (math.e + 9))
    assert bound == pytest.approx(1.46, abs=0.005)
    for sure in (1.0, 10.0, 100.0):
        softmax = torch.softmax(sure * torch.eye(10), dim=1)
        loss = torch.nn.functional.cross_entropy(softmax, torch.arange(10)).item()
        assert loss > bound - 1e-6
    assert loss == pytest.approx(bound, abs=1e-6)
