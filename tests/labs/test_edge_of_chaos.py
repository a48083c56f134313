"""The lab's cells, run one after another, and what its prose says of them."""

import pytest

from tests.labs import cell, edited


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    import runpy

    import matplotlib.pyplot as plt

    from tests.conftest import ROOT

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plt, "show", lambda: None)
        yield runpy.run_path(str(ROOT / "docs" / "labs" / "edge_of_chaos.py"), run_name="__main__")
    plt.close("all")


def test_small_weights_merge_and_large_ones_tear_apart(lab):
    order, edge, chaos = lab["walks"].values()
    assert order[10] > 0.95 and order[-1] > 0.999
    assert 0.5 < edge[10] < 0.95
    assert max(chaos[15:]) < 0.5


def test_the_depth_scale_is_longest_at_the_edge(lab):
    small, below, edge, above, large = lab["scales"].values()
    assert small < below < 50 and large < above < 50 and edge > 1e6


def test_deep_nets_learn_near_the_edge(lab):
    learned = list(lab["learned"].values())
    assert max(learned[0], learned[1]) < 0.2
    assert learned[2] > 0.8 > learned[3] > 0.5 > learned[4]


def test_diagnose_names_both_sides(lab):
    order, mild, edge, chaos = lab["findings"].values()
    assert "vanishing gradient" in order and "exploding gradient" in chaos
    assert mild == edge == []


def test_diagnose_is_silent_on_a_net_that_its_depth_makes_sick(lab):
    report = lab["diagnose"](lab["net"](0.9), (lab["x"], lab["y"]))
    assert report.gradient_factor == pytest.approx(0.77, abs=0.005) and report.findings == []
    assert report.gradient_factor**19 == pytest.approx(0.007, abs=0.0005)
    assert lab["learned"][0.9] < 0.2


def test_inputs_that_a_net_merges_have_a_cosine_near_one_however_small_they_are(lab):
    for weight_scale in (0.3, 0.7):
        assert lab["cosines"](weight_scale, activation="relu")[-1] > 0.95


def test_the_first_figure_takes_a_fourth_scale(lab):
    code = edited(cell("edge_of_chaos", "walks ="), ("(0.8, 1.4, 2.5)", "(0.8, 1.2, 1.4, 2.5)"))
    space = dict(lab)
    exec(code, space)
    assert len(space["axes"].lines) == 4


def test_your_turn_finds_what_it_hints_at(lab):
    relu = lab["cosines"](2**0.5, activation="relu")
    assert relu[0] == pytest.approx(0.6, abs=0.05) and relu[-1] > 0.95


def test_your_turn_has_gelu_with_an_edge_that_falls_as_its_biases_grow(lab):
    few, many = (lab["critical"]("gelu", bias_variance) ** 0.5 for bias_variance in (0.01, 0.5))
    assert few == pytest.approx(1.53, abs=0.005) and many == pytest.approx(1.40, abs=0.005)


def test_your_turn_has_nets_that_learn_up_to_about_six_depth_scales(lab):
    q = lab["fixed_point"]("tanh", 0.9**2, 0.3**2)
    limit = round(6 * lab["depth_scale"](lab["chi"]("tanh", q, 0.9**2)))
    score = {depth: lab["train"](lab["net"](0.9, depth)) for depth in (limit // 2, limit, limit + 3)}
    assert score[limit // 2] > 0.6 > score[limit] > 0.2 > score[limit + 3]
    assert limit == 12
