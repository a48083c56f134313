"""The lab's cells, run one after another, and what its prose says of them."""

import math

import pytest

from tests.labs import cell


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    import runpy

    import matplotlib.pyplot as plt

    from tests.conftest import ROOT

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plt, "show", lambda: None)
        yield runpy.run_path(str(ROOT / "docs" / "labs" / "paralysis.py"), run_name="__main__")
    plt.close("all")


def test_two_layers_learn_and_eight_are_paralyzed(lab):
    assert lab["easy"].loss[-1] < 0.2
    assert lab["histories"]["patient"].loss[-1] == pytest.approx(math.log(3), abs=0.002)


def test_eight_layers_are_paralyzed_at_the_rate_of_two_as_well(lab):
    """The patient, and nets that start otherwise."""
    loss = lab["same_rate"].loss
    assert loss[-1] == pytest.approx(math.log(3), abs=0.002) and min(loss) > 1.09
    for seed in (1, 2):
        assert train(lab, layers=8, lr=1.0, seed=seed).loss[-1] == pytest.approx(math.log(3), abs=0.002)


@pytest.mark.parametrize(("lr", "learns", "paralyzed"), [(1.0, 2, 4), (0.3, 4, 6)])
def test_how_deep_a_net_can_be_is_found_by_trying(lab, lr, learns, paralyzed):
    """The first exercise."""
    for seed in (1, 2):
        assert train(lab, learns, lr, seed).loss[-1] < 1
        assert train(lab, paralyzed, lr, seed).loss[-1] > 1.09


def train(lab, layers, lr, seed):
    generator = lab["torch"].Generator().manual_seed(seed)
    widths = [2] + [64] * (layers - 1) + [3]
    model = lab["mlp"](widths, "sigmoid", **lab["xavier"] | {"generator": generator})
    return lab["train"](model, lr=lr)


def test_the_diagnosis_is_a_vanishing_gradient_alone(lab):
    assert [finding.name for finding in lab["report"].findings] == ["vanishing gradient"]


# with larger weights the loss still jumps at the end
@pytest.mark.parametrize("cure, loss", [("tanh", 0.1), ("larger weights", 0.6), ("batch norm", 0.1)])
def test_each_cure_learns_and_levels_the_gradient(lab, cure, loss):
    assert min(lab["histories"][cure].loss) < loss
    spread = {}
    for name in (cure, "patient"):
        sizes = list(lab["before"][name].values())
        spread[name] = max(sizes) / min(sizes)
    assert 3e4 < spread["patient"] < 2e5 and spread[cure] < spread["patient"] / 30


def test_the_other_two_help_little(lab):
    assert lab["layer_norm"].loss[-1] == pytest.approx(math.log(3), abs=0.01)
    assert min(lab["default_relu"].loss) > 0.5


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_relu_learns_with_the_weights_made_for_it(lab, seed):
    """The second exercise, and the sentence about the rate."""
    slow, fast = relu(lab, "pytorch", seed), relu(lab, "he_normal", seed)
    assert min(lab["train"](slow, lr=0.03).loss) > 0.5
    report = lab["diagnose"](fast, (lab["x"], lab["y"]))
    assert report.findings == []
    loss = lab["train"](fast, lr=0.03).loss
    assert min(loss[:13]) < 1 and loss[-1] < 0.01


def relu(lab, init, seed):
    generator = lab["torch"].Generator().manual_seed(seed)
    return lab["mlp"](lab["widths"], "relu", init=init, generator=generator)


def test_the_figure_takes_another_net(lab):
    space = lab | {
        "histories": lab["histories"] | {"default ReLU": lab["default_relu"]},
        "before": lab["before"] | {"default ReLU": {"0": 0.5, "2": 1.0}},
    }
    exec(cell("paralysis", "left.plot"), space)
    assert len(space["left"].lines) == len(space["right"].lines) == 5
