def test_holding_out_costs_and_training_again_gives_back(run_snippet):
    found = run_snippet("regularization/early_stopping_cost")
    once, again = ([sum(scores) / 5 for scores in found[name].values()] for name in ("once", "again"))
    assert once == sorted(once, reverse=True) and once[0] - once[3] > 0.05 and once[-1] < 0.68
    assert all(b > a for a, b in zip(once, again, strict=True)) and min(again[:4]) > 0.77
