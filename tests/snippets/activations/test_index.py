def test_each_brick_has_a_slope_right_of_zero_and_relu_none_left_of_it(run_snippet):
    found = run_snippet("activations/index")
    left, right = found["left"], found["right"]
    assert list(left) == list(right) == list(found["ACTIVATIONS"])
    assert min(right.values()) > 0.09
    assert {name for name, slope in left.items() if slope == 0} == {"relu", "relu_squared"}
