def test_dropout_brings_a_few_points(run_snippet, capsys):
    found = run_snippet("regularization/dropout_net")
    train, held_out = found["curves"].mean(1).T.tolist()
    assert 0.02 < held_out[4] - held_out[0] < 0.08 and held_out[3] - held_out[0] > 0.02
    assert 0.75 < sum(found["learned"]) / 3 < 0.87  # four in five
    assert f": {sum(found['learned']) / 3:.0%}\n" in capsys.readouterr().out
    assert train[0] > 0.99 and train[4] < train[3] <= train[2]
