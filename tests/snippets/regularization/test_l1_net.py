def test_nine_in_ten_are_zero_and_accuracy_gains_a_little(run_snippet):
    found = run_snippet("regularization/l1_net")
    zeros, score = found["curves"].mean(1).T.tolist()
    assert zeros[0] == 0 and zeros[-1] > 0.85 and zeros == sorted(zeros)
    assert 0.01 < score[-1] - score[0] < 0.08
