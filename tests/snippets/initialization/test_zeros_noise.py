def test_a_trace_of_noise_is_not_enough(run_snippet):
    scores = run_snippet("initialization/zeros_noise")["scores"]
    assert all(max(scores[noise]) < 0.45 for noise in (0.0, 1e-8, 1e-6, 1e-4, 1e-2))
    assert all(0.5 < score < 0.75 for score in scores[0.1])
    assert min(scores[0.3]) > 0.9
