import copy
import itertools
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import Lasso, Ridge
from torch import nn
from torch.nn.utils import prune

from lego.activations import AconC, MetaAcon, Swish
from lego.regularization import (
    AlphaDropout,
    DropConnect,
    Dropout,
    EarlyStopping,
    GaussianNoise,
    decay_,
    dropout_as_ridge,
    early_stopping_as_ridge,
    elastic_net,
    gradient_descent,
    l1,
    l1_as_laplace_prior,
    l2,
    l2_as_gaussian_prior,
    max_norm_,
    mc_dropout,
    noise_as_tikhonov,
    ridge,
    smooth_labels,
    soft_threshold,
    soft_threshold_,
)
from lego.training import fit
from tests.models import Merging


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def problem(count=12, features=4, outputs=None, seed=0):
    generator = seeded(seed)
    x = torch.randn(count, features, generator=generator, dtype=torch.double)
    shape = (count,) if outputs is None else (count, outputs)
    return x, torch.randn(shape, generator=generator, dtype=torch.double)


def net():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Dropout(0.4), nn.Linear(4, 2))


# penalties and constraints


def test_penalties_by_hand_with_biases_and_norms_on_request():
    model = net()
    weights = torch.cat([model[0].weight.flatten(), model[4].weight.flatten()])
    biases = torch.cat([model[0].bias, model[4].bias])
    norms = torch.cat([model[1].weight, model[1].bias])
    for function, size in ((l1, torch.abs), (l2, torch.square)):
        torch.testing.assert_close(function(model), size(weights).sum())
        torch.testing.assert_close(function(model, biases=True), size(torch.cat([weights, biases])).sum())
        torch.testing.assert_close(function(model, norms=True), size(torch.cat([weights, norms])).sum())
    torch.testing.assert_close(elastic_net(model, 0.5, 2.0), 0.5 * l1(model) + 2 * l2(model))
    (gradient,) = torch.autograd.grad(l2(model), model[0].weight)
    torch.testing.assert_close(gradient, 2 * model[0].weight.detach())


def test_a_weight_that_is_used_twice_counts_once():
    one, two = nn.Linear(3, 3), nn.Linear(3, 3)
    two.weight = one.weight
    torch.testing.assert_close(l2(nn.ModuleList([one, two])), one.weight.square().sum())


def test_l2_is_weight_decay_for_sgd_and_not_for_adam():
    def train(make, penalty):
        torch.manual_seed(0)
        model = nn.Linear(3, 1, bias=False)
        x, y = torch.randn(20, 3), torch.randn(20, 1)
        optimizer = make(model.parameters())
        for _ in range(30):
            optimizer.zero_grad()
            (F.mse_loss(model(x), y) + penalty * l2(model)).backward()
            optimizer.step()
        return model.weight.detach()

    sgd = train(lambda p: torch.optim.SGD(p, lr=0.1), 0.05)
    torch.testing.assert_close(sgd, train(lambda p: torch.optim.SGD(p, lr=0.1, weight_decay=0.1), 0.0))
    adam = train(lambda p: torch.optim.Adam(p, lr=0.1), 0.05)
    adamw = train(lambda p: torch.optim.AdamW(p, lr=0.1, weight_decay=0.1), 0.0)
    assert (adam - adamw).abs().max() > 0.01


def test_decoupled_decay_is_that_of_adamw():
    model, other = net(), net()
    decay_(model, 0.1 * 0.3)
    optimizer = torch.optim.AdamW([other[0].weight, other[4].weight], lr=0.1, weight_decay=0.3)
    for parameter in other.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    for mine, theirs in zip(model.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs)


def test_the_soft_threshold_solves_its_problem():
    w = torch.linspace(-4, 4, 80_001, dtype=torch.double)
    for x, amount in itertools.product((-2.0, -0.3, 0.0, 0.7, 3.0), (0.0, 0.5, 1.0)):
        best = w[((w - x) ** 2 / 2 + amount * w.abs()).argmin()]
        assert soft_threshold(torch.tensor(x), amount).item() == pytest.approx(best.item(), abs=1e-4)


def test_what_the_proximal_step_moves_is_told_by_name():
    with pytest.raises(TypeError, match="positional"):
        soft_threshold_(nn.Linear(2, 2), 0.1, True)


def test_l1_is_the_soft_threshold_for_an_orthonormal_design():
    x, _ = torch.linalg.qr(problem(30, 6)[0])
    _, y = problem(30, 6)
    alpha = 0.3
    expected = Lasso(alpha=alpha / 30, fit_intercept=False, tol=1e-14, max_iter=10**6).fit(x, y).coef_
    np.testing.assert_allclose(soft_threshold(x.T @ y, alpha), expected, atol=1e-10)
    scales = torch.tensor([1.0, 2, 3, 4, 5, 6])  # a diagonal Hessian
    expected = (
        Lasso(alpha=alpha / 30, fit_intercept=False, tol=1e-14, max_iter=10**6).fit(x * scales, y).coef_
    )
    mine = soft_threshold(x.T @ y / scales, alpha / scales.square())
    np.testing.assert_allclose(mine, expected, atol=1e-10)


def test_the_proximal_step_lands_on_zeros_and_the_subgradient_does_not():
    x, y = problem(60, 10)
    exact = Lasso(alpha=0.2, fit_intercept=False, tol=1e-14, max_iter=10**6).fit(x, y).coef_
    zeros = {}
    for proximal in (True, False):
        model = nn.Linear(10, 1, bias=False).double()
        nn.init.zeros_(model.weight)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for _ in range(600):
            optimizer.zero_grad()
            loss = F.mse_loss(model(x)[:, 0], y) / 2
            (loss if proximal else loss + 0.2 * l1(model)).backward()
            optimizer.step()
            if proximal:
                soft_threshold_(model, 0.1 * 0.2)
        zeros[proximal] = (model.weight == 0).sum().item()
        if proximal:
            np.testing.assert_allclose(model.weight.detach()[0], exact, atol=1e-10)
    assert zeros[True] == (exact == 0).sum() > 0 == zeros[False]


def test_max_norm_shortens_long_rows_alone():
    model = net()
    before = model[0].weight.detach().clone()
    lengths = before.norm(dim=1)
    limit = lengths.median().item()
    bias = model[0].bias.detach().clone()
    max_norm_(model, limit)
    after = model[0].weight.detach()
    torch.testing.assert_close(after.norm(dim=1), lengths.clamp(max=limit))
    torch.testing.assert_close(F.normalize(after), F.normalize(before))
    assert torch.equal(model[0].bias, bias)


# layers


@pytest.mark.parametrize(
    "make", [Dropout, AlphaDropout, lambda p, **o: DropConnect(nn.Linear(5, 5), p, **o), GaussianNoise]
)
def test_layers_are_the_identity_in_evaluation_and_draw_from_their_generator(make):
    x = torch.randn(7, 5)
    one, two = (make(0.4, generator=seeded(3)) for _ in range(2))
    two.load_state_dict(one.state_dict())
    before = torch.get_rng_state()
    assert torch.equal(one(x), two(x)) and not torch.equal(one(x), one(x))
    assert torch.equal(torch.get_rng_state(), before)
    three, drawn = make(0.4).train(), []
    three.load_state_dict(one.state_dict())
    for _ in range(2):
        torch.manual_seed(3)
        drawn.append(three(x))
    assert torch.equal(*drawn) and not torch.equal(three(x), drawn[0]), (
        "PyTorch's generator, if none is given"
    )
    torch.set_rng_state(before)
    one.eval()
    expected = one.layer(x) if isinstance(one, DropConnect) else x
    assert torch.equal(one(x), expected)
    assert one.train()(x.half() if not isinstance(one, DropConnect) else x).dtype == (
        torch.half if not isinstance(one, DropConnect) else torch.float
    )


def test_half_is_dropped_if_nothing_is_said():
    assert Dropout().p == AlphaDropout().p == DropConnect(nn.Linear(2, 2)).p == 0.5


def test_dropout_agrees_with_pytorchs():
    x = torch.ones(200_000)
    for p in (0.0, 0.3, 0.9):
        mine = Dropout(p, generator=seeded())(x)
        theirs = nn.Dropout(p)(x)
        assert mine.unique().tolist() == theirs.unique().tolist()
        assert mine.mean().item() == pytest.approx(1, abs=0.03)
        assert (mine == 0).double().mean().item() == pytest.approx(p, abs=0.005)


def test_alpha_dropout_agrees_with_pytorchs_and_keeps_the_moments():
    x = torch.randn(400_000, generator=seeded())
    layer = AlphaDropout(0.3, generator=seeded(1))
    y = layer(x)
    assert y.mean().item() == pytest.approx(0, abs=0.01) and y.var().item() == pytest.approx(1, abs=0.01)
    same = torch.ones(1000)
    torch.testing.assert_close(AlphaDropout(0.3)(same).unique(), nn.AlphaDropout(0.3)(same).unique())


def test_gradients_pass_where_numbers_were_kept():
    x = torch.ones(50, requires_grad=True)
    y = Dropout(0.5, generator=seeded())(x)
    y.sum().backward()
    assert torch.equal(x.grad, y.detach())


def test_drop_connect_is_a_linear_layer_on_average():
    layer = DropConnect(nn.Linear(6, 3), 0.5, generator=seeded())
    x = torch.randn(4, 6, generator=seeded(1))
    mean = torch.stack([layer(x) for _ in range(20_000)]).mean(dim=0)
    torch.testing.assert_close(mean, layer.layer(x), atol=0.03, rtol=0)


def test_monte_carlo_dropout_averages_masks_and_leaves_the_model_as_it_was():
    model = net()
    model.train()
    model[1].eval()
    modes, statistics = [m.training for m in model.modules()], model[1].running_mean.clone()
    x = torch.randn(6, 3, generator=seeded())
    torch.manual_seed(0)
    mean, spread = mc_dropout(model, x, 3000)
    assert modes == [m.training for m in model.modules()] and torch.equal(model[1].running_mean, statistics)
    model.eval()
    assert (spread > 0).any() and (mean - model(x)).abs().max() < 0.1  # linear behind the dropout


def test_smoothed_labels_agree_with_cross_entropy():
    logits, targets = torch.randn(9, 4, generator=seeded()), torch.arange(9) % 4
    for amount in (0.0, 0.1, 1.0):
        mine = F.cross_entropy(logits, smooth_labels(targets, 4, amount))
        torch.testing.assert_close(mine, F.cross_entropy(logits, targets, label_smoothing=amount))


# early stopping


def marked(number):
    model = nn.Linear(1, 1, bias=False)
    nn.init.constant_(model.weight, number)
    return model


@pytest.mark.parametrize(
    ("values", "options", "stops", "best"),
    [
        ([3, 2, 1, 1, 1], {"patience": 2}, 4, 2),
        ([3, 2, 2.5, 1, 2, 2], {"patience": 2}, 5, 3),
        ([1, 2, 3, 3, 3], {"patience": 2, "mode": "max"}, 4, 2),
        ([1, 0.95, 0.9, 0.85], {"patience": 2, "minimum_improvement": 0.2}, 2, 0),
        ([1, 0.75, 0.75], {"patience": 2, "minimum_improvement": 0.25}, 2, 0),
        ([1, 1.15, 1.15], {"patience": 2, "minimum_improvement": 0.2, "mode": "max"}, 2, 0),
        ([1, 0.75, 0.75, 0.75], {"patience": 2, "minimum_improvement": 0.2}, 3, 1),
        ([1, math.nan, math.nan], {"patience": 2}, 2, 0),
        ([math.nan, math.nan], {"patience": 2}, 1, -1),
        ([5, 4, 3, 2], {"patience": 1}, None, 3),
    ],
)
def test_when_it_stops_and_what_it_restores(values, options, stops, best):
    stopping, model = EarlyStopping(**options), marked(0)
    stopped = None
    for step, value in enumerate(values):
        nn.init.constant_(model.weight, step)
        if stopping.step(torch.tensor(value) if step % 2 else value, model):
            stopped = step
            break
    assert stopped == stops and stopping.best_step == best
    assert stopping.restore(model).weight.item() == (best if best >= 0 else len(values) - 1)


def test_patience_may_be_a_tensor_and_the_answer_stays_true_or_false():
    stopping = EarlyStopping(torch.tensor(1))
    assert [stopping.step(value, marked(0)) for value in (1.0, 2.0)] == [False, True]
    assert type(stopping.step(3.0, marked(0))) is bool


def test_a_value_with_a_gradient_is_a_number_too():
    stopping, model = EarlyStopping(2), marked(3)
    assert not stopping.step(l2(model), model) and stopping.best == 9 and isinstance(stopping.best, float)


def test_its_state_survives_a_save_and_a_load(tmp_path):
    values = [5.0, 3.0, 4.0, 3.5, 3.2, 3.1]
    whole, first = EarlyStopping(3), EarlyStopping(3)
    expected = [whole.step(value, marked(value)) for value in values]
    found = [first.step(value, marked(value)) for value in values[:3]]
    torch.save(first.state_dict(), tmp_path / "state.pt")
    second = EarlyStopping(3)
    second.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
    found += [second.step(value, marked(value)) for value in values[3:]]
    assert found == expected and (second.best, second.best_step, second.wait) == (3.0, 1, 4)
    assert second.restore(marked(0)).weight.item() == 3


def test_the_best_weights_are_a_copy_and_optional():
    model = marked(1)
    stopping = EarlyStopping(2)
    stopping.step(1.0, model)
    nn.init.constant_(model.weight, 7)
    assert copy.deepcopy(stopping).restore(model).weight.item() == 1
    bare = EarlyStopping(2, restore=False)
    bare.step(1.0, marked(1))
    assert bare.weights is None and bare.restore(marked(4)).weight.item() == 4


# the exact relations


def descent(x, y, lr, steps):
    w = torch.zeros(x.shape[1], *y.shape[1:], dtype=torch.double)
    for _ in range(steps):
        w = w + lr * x.T @ (y - x @ w)
    return w


def test_gradient_descent_keeps_its_digits_where_a_step_hardly_moves():
    x = torch.diag(torch.tensor([1.0, 1e-6], dtype=torch.double))
    weights = gradient_descent(x, torch.ones(2, dtype=torch.double), lr=0.5, steps=3)
    assert weights.tolist() == pytest.approx([1 - 0.5**3, 1.5e-6], rel=1e-10)


SHAPES = [(12, 4, None), (12, 4, 3), (4, 9, None), (6, 6, 2), (1, 3, None)]


@pytest.mark.parametrize(("count", "features", "outputs"), SHAPES)
@pytest.mark.parametrize("steps", [1, 7, 400])
def test_early_stopping_is_ridge_exactly(count, features, outputs, steps):
    x, y = problem(count, features, outputs)
    lr = 0.9 / torch.linalg.eigvalsh(x.T @ x)[-1].item()
    expected = descent(x, y, lr, steps)
    torch.testing.assert_close(gradient_descent(x, y, lr, steps), expected, rtol=0, atol=1e-10)
    penalties = early_stopping_as_ridge(x, lr, steps)
    torch.testing.assert_close(ridge(x, y, penalties), expected, rtol=0, atol=1e-10)


@settings(deadline=None, max_examples=40, derandomize=True)
@given(st.integers(0, 10**6), st.integers(1, 300), st.floats(0.01, 0.99))
def test_early_stopping_is_ridge_for_any_data(seed, steps, share):
    x, y = problem(8, 3, seed=seed)
    x = x * torch.tensor([1e-3, 1.0, 30.0])
    lr = share / torch.linalg.eigvalsh(x.T @ x)[-1].item()
    expected = descent(x, y, lr, steps)
    scale = max(1.0, expected.abs().max().item())
    torch.testing.assert_close(
        ridge(x, y, early_stopping_as_ridge(x, lr, steps)), expected, rtol=0, atol=1e-10 * scale
    )


def test_the_penalty_of_a_flat_direction_is_one_by_rate_times_steps():
    x, _ = problem(20, 3)
    x[:, 0] = 0
    penalties = early_stopping_as_ridge(x, 0.01, 50)
    assert penalties[0].item() == pytest.approx(1 / (0.01 * 50), rel=1e-12)
    assert (penalties.diff() < 0).all(), "steep directions are penalized less"


def test_descent_past_one_still_follows_its_formula():
    x, y = problem()
    lr = 1.7 / torch.linalg.eigvalsh(x.T @ x)[-1].item()
    torch.testing.assert_close(gradient_descent(x, y, lr, 9), descent(x, y, lr, 9), rtol=0, atol=1e-10)
    with pytest.raises(ValueError, match=r"lr must be below .* one by the largest eigenvalue"):
        early_stopping_as_ridge(x, lr, 9)


@pytest.mark.parametrize("p", [0.0, 0.2, 0.75])
def test_dropout_is_ridge_exactly_over_all_masks(p):
    x, y = problem(3, 3)
    w = torch.tensor([0.5, -1.0, 2.0], dtype=torch.double)
    expected, moments, target = 0.0, torch.zeros(3, 3).double(), torch.zeros(3).double()
    for bits in itertools.product((0.0, 1.0), repeat=9):
        mask = torch.tensor(bits, dtype=torch.double).reshape(3, 3)
        chance = (1 - p) ** mask.sum() * p ** (9 - mask.sum()) if p else float(mask.sum() == 9)
        dropped = mask * x / (1 - p)
        expected += chance * (y - dropped @ w).square().sum()
        moments, target = moments + chance * dropped.T @ dropped, target + chance * dropped.T @ y
    penalty = dropout_as_ridge(x, p)
    torch.testing.assert_close((y - x @ w).square().sum() + w @ penalty @ w, expected, rtol=0, atol=1e-10)
    torch.testing.assert_close(ridge(x, y, penalty), torch.linalg.solve(moments, target), rtol=0, atol=1e-10)


def test_dropout_does_not_mind_the_scale_of_a_column_and_ridge_does():
    x, y = problem()
    scales = torch.tensor([1.0, 10.0, 0.01, 3.0], dtype=torch.double)
    one = ridge(x, y, dropout_as_ridge(x, 0.4))
    two = ridge(x * scales, y, dropout_as_ridge(x * scales, 0.4)) * scales
    torch.testing.assert_close(one, two, rtol=0, atol=1e-10)
    assert (ridge(x, y, 1.0) - ridge(x * scales, y, 1.0) * scales).abs().max() > 0.01


def test_noise_is_tikhonov_exactly():
    """Gauss-Hermite sums of two nodes are exact for the squares of the noise."""
    x, y = problem(2, 2)
    w, std = torch.tensor([0.7, -1.3], dtype=torch.double), 0.6
    noisy = [
        (y - (x + std * torch.tensor(signs, dtype=torch.double).reshape(2, 2)) @ w).square().sum()
        for signs in itertools.product((-1.0, 1.0), repeat=4)
    ]
    expected = torch.stack(noisy).mean()
    penalty = noise_as_tikhonov(x, std)
    torch.testing.assert_close((y - x @ w).square().sum() + penalty * w @ w, expected, rtol=0, atol=1e-10)


def test_ridge_agrees_with_scikit_learn_and_its_three_forms_agree():
    x, y = problem(20, 5, 2)
    expected = Ridge(alpha=0.7, fit_intercept=False, solver="cholesky").fit(x, y).coef_.T
    for penalty in (0.7, torch.full((5,), 0.7), 0.7 * torch.eye(5)):
        np.testing.assert_allclose(ridge(x, y, penalty), expected, atol=1e-10)
    np.testing.assert_allclose(ridge(x, y, 0.0), np.linalg.lstsq(x, y)[0], atol=1e-10)
    wide, target = problem(3, 8)
    np.testing.assert_allclose(ridge(wide, target, 0.0), np.linalg.lstsq(wide, target)[0], atol=1e-10)


def test_penalties_are_priors():
    x, y = problem(30, 3)
    noise, spread = 0.5, 0.8
    w = ridge(x, y, l2_as_gaussian_prior(noise, spread)).requires_grad_()
    negative_log = (y - x @ w).square().sum() / (2 * noise**2) + w.square().sum() / (2 * spread**2)
    (gradient,) = torch.autograd.grad(negative_log, w)
    assert gradient.abs().max() < 1e-10
    alpha = l1_as_laplace_prior(noise, spread)
    w = torch.tensor(Lasso(alpha=alpha / 30, fit_intercept=False, tol=1e-15, max_iter=10**6).fit(x, y).coef_)
    slopes = x.T @ (x @ w - y) / noise**2  # of the likelihood; the prior's is ±1/b
    active = w != 0
    torch.testing.assert_close(slopes[active], -w[active].sign() / spread, rtol=0, atol=1e-10)
    assert (slopes[~active].abs() <= 1 / spread + 1e-10).all()


X, Y = problem()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: l2(nn.ReLU()), "model must have a parameter that counts, got ReLU without one"),
        (lambda: elastic_net(net(), -1, 0), "l1_factor must be finite and at least 0, got -1"),
        (lambda: soft_threshold(X, -0.1), "amount must be at least 0, got -0.1"),
        (lambda: decay_(net(), 1.5), "amount must be from 0 to 1, got 1.5"),
        (lambda: max_norm_(net(), 0), "maximum must be above 0, got 0"),
        (lambda: Dropout(1.0), "p must be at least 0 and below 1, got 1.0"),
        (lambda: AlphaDropout(-0.1), "p must be at least 0 and below 1, got -0.1"),
        (lambda: DropConnect(nn.ReLU()), "layer must be a torch.nn.Linear, got ReLU"),
        (lambda: GaussianNoise(-1), "std must be finite and at least 0, got -1"),
        (lambda: GaussianNoise(math.inf), "std must be finite and at least 0, got inf"),
        (lambda: mc_dropout(net(), X, 1), "samples must be at least 2, got 1"),
        (lambda: mc_dropout(nn.Linear(2, 2), X), "model must have a dropout layer, got Linear"),
        (lambda: smooth_labels(torch.tensor([3]), 3), "targets must be from 0 to 2, got 3 to 3"),
        (lambda: smooth_labels(torch.tensor([0.5]), 3), "targets must be whole numbers, got torch.float32"),
        (lambda: smooth_labels(torch.tensor([0]), 3, 2), "amount must be from 0 to 1, got 2"),
        (lambda: EarlyStopping(0), "patience must be at least 1, got 0"),
        (lambda: EarlyStopping(mode="mim"), "mode must be a name in .*nearest: min.*got 'mim'"),
        (lambda: EarlyStopping(minimum_improvement=-1), "minimum_improvement must be at least 0, got -1"),
        (lambda: gradient_descent(X, Y, 0, 3), "lr must be above 0, got 0"),
        (lambda: gradient_descent(X, Y, 9.0, 3), "lr must be below .* to converge, got 9.0"),
        (
            lambda: gradient_descent(torch.eye(9) * torch.arange(9), torch.ones(9), 0.1, 3),
            "lr must be below 0.0312 to",
        ),
        (lambda: gradient_descent(X, Y, 1e-3, 0), "steps must be at least 1, got 0"),
        (lambda: ridge(X[0], Y, 1.0), r"x must have the shape \(count, features\), got \(4,\)"),
        (lambda: ridge(X, Y[:3], 1.0), r"y must have 12 rows like x, got the shape \(3,\)"),
        (lambda: ridge(X, Y, -1.0), "penalty must be at least 0, got -1"),
        (lambda: ridge(X, Y, torch.ones(3)), r"penalty must be a number or 4 numbers, got \(3,\)"),
        (lambda: ridge(X, Y, torch.ones(3, 3)), r"penalty must be a 4 by 4 matrix, got \(3, 3\)"),
        (lambda: dropout_as_ridge(X, 1.0), "p must be at least 0 and below 1, got 1.0"),
        (lambda: noise_as_tikhonov(X, -1), "std must be finite and at least 0, got -1"),
        (lambda: l2_as_gaussian_prior(0, 1), "noise_std must be above 0, got 0"),
        (lambda: l1_as_laplace_prior(1, -1), "prior_scale must be above 0, got -1"),
    ],
)
def test_errors_name_the_argument_the_rule_and_the_value(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(("size", "dtype"), [(1e25, torch.float), (1e-6, torch.float), (2e3, torch.half)])
def test_max_norm_of_very_long_and_very_short_rows(size, dtype):
    layer = nn.Linear(2, 1, bias=False).to(dtype)
    nn.init.constant_(layer.weight, size)
    maximum = size / 10
    max_norm_(layer, maximum)
    expected = torch.full((1, 2), maximum / math.sqrt(2), dtype=torch.double)
    assert torch.allclose(layer.weight.double(), expected, rtol=2 * torch.finfo(dtype).eps, atol=0)


def test_max_norm_leaves_short_and_zero_rows_as_they_are_and_needs_one():
    layer = nn.Linear(3, 2)
    with torch.no_grad():
        layer.weight[1] = 0.0
    before = layer.weight.detach().clone()
    assert torch.equal(max_norm_(layer, 100.0).weight, before)
    with pytest.raises(
        ValueError, match="model must have a weight of two or more dimensions, got ParameterList"
    ):
        max_norm_(nn.ParameterList([torch.ones(3)]), 1.0)
    with pytest.raises(ValueError, match="model must have a parameter that counts, got PReLU"):
        max_norm_(nn.PReLU(), 1.0)


def test_penalties_of_half_precision_neither_overflow_nor_vanish():
    wide = nn.Linear(2048, 2048, bias=False).half()
    nn.init.constant_(wide.weight, 0.03125)
    assert l1(wide).item() == 2048**2 * 0.03125
    small = nn.Linear(64, 64, bias=False).half()
    nn.init.constant_(small.weight, 1e-4)
    assert l2(small).item() == pytest.approx(64**2 * 1e-8, rel=1e-2)
    l2(small).backward()
    assert small.weight.grad.dtype == torch.half


def test_ridge_with_a_matrix_does_not_care_about_units():
    x = torch.randn(40, 2, generator=torch.Generator().manual_seed(0), dtype=torch.double)
    y = x @ torch.tensor([1.0, 2.0], dtype=torch.double)
    units = torch.tensor([1.0, 1e-8], dtype=torch.double)
    plain = ridge(x, y, dropout_as_ridge(x, 0.1))
    assert torch.allclose(ridge(x * units, y, dropout_as_ridge(x * units, 0.1)) * units, plain, rtol=1e-10)
    assert torch.allclose(plain, torch.linalg.solve(x.T @ x + dropout_as_ridge(x, 0.1), x.T @ y), rtol=1e-12)
    both = ridge(x, torch.stack([y, 2 * y], dim=1), torch.eye(2))
    assert torch.allclose(both, torch.linalg.solve(x.T @ x + torch.eye(2), x.T @ torch.stack([y, 2 * y], 1)))


@pytest.mark.parametrize(
    ("penalty", "message"),
    [
        (torch.tensor([[1.0, 0.0], [5.0, 1.0]]), "penalty must be symmetric, got"),
        (torch.diag(torch.tensor([-1.0, 1.0])), "penalty must be at least 0 in each direction, got -1.0"),
    ],
)
def test_a_matrix_that_is_no_penalty_is_refused(penalty, message):
    with pytest.raises(ValueError, match=message):
        ridge(torch.eye(2), torch.ones(2), penalty)


def test_equal_columns_share_their_weight_however_long_the_descent():
    x = torch.ones(5, 2, dtype=torch.double) * torch.arange(1, 6)[:, None]
    found = gradient_descent(x, torch.arange(5.0), 1e-3, 10**15)
    assert torch.allclose(found, ridge(x, torch.arange(5.0), 0.0), rtol=1e-9) and found[0] == pytest.approx(
        found[1].item(), rel=1e-12
    )


def test_noise_is_what_the_generator_draws_times_its_spread():
    x = torch.randn(5, 3, generator=seeded(1))
    noise = torch.randn(5, 3, generator=seeded(2))
    torch.testing.assert_close(GaussianNoise(0.4, generator=seeded(2))(x), x + 0.4 * noise)


@pytest.mark.parametrize("kind", [Dropout, AlphaDropout, GaussianNoise])
def test_what_drops_nothing_draws_nothing(kind):
    generator, x = seeded(), torch.randn(5, 3)
    assert kind(0.0, generator=generator)(x) is x
    assert torch.equal(generator.get_state(), seeded().get_state())


@pytest.mark.parametrize("layer", [Dropout(0.5), AlphaDropout(0.5), GaussianNoise(1.0)])
def test_layers_that_draw_need_floating_numbers(layer):
    with pytest.raises(TypeError, match=r"x must be a floating tensor, got torch\.int64"):
        layer(torch.zeros(3, dtype=torch.int64))


def test_more_errors_name_the_argument():
    with pytest.raises(ValueError, match="y must be finite, got NaN or infinity"):
        ridge(torch.eye(2), torch.tensor([1.0, math.nan]), 1.0)
    with pytest.raises(ValueError, match=r"targets must have the shape \(count,\), got \(2, 3\)"):
        smooth_labels(torch.zeros(2, 3, dtype=torch.long), 4)
    with pytest.raises(ValueError, match="l1_factor must be finite and at least 0, got inf"):
        elastic_net(nn.Linear(2, 2), math.inf, 0.0)
    with pytest.raises(TypeError, match="l1_factor must be a number, got tensor"):
        elastic_net(nn.Linear(2, 2), torch.ones(3), 0.0)


def test_a_single_number_can_be_regressed_and_nothing_cannot():
    assert ridge(torch.tensor([[2.0]]), torch.tensor([3.0]), 2.0).tolist() == [1.0]
    with pytest.raises(ValueError, match=r"x must have the shape \(count, features\), got \(0, 3\)"):
        ridge(torch.empty(0, 3), torch.empty(0), 1.0)


@pytest.mark.parametrize("inner", [0.0, 0.5])
def test_mc_dropout_of_layers_that_have_a_shortcut_in_evaluation(inner):
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.5, batch_first=True)
    layer.self_attn.dropout = inner
    mean, spread = mc_dropout(layer, torch.randn(3, 5, 8), 20)
    assert mean.shape == (3, 5, 8) and spread.min() > 0
    assert layer.training and torch.backends.mha.get_fastpath_enabled() == fast


def test_mc_dropout_of_layers_that_drop_by_themselves():
    class Last(nn.LSTM):
        def forward(self, x):
            return super().forward(x)[0]

    class Attention(nn.MultiheadAttention):
        def forward(self, x):
            return super().forward(x, x, x, need_weights=False)[0]

    torch.manual_seed(0)
    x = torch.randn(3, 5, 8)
    for layer in (Last(8, 8, 2, dropout=0.5), Attention(8, 2, dropout=0.5, batch_first=True)):
        assert mc_dropout(layer.eval(), x, 20)[1].max() > 0 and not layer.training
    with pytest.raises(ValueError, match="model must have a dropout layer, got Last without one"):
        mc_dropout(Last(8, 8), x)


def test_a_penalty_may_require_a_gradient_or_be_of_half_precision():
    x, y = torch.randn(9, 3, generator=torch.Generator().manual_seed(0)), torch.arange(9.0)
    plain = ridge(x, y, [1.0, 2.0, 3.0])
    for penalty in (
        torch.tensor([1.0, 2.0, 3.0], dtype=torch.bfloat16),
        torch.tensor([1.0, 2.0, 3.0]).requires_grad_(),
    ):
        assert torch.equal(ridge(x, y, penalty), plain)


def test_what_an_activation_learns_is_no_weight():
    for layer in (nn.PReLU(3), Swish(), AconC(3, generator=seeded())):
        model = nn.Sequential(nn.Linear(3, 3, bias=False), layer)
        before = [parameter.detach().clone() for parameter in layer.parameters()]
        assert l1(model).item() == pytest.approx(model[0].weight.abs().sum().item())
        decay_(soft_threshold_(model, 9.0), 0.5)
        assert not model[0].weight.any()
        assert all(torch.equal(*pair) for pair in zip(before, layer.parameters(), strict=True))
    inside = MetaAcon(4)  # its two layers have weights of their own
    weights = [module.weight for module in inside.modules() if isinstance(module, nn.Linear | nn.Conv2d)]
    assert len(weights) == 2
    assert l2(inside).item() == pytest.approx(sum(weight.square().sum().item() for weight in weights))


def test_a_bias_is_one_by_a_word_of_its_name():
    class Odd(nn.Module):
        def __init__(self):
            super().__init__()
            self.unbiased_weight = nn.Parameter(torch.full((2, 2), 2.0))
            self.relative_position_bias_table = nn.Parameter(torch.ones(2, 2))

    assert l1(Odd()).item() == 8 and l1(Odd(), biases=True).item() == 12


def test_penalties_of_complex_weights_are_real():
    layer = nn.Linear(1, 1, bias=False, dtype=torch.cfloat)
    nn.init.constant_(layer.weight, 3 + 4j)
    assert l1(layer).item() == 5 and l2(layer).item() == 25
    l2(layer).backward()
    assert layer.weight.grad.item() == 6 + 8j


def test_mc_dropout_lets_layers_know_that_training_goes_on():
    model = nn.Sequential(Merging(2, 2), Dropout(0.5))
    mc_dropout(model, torch.ones(1, 2))
    assert model.training and not model[0].merged
    mc_dropout(model.eval(), torch.ones(1, 2))
    assert model[0].merged and not any(module.training for module in model.modules())


def test_a_rate_at_the_end_of_float64_moves_nothing_where_the_data_say_nothing():
    assert gradient_descent(torch.zeros(1, 1), torch.zeros(1), 1e308, 2).item() == 0


def test_drop_connect_trains_a_pruned_layer_by_its_weights_of_now():
    x, y = torch.randn(8, 4), torch.randn(8, 3)
    layer = prune.l1_unstructured(nn.Linear(4, 3), "weight", 0.5)
    model = DropConnect(layer, 1e-9)
    fit(model, x, y, steps=3, lr=0.1, loss=F.mse_loss)
    assert layer.weight.eq(0).sum() >= 6
    torch.testing.assert_close(model(x), F.linear(x, layer.weight_orig * layer.weight_mask, layer.bias))


def test_constraints_of_complex_weights_go_by_their_size():
    layer = nn.Linear(2, 1, dtype=torch.cfloat)
    nn.init.constant_(layer.weight, 3 + 4j)
    assert torch.equal(soft_threshold_(layer, 2.5).weight, torch.full((1, 2), 1.5 + 2j))
    assert torch.equal(max_norm_(layer, 100.0).weight, torch.full((1, 2), 1.5 + 2j))
    torch.testing.assert_close(max_norm_(layer, 2.5).weight, torch.full((1, 2), (1.5 + 2j) / 2**0.5))


def test_a_small_chance_is_kept_where_numbers_are_of_half_precision():
    torch.set_default_dtype(torch.bfloat16)
    try:
        kept = Dropout(0.001, generator=torch.Generator().manual_seed(0)).keep(torch.ones(10**6))
    finally:
        torch.set_default_dtype(torch.float)
    assert 0.0008 < 1 - kept.float().mean() < 0.0012


@pytest.mark.parametrize("kind", ["biases", "norms"])
def test_biases_and_norms_are_moved_only_if_asked_for(kind):
    for step, expected in ((decay_, 0.0), (soft_threshold_, 1.0)):
        for asked in (False, True):
            model = nn.Sequential(nn.Linear(2, 2), nn.LayerNorm(2))
            for parameter in model.parameters():
                nn.init.constant_(parameter, 2.0)
            step(model, 1.0, **{kind: asked})
            moved = {"biases": [model[0].bias], "norms": [*model[1].parameters()]}[kind]
            kept = [p for p in model.parameters() if not any(p is q for q in (model[0].weight, *moved))]
            assert model[0].weight.eq(expected).all()
            assert all(p.eq(2).all() for p in kept), "nothing else is moved"
            told = expected if asked else 2.0
            assert all(p.eq(told).all() for p in moved)


def test_noise_has_the_spread_that_was_asked_for():
    noise = GaussianNoise(2.0, generator=torch.Generator().manual_seed(0))(torch.zeros(10**5))
    assert noise.std().item() == pytest.approx(2, rel=0.02) and abs(noise.mean().item()) < 0.03


def test_drop_connect_gives_hooks_of_a_pruned_layer_what_they_take():
    layer = prune.l1_unstructured(nn.Linear(4, 3), "weight", 0.5)
    seen = []
    layer.register_forward_pre_hook(lambda module, inputs, keywords: seen.append(keywords), with_kwargs=True)
    layer.register_forward_pre_hook(lambda module, inputs: seen.append(len(inputs)))
    DropConnect(layer, 0.5)(torch.randn(2, 4))
    assert seen == [{}, 1]
