import pytest
import torch
import torch.nn.functional as F

from lego.datasets import digits
from lego.diagnostics import diagnose
from lego.preprocessing import Standardize
from lego.stack import mlp


def test_each_optimizer_has_a_range_of_its_own(run_snippet):
    found = run_snippet("tips/optimizer_adam")
    losses = {name: dict(zip(found["rates"], row, strict=True)) for name, row in found["losses"].items()}
    best = {name: min(row, key=row.get) for name, row in losses.items()}
    assert best == {"sgd": 0.3, "momentum": 0.03, "adam": 0.01}
    lowest = [min(row.values()) for row in losses.values()]
    assert max(lowest) < 0.2 and max(lowest) < 1.5 * min(lowest), "the three end alike"
    assert losses["momentum"][0.3] > 2 < losses["adam"][0.3], "they hardly learn"
    assert losses["sgd"][0.01] > 1, "nor does SGD at Adam's best rate learn much"


@pytest.mark.parametrize("factor", [1, 100])
def test_adam_moves_each_weight_by_the_rate(factor):
    rng = torch.Generator().manual_seed(0)
    x, y = torch.randn(256, 20, generator=rng), torch.randint(3, (256,), generator=rng)
    model = mlp([20, 32, 3], "tanh", init="xavier_normal", generator=rng)
    before = model[0].weight.detach().clone()
    (factor * F.cross_entropy(model(x), y)).backward()
    torch.optim.Adam(model.parameters(), lr=0.001).step()
    assert (model[0].weight - before).abs().allclose(torch.tensor(0.001), rtol=0.01)


def test_momentum_adds_up_to_ten_steps():
    weight = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([weight], lr=0.1, momentum=0.9)
    for _ in range(200):
        before = weight.item()
        weight.grad = torch.ones(1)
        optimizer.step()
    assert before - weight.item() == pytest.approx(10 * 0.1, rel=1e-3)


@pytest.mark.parametrize("seed", range(3))
def test_diagnose_tells_that_a_rate_is_that_of_another_optimizer(seed):
    x, y = digits().train
    x = Standardize(x)(x)
    model = mlp([64, 64, 64, 10], generator=torch.Generator().manual_seed(seed))

    def findings(optimizer, rate):
        report = diagnose(model, (x[:256], y[:256]), optimizer=optimizer(model.parameters(), lr=rate))
        return [finding.name for finding in report.findings]

    assert findings(torch.optim.SGD, 0.1) == findings(torch.optim.Adam, 0.001) == []
    assert findings(torch.optim.Adam, 0.1) == ["learning rate too high"]
