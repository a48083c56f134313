def test_every_start_ends_at_mean_0_and_variance_1(run_snippet):
    found = run_snippet("activations/selu")
    assert len(found["ends"]) == 5
    for (mean, variance), start in zip(found["ends"], found["starts"], strict=True):
        assert abs(mean) < 0.05 and abs(variance - 1) < 0.1
        assert abs(mean - start[0]) + abs(variance - start[1]) > 0.5
