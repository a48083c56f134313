import pytest
import torch
import torch.nn.functional as F

from lego.datasets import digits
from lego.stack import mlp


def test_the_range_test_finds_the_range_of_the_runs(run_snippet):
    found = run_snippet("tips/recipe")
    scores, loss, rates = found["scores"], found["history"].loss, found["history"].lr
    best = max(scores, key=scores.get)
    assert best in (0.3, 1.0) and scores[3.0] < 0.3 and scores[0.001] < 0.4
    lowest = rates[loss.index(min(loss))]
    assert 0.3 <= lowest <= 2 and loss[-1] > 100 * min(loss)
    assert min(scores[rate] for rate in (0.1, 0.3)) > 0.9  # a third to a tenth of where it breaks
    assert rates[1] / rates[0] == rates[50] / rates[49] or abs(rates[1] / rates[0] - 1.1) < 1e-6


@pytest.mark.parametrize(("optimizer", "rate"), [(torch.optim.SGD, 0.1), (torch.optim.Adam, 0.001)])
def test_one_batch_tells_that_gradients_are_not_set_to_zero(optimizer, rate):
    part = digits().train
    x, y = part.inputs[:64].flatten(1) / 16, part.targets[:64]

    def train(forget):
        model = mlp([64, 64, 64, 10], generator=torch.Generator().manual_seed(0))
        steps, losses = optimizer(model.parameters(), lr=rate), []
        for _ in range(200):
            if not forget:
                steps.zero_grad()
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            steps.step()
            losses.append(loss.item())
        return max(losses[-50:])

    assert train(forget=False) < 0.05 < 1 < train(forget=True)
