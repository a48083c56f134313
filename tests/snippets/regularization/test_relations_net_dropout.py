import itertools

import numpy as np
import pytest
import torch
from scipy.special import logsumexp
from torch.nn.functional import cross_entropy

from lego.stack import mlp


def expected(net, x):
    """By the definitions: the rise of the squared loss; the rise of cross-entropy, and its part of second order."""
    w, bias = (part.detach().numpy() for part in net[3].parameters())
    h = torch.relu(net[0](x)).detach().numpy()
    masks = [np.array(mask) / 0.5 for mask in itertools.product((False, True), repeat=8)]
    many, plain = np.stack([(mask * h) @ w.T + bias for mask in masks]), h @ w.T + bias
    squared = many.var(0).mean()  # the mean of all masks is the plain output
    entropy = logsumexp(many, axis=2).mean() - logsumexp(plain, axis=1).mean()  # that of the label stays
    second = 0.0
    for example, logits in enumerate(torch.from_numpy(plain)):
        curvature = torch.autograd.functional.hessian(lambda z: cross_entropy(z, torch.tensor(0)), logits)
        second += np.trace(curvature.numpy() @ np.cov(many[:, example].T, bias=True)) / 2
    return squared, entropy, second / len(plain)


def test_the_rise_of_a_squared_loss_is_the_penalty(run_snippet):
    rise, penalty = run_snippet("regularization/relations_net_dropout")["found"]["squared loss"]
    assert (rise - penalty).abs().max() < 1e-10 and rise.min() > 1e-3


def test_the_rise_of_cross_entropy_becomes_three_times_the_penalty(run_snippet):
    rise, penalty = run_snippet("regularization/relations_net_dropout")["found"]["cross-entropy"]
    ratios = (rise / penalty).tolist()
    assert ratios == sorted(ratios) and 0.8 < ratios[0] < 1
    assert ratios[-1] == pytest.approx(3, abs=0.4)
    assert rise[-1] > rise[0] and penalty.tolist() == sorted(penalty.tolist(), reverse=True)


def test_rises_and_penalties_are_those_of_the_definitions(run_snippet):
    found = run_snippet("regularization/relations_net_dropout")
    start = mlp([64, 8, 10], dropout=0.5, generator=torch.Generator().manual_seed(0)).double()
    squared, *entropy = expected(start, found["x"])
    pairs = {name: pairs.T.tolist() for name, pairs in found["found"].items()}
    assert pairs["squared loss"][0] == pytest.approx([squared] * 2, abs=1e-10)
    assert pairs["cross-entropy"][0] == pytest.approx(entropy, abs=1e-10)
    _, *entropy = expected(found["net"], found["x"])
    assert pairs["cross-entropy"][-1] == pytest.approx(entropy, abs=1e-10)


def test_the_penalty_of_cross_entropy_is_right_to_second_order(run_snippet):
    """Then it is the rise where dropout moves the logits little."""
    found = run_snippet("regularization/relations_net_dropout")
    start = mlp([64, 8, 10], dropout=0.5, generator=torch.Generator().manual_seed(0)).double()
    start[3].weight.data *= 0.01
    _, rise, penalty = expected(start, found["x"])
    assert rise == pytest.approx(penalty, rel=1e-3)
