import itertools

import pytest
import torch

from lego.datasets import digits
from lego.preprocessing import Standardize
from lego.stack import mlp
from lego.training import fit


def test_selu_leads_and_relu_hardly_begins(run_snippet):
    found = run_snippet("activations/selu_training")
    scores = found["scores"]
    assert scores["relu"] < 0.3 and min(scores["selu"], scores["tanh"]) > 0.45
    lowest = {line.get_label(): line.get_ydata().min() for line in found["axes"].lines}
    assert lowest["SELU"] < 1
    assert lowest["tanh"] == pytest.approx(1.3, abs=0.1) and lowest["ReLU"] > 1.9


# ReLU's net hardly moves: one seed tells nothing
@pytest.mark.slow
@pytest.mark.parametrize("name, init, seeds", [("relu", "he_normal", 8), ("tanh", "xavier_normal", 4)])
def test_the_rate_is_the_best_for_the_others(name, init, seeds):
    x, y = digits().train
    x = Standardize(x)(x)
    late = dict.fromkeys((0.005, 0.02, 0.05), 0.0)
    for rate, seed in itertools.product(late, range(seeds)):
        generator = torch.Generator().manual_seed(seed)
        model = mlp([64] * 50 + [10], name, init=init, generator=generator)
        losses = fit(model, x, y, steps=100, lr=rate, batch_size=64, generator=generator).loss
        late[rate] += sum(losses[50:]) / 50 / seeds
    assert min(late, key=late.get) == 0.02, late
