def test_he_explodes_dropout_shifts_and_alpha_dropout_does_not(run_snippet):
    variances = {name: path[-1] for name, path in run_snippet("activations/selu_broken")["variances"].items()}
    assert 0.8 < variances["LeCun's weights"] < 1.2 and 0.8 < variances["with alpha dropout"] < 1.2
    assert variances["He's weights"] > 1000
    assert 1.4 < variances["with dropout"] < 1.9
