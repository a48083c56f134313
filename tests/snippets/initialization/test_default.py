import re

import pytest


def test_a_factor_of_six_until_the_biases_take_over(run_snippet):
    found = run_snippet("initialization/default")
    default, he = found["squares"]["pytorch"], found["squares"]["he_normal"]
    assert default[0] / default[1] == pytest.approx(6, rel=0.1)
    assert default[1] / default[2] == pytest.approx(6, rel=0.15)
    assert 0.5 < default[6] / default[5] < 1.5 and default[7] < 2e-3
    assert min(he) > 0.5
    assert found["weight"].var().item() * 256 == pytest.approx(1 / 3, rel=0.02)


def test_little_of_the_output_depends_on_the_input(run_snippet, capsys):
    run_snippet("initialization/default")
    default, he = map(float, re.findall(r"([\d.]+)% of layer 7", capsys.readouterr().out))
    assert default == 0.1 and 10 < he < 50
