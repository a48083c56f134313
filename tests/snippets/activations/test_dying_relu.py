import pytest


def test_dead_means_negative_on_every_input(run_snippet):
    found = run_snippet("activations/dying_relu")
    x, weight = found["x"].double(), found["weight"].double()
    for bias in (-1, -3, -6):
        dead = on = 0
        for unit in weight:
            active = (x @ unit + bias > 0).sum().item()
            dead += active == 0
            on += active
        at = found["biases"].index(bias)
        assert found["dead"][at] == pytest.approx(dead / len(weight), abs=1e-9)
        assert found["active"][at] == pytest.approx(on / (len(weight) * len(x)), abs=1e-4)


def test_off_on_average_is_not_dead(run_snippet):
    found = run_snippet("activations/dying_relu")
    average, dead, active = (
        dict(zip(found["biases"], found[name], strict=True)) for name in ("average", "dead", "active")
    )
    assert average[-1] == 1 and 0.05 < dead[-1] < 0.15
    assert dead[0] == 0 and active[0] == pytest.approx(0.5, abs=0.05)
    assert 0.4 < dead[-3] < 0.7 and active[-3] < 0.05
    assert dead[-6] > 0.95
    assert found["dead"] == sorted(found["dead"])


def test_the_last_line_of_the_figure_leaves_all_points_on_one_side(run_snippet):
    found = run_snippet("activations/dying_relu")
    z = found["x"] @ found["unit"]
    assert z.max() < 6 and z.max() > 3
    for line in found["cloud"].lines[1:]:
        bias = float(line.get_label().removeprefix("bias "))
        across = found["unit"].new_tensor([1, line.get_slope()])
        assert (line.get_xy1() @ found["unit"] + bias).abs() < 1e-5
        assert (across @ found["unit"]).abs() < 1e-5
