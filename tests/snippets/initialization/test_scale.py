from itertools import pairwise

import pytest

from lego.propagation import variance_map


def test_small_dies_out_large_saturates_and_one_comes_through(run_snippet):
    outputs = run_snippet("initialization/scale")["outputs"]
    small, large, right = ([h.std().item() for h in layers.values()] for layers in outputs.values())
    assert small[-1] < 0.06 and all(b < a * 0.75 for a, b in pairwise(small))
    assert min(large) > 0.8 and 0.25 < right[-1] < right[0] < 0.7
    saturated = {name: (layers["layer 6"].abs() > 0.95).double().mean() for name, layers in outputs.items()}
    assert saturated["0.05"] > 0.5 > 0.001 > saturated["1/√n"]


def test_the_widths_follow_the_theory_of_wide_nets(run_snippet):
    outputs = run_snippet("initialization/scale")["outputs"]
    for name, std in (("0.01", 0.01), ("0.05", 0.05), ("1/√n", 4096**-0.5)):
        q = 4096 * std**2
        for h in outputs[name].values():
            second_moment = variance_map("tanh", q)  # E tanh(z)^2 with Var z = q
            assert h.square().mean().item() == pytest.approx(second_moment, rel=0.03)
            q = 4096 * std**2 * second_moment
