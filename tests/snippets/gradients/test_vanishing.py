def test_only_the_sigmoid_loses_the_gradient(run_snippet, capsys):
    norms = run_snippet("gradients/vanishing")["norms"]
    assert all(len(layers) == 10 for layers in norms.values())
    assert 5e5 < norms["sigmoid"][-1] / norms["sigmoid"][0] < 2e6
    assert norms["sigmoid"] == sorted(norms["sigmoid"])
    for name in ("tanh", "relu"):
        assert max(norms[name]) / min(norms[name]) < 20
    printed = [line.split()[-1] for line in capsys.readouterr().out.strip().split("\n")]
    assert printed == [f"{layers[-1] / layers[0]:.0e}" for layers in norms.values()]
