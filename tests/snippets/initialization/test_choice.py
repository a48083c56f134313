def test_each_activation_with_each_scheme(run_snippet):
    scores = run_snippet("initialization/choice")["scores"]
    for activation in ("relu", "tanh", "gelu"):
        assert scores[activation, "pytorch"] < 0.45
        assert min(scores[activation, "he_normal"], scores[activation, "orthogonal"]) > 0.9
    for scheme in ("lecun_normal", "xavier_normal"):
        assert scores["gelu", scheme] < 0.4 < 0.75 < scores["relu", scheme] < 0.92 < scores["tanh", scheme]
