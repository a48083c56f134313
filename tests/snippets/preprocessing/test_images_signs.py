def test_one_sign_for_one_example_and_mixed_signs_in_a_batch(run_snippet):
    share = run_snippet("preprocessing/images_signs")["share"]
    assert share["0 to 1", 1] == 1
    assert 0 < share["0 to 1", 8] < 0.3 and 0 < share["0 to 1", 64] < 0.3
    assert all(share["centered", count] == 0 for count in (1, 8, 64))
