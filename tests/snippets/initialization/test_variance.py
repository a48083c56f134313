def test_he_keeps_the_signal_and_the_gradient_swings_with_the_widths(run_snippet):
    found = run_snippet("initialization/variance")
    signal, gradient = found["signal"], found["gradient"]
    assert all(0.7 < value < 1.4 for value in signal["he_normal"])
    assert all(0.8 < value < 1.4 for value in gradient["he_normal"][::2])
    assert all(0.2 < value < 0.35 for value in gradient["he_normal"][1::2])
    for scheme in ("lecun_normal", "xavier_normal"):
        assert signal[scheme][-1] < 1e-3 and gradient[scheme][0] < 1e-3
