def test_the_path_turns_back_and_forth(run_snippet):
    found = run_snippet("preprocessing/explorer")
    assert found["left"].get_aspect() == 1, "a round bowl looks round"
    assert abs(found["high"] / found["low"] - 19) < 1e-9  # 1 + 2 · 3² by 1
    assert 2 < found["length"] < 3
    corner = found["grid"][[0, 0]] - found["best"]
    assert abs(found["loss"][0, 0] - corner @ found["hessian"] @ corner / 2) < 1e-9
    steps = found["path"].diff(dim=0)
    assert (steps[:-1] * steps[1:]).sum(dim=1)[:10].max() < 0, "each step turns back"
