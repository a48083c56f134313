def test_elus_outputs_are_nearer_zero(run_snippet):
    offsets = run_snippet("activations/elu")["offsets"]
    assert len(offsets["relu"]) == len(offsets["elu"]) == 8
    assert all(e < 0.51 * r for e, r in zip(offsets["elu"], offsets["relu"], strict=True))
    shares = [e / r for e, r in zip(offsets["elu"], offsets["relu"], strict=True)]
    assert max(shares[:2]) < 0.37 and shares[-1] > 0.45  # a third at first, half at last
    assert min(offsets["relu"]) > 0.6 and max(offsets["elu"]) < 0.55
