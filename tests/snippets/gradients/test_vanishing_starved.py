def test_later_layers_move_further(run_snippet):
    watched = run_snippet("gradients/vanishing_starved")["history"].watched
    ends = [path[-1] for path in watched.values()]
    assert ends == sorted(ends) and len(ends) == 6
    assert ends[0] < 0.001 and 0.15 < ends[-1] < 0.3
    assert ends[-1] / ends[0] > 200
    first = [path[1] for path in watched.values()]
    assert first[-1] > 0.05, "the last layer moves at once"
