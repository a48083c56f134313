import numpy as np


def test_raw_and_centered_do_not_arrive_and_the_others_do(run_snippet):
    losses = run_snippet("preprocessing/tables_steps")["losses"]
    steps = {name: len(loss) - 1 for name, loss in losses.items()}
    assert steps["raw"] == steps["centered"] == 5000
    assert losses["raw"][-1] > 0.6 and losses["centered"][-1] > 0.4
    assert all(losses[name][-1] < 0.1 for name in ("min-max", "normalized", "whitened"))
    assert 5 * steps["normalized"] < steps["min-max"] < 1000
    assert steps["whitened"] < 10 and steps["normalized"] == 23


def test_the_condition_numbers_are_numpys(run_snippet, capsys):
    found = run_snippet("preprocessing/tables_steps")
    printed = {line.split()[0]: float(line.split()[2][:-1]) for line in capsys.readouterr().out.splitlines()}
    for name, change in found["changes"].items():
        features = np.pad(change(found["x"]).numpy(), ((0, 0), (0, 1)), constant_values=1)
        values = np.linalg.svd(features, compute_uv=False) ** 2
        assert abs(np.log(printed[name] / (values[0] / values[-1]))) < 0.05
