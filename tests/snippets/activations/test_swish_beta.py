def test_beta_stays_near_its_start_and_the_losses_agree(run_snippet):
    found = run_snippet("activations/swish_beta")
    learned = found["learned"]
    assert all(abs(beta - 4) < 0.5 for beta in learned[4.0])
    assert all(0.7 < beta < 1.7 for beta in learned[1.0])
    assert all(0.1 < beta < 1.2 for beta in learned[0.25])
    assert max(learned[0.25]) < min(learned[1.0]) < max(learned[1.0]) < min(learned[4.0])
    assert any(abs(beta - start) > 0.01 for start in learned for beta in learned[start]), "it does move"
    last = [sum(losses[-50:]) / 50 for losses in found["losses"].values()]
    assert max(last) < 0.1
