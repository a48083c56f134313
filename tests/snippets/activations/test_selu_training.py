import itertools

import pytest
import torch

from lego.datasets import digits
from lego.preprocessing import Standardize
from lego.stack import mlp
from lego.training import fit


def test_selu_leads_and_relu_hardly_begins(run_snippet):
    scores = run_snippet("activations/selu_training")["scores"]
    assert scores["selu"] > 0.65 and scores["selu"] > scores["tanh"] + 0.08
    assert scores["relu"] < 0.3


@pytest.mark.parametrize("name, init", [("relu", "he_normal"), ("tanh", "xavier_normal")])
def test_the_rate_is_the_best_for_the_others(name, init):
    x, y = digits().train
    x = Standardize(x)(x)
    ends = dict.fromkeys((0.005, 0.02, 0.05), 0.0)
    for rate, seed in itertools.product(ends, range(1, 7)):  # ReLU's net hardly moves: one seed tells nothing
        generator = torch.Generator().manual_seed(seed)
        model = mlp([64] * 50 + [10], name, init=init, generator=generator)
        losses = fit(model, x, y, steps=100, lr=rate, batch_size=64, generator=generator).loss
        ends[rate] += sum(losses[-10:]) / 60
    assert min(ends, key=ends.get) == 0.02
