def test_the_sigmoid_needs_to_be_shallow_and_tanh_does_not(run_snippet):
    found = run_snippet("gradients/vanishing_depth")
    sigmoid, tanh = (
        dict(zip(found["depths"], found["scores"][name], strict=True)) for name in ("sigmoid", "tanh")
    )
    assert sigmoid[2] > 0.9 and 0.52 < sigmoid[3] < 0.65
    assert all(abs(sigmoid[depth] - 0.5) < 0.05 for depth in (4, 6, 8))
    assert all(score > 0.94 for score in tanh.values())
