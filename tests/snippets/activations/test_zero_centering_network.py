def test_centering_pays_at_the_large_rate_alone(run_snippet):
    needed = run_snippet("activations/zero_centering_network")["needed"]
    plain, centered = needed["sigmoid"], needed["sigmoid minus 1/2"]
    ratios = [p / c for p, c in zip(plain, centered, strict=True)]
    assert 1.1 < ratios[0] < 1.25 and ratios[-1] > 2 and ratios == sorted(ratios)
