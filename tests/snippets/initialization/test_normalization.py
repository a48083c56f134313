def test_normalization_forgives_small_weights_and_slows_large_ones(run_snippet):
    scores = run_snippet("initialization/normalization")["scores"]
    none, batch, layer = scores[None], scores["batch"], scores["layer"]
    assert max(none) == none[3] > 0.85 and max(none[0], none[1]) < 0.2 and none[5] == none[6] == 0
    for found in (batch, layer):
        assert min(found[:4]) > 0.85 and 0.45 < found[6] < 0.7
        assert found[3] > found[4] > found[5] > found[6]
