def test_neighbors_tell_a_dropped_pixel_and_no_dropped_channel(run_snippet):
    known = run_snippet("regularization/dropout_variants_spatial")["known"]
    assert max(known["Dropout"]) > 0.5 and sum(known["Dropout"]) / 8 > 0.25
    assert max(map(abs, known["Dropout2d"])) < 1e-6
