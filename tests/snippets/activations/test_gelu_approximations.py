def test_how_far_the_two_approximations_are_off(run_snippet):
    largest = run_snippet("activations/gelu_approximations")["largest"]
    assert 4e-4 < largest["tanh formula"] < 5e-4
    assert 0.018 < largest["x σ(1.702 x)"] < 0.021
