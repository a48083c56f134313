import math

import pytest
import torch


def test_one_is_nearly_a_line_and_one_outgrows_every_line(run_snippet):
    found = run_snippet("activations/search_candidates")
    steepness = found["steepness"]
    low, high = steepness["sinc(x) + x"]
    assert low > 0.5 and high < 1.5
    assert steepness["x * arcsinh(x)^2"][1] > 9
    others = [span for name, span in steepness.items() if not name.startswith(("sinc", "x *"))]
    assert len(others) == 7
    assert all(low < 0.01 < high or (high < 0 and -high < 0.2) for low, high in others), "near zero somewhere"
    assert all(max(abs(low), abs(high)) < 2.01 for low, high in others)
    function = found["SEARCH_CANDIDATES"]["x * arcsinh(x)^2"]
    x = found["x"].double()
    exact = [v * math.asinh(v) ** 2 for v in x.tolist()]
    assert max(abs(a - b) for a, b in zip(function(x).tolist(), exact, strict=True)) < 1e-9


@pytest.mark.parametrize(("factor", "slopes"), [(1 / math.pi, (0.564, 1.436)), (1, (-0.370, 2.370))])
def test_the_slope_of_either_sinc(factor, slopes):
    x = torch.linspace(-50, 50, 400_001, dtype=torch.double, requires_grad=True)
    (slope,) = torch.autograd.grad((torch.sinc(factor * x) + x).sum(), x)  # torch's is sin(πx) / (πx)
    assert (slope.min().item(), slope.max().item()) == pytest.approx(slopes, abs=1e-3)
