import torch


def test_dropout_is_on_the_path_of_ridge_and_early_stopping_beside_it(run_snippet, capsys):
    found = run_snippet("regularization/explorer")
    assert f"early stopping {(found['stopped'] - found['one']).norm():.2f}" in capsys.readouterr().out
    assert found["axes"].get_aspect() == 1, "a circle looks like one"
    assert (found["dropped"] - found["one"]).norm() < 1e-10
    assert 0.3 < (found["stopped"] - found["one"]).norm() < 0.5
    paths = {name: torch.stack(path) for name, path in found["ways"].items()}
    fine = torch.logspace(-4, 4, 4001, dtype=torch.float64)
    ridge = torch.stack([found["ridge"](found["x"], found["y"], float(amount)) for amount in fine])
    apart = {name: torch.cdist(path, ridge).min(dim=1).values.max() for name, path in paths.items()}
    assert apart["dropout"] < 2e-3  # the grid's own width
    assert 0.05 < apart["early stopping"] < 0.3
