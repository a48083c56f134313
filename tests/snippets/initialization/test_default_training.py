import pytest


def test_the_default_fails_with_depth_and_batch_norm_forgives_it(run_snippet):
    scores = run_snippet("initialization/default_training")["scores"]
    assert scores["pytorch"][0] > 0.85 and scores["pytorch"][-1] < 0.2
    assert min(scores["pytorch, batch norm"]) > 0.935
    assert scores["pytorch"][2] == pytest.approx(0.36, abs=0.05)
    assert min(scores["he_normal"][:4]) > 0.9
    assert scores["he_normal"][4] == pytest.approx(0.84, abs=0.03)
