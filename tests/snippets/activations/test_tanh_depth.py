import math


def test_tanh_fades_by_a_power_law_and_the_sigmoid_exponentially(run_snippet):
    found = run_snippet("activations/tanh_depth")
    signals, gradients = found["signals"], found["gradients"]
    for layer in range(3, 51):
        assert 0.8 < signals["tanh"][layer - 1] * math.sqrt(2 * layer) < 1.15
    assert signals["sigmoid"][6] < 1e-4
    assert 0.1 < gradients["tanh"][0] / gradients["tanh"][-1] < 1
    assert gradients["sigmoid"][0] / gradients["sigmoid"][-1] < 1e-30
    ratios = [one / two for one, two in zip(gradients["sigmoid"], gradients["sigmoid"][1:], strict=False)]
    assert max(ratios) < 0.27, "a quarter at each layer, up to the noise of the weights"
