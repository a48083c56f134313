import torch


def test_the_printed_formula_breaks_on_both_sides_and_mish_on_neither(run_snippet):
    found = run_snippet("activations/mish_safe")
    assert -17 < found["zero"] < -16.5 and 88 < found["broken"] < 89
    mish, left, right = found["mish"], found["left"], found["right"]
    exact = left.double() * torch.tanh(torch.log1p(torch.exp(left.double())))
    assert torch.allclose(mish(left).double(), exact, rtol=1e-5, atol=0)
    assert (found["slope"](mish, right) == 1).all()
    assert found["slopes"][right >= found["broken"]].isnan().all()
