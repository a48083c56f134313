import math

import pytest


def test_the_product_by_hand_is_autograds_and_the_formulas(run_snippet):
    found = run_snippet("gradients/backpropagation")
    assert found["by_hand"] == pytest.approx(found["autograd"].tolist(), rel=1e-5)
    h, outputs = 0.8, [0.8]
    for w in (1.5, -0.9, 2.0, 0.7, 1.2):
        outputs.append(h := math.tanh(w * h))
    second = (1 - outputs[2] ** 2) * outputs[1]
    for w, out in zip((2.0, 0.7, 1.2), outputs[3:], strict=True):
        second *= w * (1 - out**2)
    assert found["by_hand"][1] == pytest.approx(second, rel=1e-5)


def test_the_gradient_shrinks_as_the_caption_says(run_snippet):
    arrives = run_snippet("gradients/backpropagation")["arrives"]
    assert arrives[-1] == pytest.approx(0.68, abs=0.005)
    assert arrives[0] == pytest.approx(0.04, abs=0.005)
