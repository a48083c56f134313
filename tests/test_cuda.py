"""The bricks on a GPU: same numbers as on the CPU, and training, diagnosis and the like run there."""

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from lego import plotting
from lego.activations import ACTIVATIONS, SEARCH_CANDIDATES, MetaAcon, SwiGLU, Swish
from lego.datasets import mnist1d, moons, rings, spirals, wine
from lego.diagnostics import Watch, diagnose
from lego.experiments import bootstrap
from lego.initialization import INITIALIZERS, gain, initialize
from lego.preprocessing import ImageStandardize, MinMax, Standardize, Whiten
from lego.regularization import (
    AlphaDropout,
    DropConnect,
    Dropout,
    EarlyStopping,
    GaussianNoise,
    dropout_as_ridge,
    l2,
    ridge,
    soft_threshold_,
)
from lego.stack import mlp
from lego.training import accuracy, fit

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("name", [*ACTIVATIONS, *SEARCH_CANDIDATES])
def test_activations_agree_with_the_cpu(name, dtype):
    layer = ACTIVATIONS[name]().to(dtype) if name in ACTIVATIONS else SEARCH_CANDIDATES[name]
    twin = copy.deepcopy(layer).cuda() if isinstance(layer, nn.Module) else layer
    x = torch.linspace(-30, 30, 2001, dtype=torch.float64).to(dtype)
    one, two = x.clone().requires_grad_(), x.cuda().requires_grad_()
    y, z = layer(one), twin(two)
    y.sum().backward(), z.sum().backward()
    eps = 8 * torch.finfo(dtype).eps
    torch.testing.assert_close(z.cpu(), y, rtol=eps, atol=eps)
    torch.testing.assert_close(two.grad.cpu(), one.grad, rtol=eps, atol=4 * eps)
    if isinstance(layer, nn.Module):
        for mine, theirs in zip(layer.parameters(), twin.parameters(), strict=True):
            torch.testing.assert_close(
                theirs.grad.cpu(), mine.grad, rtol=0.02, atol=0.02 * float(1 + mine.grad.abs())
            )


@pytest.mark.parametrize("name", ["gelu", "mish", "swish", "acon_c", "silu"])
def test_second_derivatives_stay_finite(name):
    layer = ACTIVATIONS[name]().cuda()
    x = torch.tensor([-1e30, -100.0, 0.0, 100.0, 1e30], device="cuda", requires_grad=True)
    (slopes,) = torch.autograd.grad(layer(x).sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(slopes.sum(), x)
    assert slopes.isfinite().all() and second.isfinite().all()


def test_gated_and_meta_layers():
    x = torch.randn(4, 8, 6, 6, device="cuda")
    assert MetaAcon(8).cuda()(x).shape == x.shape
    assert SwiGLU(6).cuda()(x).shape == x.shape


@pytest.mark.parametrize("scheme", INITIALIZERS)
def test_weights_on_the_gpu_are_filled(scheme):
    generator = torch.Generator("cuda").manual_seed(0)
    one, two = (initialize(nn.Linear(64, 64).cuda(), scheme, generator=generator) for _ in range(2))
    assert one.weight.is_cuda and one.weight.isfinite().all()
    assert torch.equal(one.weight, two.weight) == (scheme in ("zeros", "constant"))


def test_lsuv_and_gains():
    model = initialize(mlp([32, 64, 64, 4], "tanh").cuda(), "lsuv", batch=torch.randn(256, 32, device="cuda"))
    assert model[0].weight.is_cuda and gain(nn.PReLU().cuda()) == pytest.approx(gain("prelu"))


def test_data_and_intervals_with_the_gpu_as_default_device():
    expected, interval = wine().train.inputs, bootstrap([1.0, 2.0, 4.0])
    with torch.device("cuda"):
        found = wine().train.inputs
        assert found.is_cuda and torch.equal(found.cpu(), expected) and bootstrap([1.0, 2.0, 4.0]) == interval


@pytest.mark.parametrize("make", [spirals, moons, rings, mnist1d, wine])
def test_a_generator_of_the_gpu_draws_data(make):
    one, two = (
        make(count=200, generator=g) if make is not wine else make(generator=g)
        for g in (torch.Generator("cuda").manual_seed(1) for _ in range(2))
    )
    assert torch.equal(one.train.inputs, two.train.inputs) and not one.train.inputs.is_cuda


def test_what_lies_on_the_gpu_is_drawn():
    assert len(plotting.activation(Swish().cuda()).lines) == 2
    plotting.contours(lambda w: (w.cuda() ** 2).sum(dim=1))
    with torch.device("cuda"):
        plotting.activation("prelu")
        plotting.distributions({"a": torch.randn(9)})


@pytest.mark.parametrize("make", [Standardize, MinMax, Whiten])
def test_preprocessing_moves_with_the_model(make):
    train = torch.randn(50, 3) * 5 + 1
    torch.testing.assert_close(make(train).cuda()(train.cuda()).cpu(), make(train)(train))
    assert ImageStandardize(torch.rand(5, 3, 4, 4)).cuda()(torch.rand(2, 3, 4, 4).cuda()).is_cuda


@pytest.mark.parametrize(
    "layer",
    [Dropout(0.5, generator=seeded()), AlphaDropout(0.5), DropConnect(nn.Linear(5, 5)), GaussianNoise(1.0)],
)
def test_layers_that_draw(layer):
    x = torch.randn(20, 5, device="cuda")
    layer = layer.cuda()
    assert layer(x).is_cuda and not torch.equal(layer(x), layer(x))


def test_penalties_and_early_stopping():
    model = nn.Linear(4, 4).cuda()
    stopping = EarlyStopping(2)
    stopping.step(l2(model), model)
    soft_threshold_(model, 0.05)
    assert (model.weight == 0).any() and not (stopping.restore(model).weight == 0).any()


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
def test_training_in_every_precision(precision):
    generator = seeded()
    x = torch.randn(512, 2, generator=generator)
    y = (x[:, 0] * x[:, 1] > 0).long()
    model = mlp([2, 32, 32, 2], "gelu", generator=generator)
    history = fit(
        model,
        x,
        y,
        steps=300,
        lr=0.01,
        optimizer="adam",
        device="cuda",
        precision=precision,
        generator=generator,
    )
    assert next(model.parameters()).is_cuda and history.loss[-1] < 0.2
    assert accuracy(model, x.cuda(), y.cuda()) > 0.95


@pytest.mark.parametrize("activation", ["sigmoid", "relu"])
def test_a_diagnosis_says_what_it_says_on_the_cpu(activation):
    model = mlp([16] * 9 + [3], activation, init="xavier_normal", generator=seeded())
    x, y = torch.randn(128, 16, generator=seeded()), torch.randint(3, (128,), generator=seeded())
    here, there = (
        diagnose(model, (x, y), F.cross_entropy),
        diagnose(model.cuda(), (x.cuda(), y.cuda()), F.cross_entropy),
    )
    assert [finding.name for finding in here.findings] == [finding.name for finding in there.findings]
    assert there.loss == pytest.approx(here.loss, rel=1e-3)


def test_ridge_bootstrap_and_a_watch_take_what_is_on_the_gpu():
    x, y = torch.randn(40, 3, generator=seeded()), torch.randn(40, generator=seeded())
    here = ridge(x, y, dropout_as_ridge(x, 0.5))
    there = ridge(x.cuda(), y.cuda(), dropout_as_ridge(x.cuda(), 0.5))
    torch.testing.assert_close(there.cpu(), here)
    torch.testing.assert_close(ridge(x.cuda(), y.cuda(), [1.0, 2.0, 3.0]).cpu(), ridge(x, y, [1.0, 2.0, 3.0]))
    assert bootstrap(y.cuda()) == bootstrap(y)
    watch = Watch((x, (y > 0).long()), every=1)
    fit(mlp([3, 8, 2], generator=seeded()), *watch.batch, steps=2, lr=0.1, device="cuda", watch=watch)
    assert set(watch.reports) == {0, 1}
