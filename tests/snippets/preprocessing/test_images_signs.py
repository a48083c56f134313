def test_one_sign_for_one_example_and_mixed_signs_in_a_batch(run_snippet):
    found = run_snippet("preprocessing/images_signs")
    share = found["share"]
    assert share["0 to 1", 1] == 1
    assert all(0 < share["0 to 1", count] < 0.15 for count in (8, 16, 32, 64))
    assert all(share["centered", count] == 0 for count in found["counts"])
