def test_elu_needs_fewer_steps_and_far_fewer_in_the_deepest_net(run_snippet):
    found = run_snippet("activations/elu_speed")
    relu, elu = found["needed"]["relu"], found["needed"]["elu"]
    ratios = [r / e for r, e in zip(relu, elu, strict=True)]
    assert min(ratios) > 1 and ratios[-1] > 1.9 and ratios[-1] == max(ratios)
