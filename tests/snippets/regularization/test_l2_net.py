def test_l2_helps_over_a_decade_and_too_much_ruins(run_snippet):
    found = run_snippet("regularization/l2_net")
    train, held_out = found["curves"].mean(1).T.tolist()
    best = held_out[4]  # at 0.03
    assert best == max(held_out) and best - held_out[0] > 0.05
    assert held_out[3] - held_out[0] > 0.03 and held_out[5] < held_out[0] - 0.02
    assert train[0] > 0.99 and 0.8 < train[4] < 0.9
