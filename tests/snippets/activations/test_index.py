import torch


def test_what_differs_most_is_the_slope_left_of_zero(run_snippet):
    found = run_snippet("activations/index")
    assert list(found["left"]) == list(found["ACTIVATIONS"])
    assert found["left"]["relu"] == 0 and 0 < found["left"]["leaky_relu"] < 0.02
    x = found["x"]
    right = {}
    for name, make in found["ACTIVATIONS"].items():
        torch.manual_seed(0)
        right[name] = found["slope"](make(), x)[x > 1].abs().mean().item()
    smooth = ["relu", "leaky_relu", "prelu", "elu", "selu", "silu", "mish", "gelu"]
    assert max(right[name] for name in smooth) < 1.2 * min(right[name] for name in smooth)
    assert (
        max(found["left"][name] for name in smooth) > 10 * sorted(found["left"][name] for name in smooth)[1]
    )
