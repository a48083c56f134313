def test_beta_of_a_channel_tells_two_digits_apart(run_snippet):
    found = run_snippet("activations/acon_meta")
    channel = found["channel"]
    zero, one = found["zero"][:, channel], found["one"][:, channel]
    assert (zero.mean() - one.mean()).abs() > 3 * (zero.std() + one.std()) / 2
    assert found["score"] > 0.95
