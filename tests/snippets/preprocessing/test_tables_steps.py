import numpy as np
import pytest
import torch
import torch.nn.functional as F

from lego.datasets import diabetes
from lego.preprocessing import MinMax, Standardize
from lego.stack import mlp
from lego.training import fit


def test_raw_and_centered_do_not_arrive_and_the_others_do(run_snippet):
    losses = run_snippet("preprocessing/tables_steps")["losses"]
    steps = {name: len(loss) - 1 for name, loss in losses.items()}
    assert steps["raw"] == steps["centered"] == 5000
    assert losses["raw"][-1] > 0.6 and losses["centered"][-1] > 0.4
    assert all(losses[name][-1] < 0.1 for name in ("min-max", "normalized", "whitened"))
    assert steps["whitened"] < 10 and steps["normalized"] == 23
    assert steps["min-max"] == pytest.approx(447, abs=3)


def test_the_condition_numbers_are_numpys(run_snippet, capsys):
    found = run_snippet("preprocessing/tables_steps")
    printed = {line.split()[0]: float(line.split()[2][:-1]) for line in capsys.readouterr().out.splitlines()}
    for name, change in found["changes"].items():
        features = np.pad(change(found["x"]).numpy(), ((0, 0), (0, 1)), constant_values=1)
        values = np.linalg.svd(features, compute_uv=False) ** 2
        assert abs(np.log(printed[name] / (values[0] / values[-1]))) < 0.05


def test_min_max_is_slow_from_0_to_1_and_not_from_minus_1_to_1(run_snippet):
    found = run_snippet("preprocessing/tables_steps")
    features = F.pad(MinMax(found["x"], -1, 1)(found["x"]), (0, 1), value=1.0)
    largest = torch.linalg.eigvalsh(features.T @ features / len(features)).max()
    w, target = torch.zeros(14, 3, dtype=torch.double), F.one_hot(found["y"])
    for _ in range(36):
        assert F.cross_entropy(features @ w, found["y"]) >= 0.1
        w -= 2 / largest * features.T @ ((features @ w).softmax(1) - target) / len(features)
    assert F.cross_entropy(features @ w, found["y"]) < 0.1


@pytest.mark.parametrize("seed", range(3))
def test_targets_as_they_are_need_smaller_rates(seed):
    data = diabetes(generator=torch.Generator().manual_seed(seed))
    assert (data.all.targets.min(), data.all.targets.max()) == (25, 346)
    standardize, scale = Standardize(data.train.inputs), Standardize(data.train.targets)

    def score(change, lr, back):
        model = mlp([10, 32, 1], generator=torch.Generator().manual_seed(seed))
        x, y = standardize(data.train.inputs), change(data.train.targets)
        fit(model, x, y, steps=200, lr=lr, loss=F.mse_loss)
        with torch.no_grad():
            found = back(model(standardize(data.test.inputs)))
        return 1 - F.mse_loss(found, data.test.targets) / data.test.targets.var()

    same = torch.nn.Identity()
    assert score(same, 0.001, same) > 0.2
    for lr in (0.01, 0.1):
        assert score(scale, lr, scale.inverse) > 0.2
        with pytest.raises(FloatingPointError):
            score(same, lr, same)
