def test_every_gradient_by_hand_is_autograds(run_snippet):
    found = run_snippet("gradients/backpropagation_net")
    assert len(found["by_hand"]) == 6
    assert 0 <= found["worst"] < 1e-15
    assert all(gradient.abs().max() > 1e-4 for gradient in found["by_hand"])
