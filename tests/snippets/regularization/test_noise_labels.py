def test_smoothing_changes_the_certainty_and_not_the_answers(run_snippet):
    hard, soft = run_snippet("regularization/noise_labels")["numbers"].values()
    (hard_right, hard_certain, hard_loss), (soft_right, soft_certain, soft_loss) = hard, soft
    assert abs(hard_right - soft_right) < 0.02
    assert hard_certain > hard_right + 0.05 and soft_certain < soft_right - 0.05
    assert soft_loss < hard_loss - 0.05
