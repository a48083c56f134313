def test_noise_of_the_inputs_own_size_helps(run_snippet):
    found = run_snippet("regularization/noise")
    train, held_out = found["curves"].mean(1).T.tolist()
    best = max(range(6), key=held_out.__getitem__)
    assert found["sizes"][best] == 1.5 and 0.065 < held_out[best] - held_out[0] < 0.095
    assert held_out[5] < held_out[best] and train == sorted(train, reverse=True)
