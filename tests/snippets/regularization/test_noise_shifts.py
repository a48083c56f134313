def test_shifts_help_where_they_are_asked_for_and_flips_nowhere(run_snippet):
    found = run_snippet("regularization/noise_shifts")
    scores = found["scores"]
    for count in found["counts"]:
        plain, shifted, flipped = (scores[name, count, "centered"] for name in found["changes"])
        assert abs(plain - shifted) < 0.05 and flipped < plain - 0.02
        plain, shifted, flipped = (scores[name, count, "shifted"] for name in found["changes"])
        assert shifted > plain + 0.3 and flipped < plain
