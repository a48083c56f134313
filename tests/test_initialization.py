import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from lego.initialization import INITIALIZERS, constant_, fixup_, gain, initialize, lsuv_, normal_
from lego.regularization import DropConnect, Dropout
from lego.stack import mlp
from tests.models import Buffers

SHAPES = {"linear": (300, 200), "convolution": (64, 32, 5, 5)}
VARIANCES = {  # of fan_in, fan_out
    "zeros": lambda i, o: 0.0,
    "constant": lambda i, o: 0.0,
    "normal": lambda i, o: 0.01**2,
    "pytorch": lambda i, o: 1 / (3 * i),
    "lecun_normal": lambda i, o: 1 / i,
    "lecun_uniform": lambda i, o: 1 / i,
    "xavier_uniform": lambda i, o: 2 / (i + o),
    "xavier_normal": lambda i, o: 2 / (i + o),
    "he_uniform": lambda i, o: 2 / i,
    "he_normal": lambda i, o: 2 / i,
    "orthogonal": lambda i, o: 1 / max(i, o),
}
RANDOM = [name for name in INITIALIZERS if name not in ("zeros", "constant")]


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def small_cnn():
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(16, 3))


def test_every_scheme_has_an_oracle():
    assert list(INITIALIZERS) == list(VARIANCES)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("name", INITIALIZERS)
def test_variance_is_the_papers(name, shape):
    weight = torch.empty(shape, dtype=torch.double)
    assert INITIALIZERS[name](weight, generator=seeded()) is weight
    kernel = math.prod(shape[2:])
    variance = VARIANCES[name](shape[1] * kernel, shape[0] * (1 if name == "orthogonal" else kernel))
    # the sample variance of n normal draws has a relative deviation of √(2/n); five of them
    tolerance = 5 * math.sqrt(2 / weight.numel())
    assert weight.var().item() == pytest.approx(variance, rel=tolerance, abs=1e-30)
    if name in RANDOM:
        assert abs(weight.mean().item()) < 5 * math.sqrt(variance / weight.numel())


@pytest.mark.parametrize("name", RANDOM)
def test_shape_of_the_distribution(name):
    weight = INITIALIZERS[name](torch.empty(300, 200, dtype=torch.double), generator=seeded())
    z = weight / weight.std()
    kurtosis = 1.8 if name in ("pytorch", "xavier_uniform", "he_uniform", "lecun_uniform") else 3.0
    assert (z**4).mean().item() == pytest.approx(kurtosis, rel=0.05)
    if kurtosis == 1.8:  # the bound itself
        assert weight.abs().max().item() == pytest.approx(math.sqrt(3 * VARIANCES[name](200, 300)), rel=1e-3)


@pytest.mark.parametrize(("scheme", "kept"), [("he_normal", 1.0), ("he_uniform", 1.0), ("pytorch", 6.0**-20)])
def test_mean_square_after_twenty_relu_layers(scheme, kept):
    """He keeps it; PyTorch's default divides it by about six in every layer."""
    ratios = []
    for seed in range(4):
        generator = seeded(seed)
        model = mlp([512] * 22, init=scheme, generator=generator)
        for layer in model[::2]:
            nn.init.zeros_(layer.bias)
        x = torch.randn(64, 512, generator=generator)
        first, last = x, x
        for i, layer in enumerate(model[:41]):
            last = layer(last)
            first = last if i == 0 else first
        ratios.append((last.square().mean() / first.square().mean()).item())
    mean = math.exp(sum(math.log(ratio) for ratio in ratios) / len(ratios))
    assert 0.5 < mean / kept < 2


@pytest.mark.parametrize(
    "layer",
    [
        lambda: nn.Linear(7, 5),
        lambda: nn.Conv2d(3, 4, 3),
        lambda: nn.Linear(3, 2, bias=False),
        lambda: nn.ConvTranspose2d(6, 4, 3, stride=2, groups=2),
        lambda: nn.MultiheadAttention(6, 2),
        lambda: nn.MultiheadAttention(6, 2, bias=False, kdim=5, vdim=4),
    ],
)
def test_pytorch_is_bit_for_bit_pytorchs_own(layer):
    torch.manual_seed(3)
    theirs = layer()
    torch.manual_seed(3)
    ours = initialize(layer().requires_grad_(False), "zeros")
    torch.manual_seed(3)
    initialize(ours, "pytorch")
    for mine, expected in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(mine, expected)


@pytest.mark.parametrize("name", INITIALIZERS)
def test_whole_model_is_filled_and_returned(name):
    model = small_cnn()
    scale = model[1].weight.detach().clone()
    assert initialize(model, name, generator=seeded()) is model
    expected = small_cnn()
    generator = seeded()
    for ours, theirs in ((model[0], expected[0]), (model[4], expected[4])):
        INITIALIZERS[name](theirs.weight, generator=generator)
        assert torch.equal(ours.weight, theirs.weight)
        if name == "pytorch":
            bound = 1 / math.sqrt(ours.weight[0].numel())
            torch.rand(ours.bias.shape, generator=generator)  # what the bias drew
            assert 0 < ours.bias.abs().max() <= bound
        else:
            assert (ours.bias == 0).all()
    assert torch.equal(model[1].weight, scale)
    assert all(parameter.requires_grad for parameter in model.parameters())


@pytest.mark.parametrize("name", INITIALIZERS)
def test_a_generator_decides_and_the_global_state_stays(name):
    before = torch.get_rng_state()
    first, again = (
        initialize(mlp([4, 8, 3], generator=seeded()), name, generator=seeded(5)) for _ in range(2)
    )
    other = initialize(mlp([4, 8, 3], generator=seeded()), name, generator=seeded(6))
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(first[0].weight, again[0].weight)
    assert torch.equal(first[0].weight, other[0].weight) is (name not in RANDOM)


@pytest.mark.parametrize("dtype", [torch.double, torch.float, torch.bfloat16, torch.half])
@pytest.mark.parametrize("name", INITIALIZERS)
def test_every_dtype(name, dtype):
    weight = INITIALIZERS[name](torch.full((64, 64), torch.nan, dtype=dtype), generator=seeded())
    assert weight.dtype == dtype and weight.isfinite().all()


def test_options_reach_the_scheme():
    model = nn.Linear(400, 400)
    assert initialize(model, "normal", std=0.5).weight.std().item() == pytest.approx(0.5, rel=0.02)
    assert (initialize(model, "constant", value=-2.0).weight == -2).all()
    for scheme in ("lecun_normal", "xavier_normal", "xavier_uniform"):
        std = initialize(model, scheme, gain=3.0, generator=seeded()).weight.std().item()
        assert std == pytest.approx(3 / 20, rel=0.02)


def test_errors_name_argument_rule_and_value():
    with pytest.raises(ValueError, match=r"scheme must .*nearest: he_normal.*got 'He_norml'"):
        initialize(nn.Linear(2, 2), "He_norml")
    with pytest.raises(ValueError, match=r"model must have a linear or convolution layer, got ReLU"):
        initialize(nn.ReLU(), "he_normal")
    with pytest.raises(ValueError, match=r"std must be finite and at least 0, got -1"):
        normal_(torch.empty(2, 2), std=-1)
    with pytest.raises(
        TypeError, match=r"options must be arguments of 'he_normal' \(nearest: gain\), got 'std'"
    ):
        initialize(nn.Linear(2, 2), "kaiming", std=1.0)
    with pytest.raises(
        TypeError, match=r"options must be arguments of 'normal' \(nearest: std\), got 'stdd'"
    ):
        initialize(nn.Linear(2, 2), "normal", stdd=1.0)
    with pytest.raises(
        TypeError, match=r"options must be .* 'fixup' \(nearest: head, branches\), got 'heads'"
    ):
        initialize(nn.Linear(2, 2), "fixup", branches=[], heads=1)
    with pytest.raises(TypeError, match="options must be omitted for 'zeros', got 'weight'"):
        initialize(nn.Linear(2, 2), "zeros", weight=1)
    with pytest.raises(TypeError, match="batch must be given for the scheme 'lsuv', got none"):
        initialize(nn.Linear(2, 2), "lsuv")
    with pytest.raises(TypeError, match="branches must be given for the scheme 'fixup', got none"):
        initialize(nn.Linear(2, 2), "fixup", head=nn.Linear(2, 2))
    with pytest.raises(
        ValueError, match=r"activation must be omitted for a scheme without a gain, got 'normal'"
    ):
        initialize(nn.Linear(2, 2), "normal", activation="relu")
    with pytest.raises(ValueError, match=r"gain must be omitted where activation is given, got 2"):
        initialize(nn.Linear(2, 2), "he", activation="relu", gain=2)
    with pytest.raises(ValueError, match=r"activation must not be zero for almost every input"):
        gain(lambda z: 0 * z)
    with pytest.raises(ValueError, match=r"function must be elementwise"):
        gain(lambda z: z.sum())
    with pytest.raises(ValueError, match=r"lazy layer '0'"):
        initialize(nn.Sequential(nn.LazyLinear(3)), "he")


@pytest.mark.parametrize("shape", [(3,), (), (3, 0), (0, 3)])
@pytest.mark.parametrize("name", [name for name in RANDOM if name != "normal"])
def test_a_weight_needs_both_fans(name, shape):
    with pytest.raises(ValueError, match=r"weight must have shape \(fan_out, fan_in, ...\), got \("):
        INITIALIZERS[name](torch.empty(shape))


EVERY_OTHER = slice(0, None, 2), slice(1, None, 2)
TRANSPOSED = {  # and the weights that meet in one output: of how many inputs, outputs and positions of the kernel
    "plain": (lambda: nn.ConvTranspose3d(16, 24, 2), [((...,), 16, 24, 8)]),
    "stride": (
        lambda: nn.ConvTranspose2d(64, 32, 4, stride=2),
        [((..., rows, columns), 64, 32, 4) for rows in EVERY_OTHER for columns in EVERY_OTHER],
    ),
    "odd kernel": (
        lambda: nn.ConvTranspose1d(90, 80, 3, stride=2),
        [((..., [0, 2]), 90, 80, 2), ((..., [1]), 90, 80, 1)],
    ),
    "groups": (
        lambda: nn.ConvTranspose1d(120, 160, 2, stride=2, groups=2),
        [((half, ..., i), 60, 80, 1) for half in (slice(60), slice(60, None)) for i in (0, 1)],
    ),
    "dilation": (
        lambda: nn.ConvTranspose1d(60, 50, 3, stride=2, dilation=2),
        [((...,), 60, 50, 3)],  # every other output gets nothing
    ),
    "small kernel": (
        lambda: nn.ConvTranspose1d(60, 50, 2, stride=3),
        [((..., 0), 60, 50, 1), ((..., 1), 60, 50, 1)],
    ),
}


@pytest.mark.parametrize("name", INITIALIZERS)
@pytest.mark.parametrize("case", TRANSPOSED)
def test_a_transposed_convolution_is_filled_as_the_convolutions_that_it_interleaves(case, name):
    make, parts = TRANSPOSED[case]
    layer = make().double()
    for parameter in layer.parameters():
        nn.init.constant_(parameter, math.nan)
    assert initialize(layer, name, generator=seeded()) is layer
    assert sum(layer.weight[place].numel() for place, *_ in parts) == layer.weight.numel()
    for place, fan_in, fan_out, positions in parts:
        weight = layer.weight[place]
        if name == "pytorch":
            variance = 1 / (3 * layer.weight[0].numel())  # PyTorch's own count
        else:
            variance = VARIANCES[name](
                fan_in * positions, fan_out * (1 if name == "orthogonal" else positions)
            )
        assert weight.var().item() == pytest.approx(
            variance, rel=5 * math.sqrt(2 / weight.numel()), abs=1e-20
        )
    assert (layer.bias == 0).all() or name == "pytorch"


@pytest.mark.parametrize("case", [case for case in TRANSPOSED if case not in ("dilation", "small kernel")])
def test_a_transposed_convolution_keeps_the_mean_square_at_every_output(case):
    layer = initialize(TRANSPOSED[case][0](), "lecun_normal", generator=seeded())
    layer.weight.data.square_()  # what each weight adds to the variance of an output
    with torch.no_grad():
        found = layer(torch.ones(1, layer.in_channels, *[6] * (layer.weight.ndim - 2)))[0].mean(dim=0)
    inner = found[tuple(slice(3, -3) for _ in found.shape)].flatten()
    assert len(inner) and inner.tolist() == pytest.approx([1.0] * len(inner), abs=0.1)


@pytest.mark.parametrize("name", INITIALIZERS)
@pytest.mark.parametrize("sides", [{}, {"kdim": 150, "vdim": 100}], ids=["one size", "three sizes"])
def test_attention_is_filled_as_four_linear_layers(sides, name):
    layer = nn.MultiheadAttention(200, 4, **sides)
    for parameter in layer.parameters():
        nn.init.constant_(parameter, math.nan)
    initialize(layer, name, generator=seeded())
    if sides:
        weights = [layer.q_proj_weight, layer.k_proj_weight, layer.v_proj_weight]
    else:
        weights = [layer.in_proj_weight[:200], layer.in_proj_weight[200:400], layer.in_proj_weight[400:]]
    for weight in [*weights, layer.out_proj.weight]:
        fan_in = weight.shape[1]
        variance = VARIANCES[name](fan_in, 200)
        if name == "pytorch" and weight is not layer.out_proj.weight:
            variance = 2 / (fan_in + (200 if sides else 600))  # Xavier's, as PyTorch has it
        assert weight.var().item() == pytest.approx(
            variance, rel=5 * math.sqrt(2 / weight.numel()), abs=1e-12
        )
    assert (layer.in_proj_bias == 0).all() and (layer.out_proj.bias == 0).all()


def test_schemes_of_whole_models_know_attention_and_transposed_convolutions():
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(32, 4, 64, dropout=0.0, batch_first=True, norm_first=True)
    x = 5 + 3 * torch.randn(16, 9, 32)
    seen = {}
    for scheme in ({"scheme": "lsuv", "batch": x}, {"scheme": "fixup", "branches": [layer.self_attn]}):
        initialize(layer, generator=seeded(), **scheme)
        y = layer.norm1(x)
        seen[scheme["scheme"]] = layer.self_attn(y, y, y)[0].var(correction=0).item()
    assert seen == {"lsuv": pytest.approx(1, abs=1e-4), "fixup": 0.0}
    assert (layer.self_attn.in_proj_weight != 0).all(), "all but the last layer of the branch"

    up = nn.Sequential(nn.ConvTranspose2d(3, 4, 3, stride=2), nn.ReLU(), nn.ConvTranspose2d(4, 2, 3))
    x = torch.randn(8, 3, 5, 5)
    lsuv_(up, x, generator=seeded())
    assert up[0](x).var(correction=0).item() == pytest.approx(1, abs=1e-4)
    assert up(x).var(correction=0).item() == pytest.approx(1, abs=1e-4)


def test_attention_that_cannot_be_filled_is_refused_and_kept():
    model = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    before = [parameter.detach().clone() for parameter in model.parameters()]
    with pytest.raises(ValueError, match="batch must vary at layer 'self_attn'"):
        lsuv_(model, torch.zeros(3, 5, 8))
    assert all(map(torch.equal, before, model.parameters()))
    nn.utils.parametrizations.orthogonal(model.self_attn, "in_proj_weight")
    with pytest.raises(ValueError, match="must hold its weights as parameters, got the layer 'self_attn'"):
        initialize(model, "zeros")
    with pytest.raises(ValueError, match="lazy layer '0'"):
        initialize(nn.Sequential(nn.LazyConvTranspose2d(3, 2)), "he")


def test_constant_units_stay_identical():
    assert constant_(torch.empty(5, 4)).unique().tolist() == [pytest.approx(0.1)]


GAINS = {  # 1 / sqrt(E f(z)²), from mpmath's quadrature with 30 digits, or in closed form
    "tanh": 1.5925374197, "elu": 1.2451983007, "silu": 1.6765324703, "gelu": 1.5335304412, "mish": 1.4868475813,
    "sigmoid": 1.8462285453, "relu_squared": math.sqrt(2 / 3), "relu": math.sqrt(2), "selu": 1.0,
    "leaky_relu": math.sqrt(2 / (1 + 0.01**2)),
}  # fmt: skip


@pytest.mark.parametrize("name", GAINS)
def test_gains_of_any_activation(name):
    assert gain(name) == pytest.approx(GAINS[name], abs=1e-10)


def test_gains_in_closed_form():
    assert gain("relu", backward=True) == pytest.approx(math.sqrt(2), abs=1e-10)
    assert gain("relu_squared") == pytest.approx(math.sqrt(2 / 3), abs=1e-10)
    # E (z Φ(z))² = 1/3 + 1/(2π√3), by parts
    assert gain(F.gelu) == pytest.approx((1 / 3 + 1 / (2 * math.pi * math.sqrt(3))) ** -0.5, abs=1e-10)
    assert gain(nn.Identity()) == pytest.approx(1, abs=1e-12)
    assert gain(torch.exp) == pytest.approx(math.exp(-1), abs=1e-10)
    inside, edge = (
        math.erf(1 / math.sqrt(2)),
        math.sqrt(2 / (math.pi * math.e)),
    )  # P(|z| < 1); 2 times the density at 1
    assert gain(F.hardtanh) == pytest.approx((1 - edge) ** -0.5, abs=1e-10)  # by parts
    assert gain(F.hardtanh, backward=True) == pytest.approx(inside**-0.5, abs=1e-10)
    layer = nn.PReLU()
    assert gain(layer) == pytest.approx(math.sqrt(2 / (1 + 0.25**2)), abs=1e-10)
    assert layer.weight.dtype == torch.float and layer.weight.requires_grad and layer.weight.grad is None


@pytest.mark.parametrize("activation", ["gelu", "tanh", "leaky_relu", F.silu])
@pytest.mark.parametrize("scheme", ["he_normal", "lecun_uniform", "orthogonal"])
def test_the_gain_keeps_the_signal_of_any_activation(scheme, activation):
    model = initialize(nn.Linear(400, 400), scheme, activation=activation, generator=seeded())
    assert model.weight.std().item() == pytest.approx(gain(activation) / 20, rel=0.02)


@pytest.mark.parametrize(
    ("alias", "name"),
    [("xavier", "xavier_normal"), ("glorot_uniform", "xavier_uniform"), ("kaiming", "he_normal"), ("he", "he_normal"),
     ("kaiming_uniform", "he_uniform"), ("lecun", "lecun_normal")],
)  # fmt: skip
def test_the_authors_names_mean_the_same(alias, name):
    one, two = (initialize(nn.Linear(5, 4), scheme, generator=seeded()) for scheme in (alias, name))
    assert torch.equal(one.weight, two.weight)


@pytest.mark.parametrize("shape", [(30, 30), (40, 20), (20, 40), (8, 3, 3, 3)])
def test_orthogonal_keeps_lengths(shape):
    weight = INITIALIZERS["orthogonal"](torch.empty(shape, dtype=torch.double), gain=2.0, generator=seeded())
    matrix = weight.flatten(1)
    small = matrix @ matrix.T if len(matrix) <= matrix.shape[1] else matrix.T @ matrix
    torch.testing.assert_close(small, 4 * torch.eye(len(small), dtype=torch.double))


def test_nothing_changes_when_an_argument_is_wrong():
    model = small_cnn()
    before = [parameter.clone() for parameter in model.parameters()]
    for scheme, options in [
        ("he", {"std": 1}),
        ("normal", {"activation": "relu"}),
        ("fixup", {"branches": []}),
    ]:
        with pytest.raises((ValueError, TypeError)):
            initialize(model, scheme, **options)
    with pytest.raises(ValueError, match="std must"):
        initialize(model, "normal", std=-1)
    assert all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))


def test_lsuv_gives_each_layer_unit_variance_on_the_batch_and_changes_nothing_else():
    torch.manual_seed(0)
    shared = nn.Linear(16, 16)
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3),
        nn.BatchNorm2d(4),
        nn.Tanh(),
        nn.Flatten(),
        nn.Dropout(0.5),
        shared,
        shared,
        nn.Linear(16, 3),
    )
    batch = 7 + 3 * torch.randn(64, 1, 4, 4, generator=seeded())
    means, modes = model[1].running_mean.clone(), [m.training for m in model.modules()]
    state = torch.get_rng_state()
    assert initialize(model, "lsuv", batch=batch, generator=seeded()) is model
    assert torch.equal(model[1].running_mean, means) and model[1].num_batches_tracked == 0
    assert torch.equal(torch.get_rng_state(), state) and modes == [m.training for m in model.modules()]
    assert not any(m._forward_hooks for m in model.modules())
    seen = []
    hooks = [
        m.register_forward_hook(lambda m, i, o: seen.append(o.var(correction=0)))
        for m in (model[0], model[5], model[7])
    ]
    with torch.random.fork_rng():
        torch.set_rng_state(state)
        model(batch)
    for hook in hooks:
        hook.remove()
    for variance in (seen[0], seen[1], seen[-1]):  # of a shared layer the first call counts
        assert variance.item() == pytest.approx(1, abs=1e-4)
    with pytest.raises(ValueError, match=r"batch must vary at layer '0', got a standard deviation of 0.0"):
        lsuv_(small_cnn(), torch.zeros(3, 1, 4, 4))
    wide = torch.tensor([[1e200], [-1e200]]).double()  # their squares overflow
    with pytest.raises(ValueError, match="got a standard deviation of nan"):
        lsuv_(nn.Linear(1, 2).double(), wide)


def test_fixup_starts_as_the_identity_and_scales_the_branches():
    branches = [
        nn.Sequential(nn.Linear(50, 50), nn.ReLU(), nn.Linear(50, 50), nn.ReLU(), nn.Linear(50, 50))
        for _ in range(16)
    ]
    model = nn.ModuleList([nn.Linear(50, 50), *branches, nn.Linear(50, 10)])
    fixup_(model, branches, head=model[-1], generator=seeded())
    assert (model[-1].weight == 0).all() and all((branch[4].weight == 0).all() for branch in branches)
    inner = torch.cat([branch[i].weight.flatten() for branch in branches for i in (0, 2)]).std().item()
    assert inner == pytest.approx(math.sqrt(2 / 50) * 16 ** (-1 / 4), rel=0.01)
    assert model[0].weight.std().item() == pytest.approx(math.sqrt(2 / 50), rel=0.05)
    with pytest.raises(ValueError, match="branches and head must be modules of the model, got Linear"):
        fixup_(model, [nn.Linear(2, 2)])
    with pytest.raises(ValueError, match="branches and head must be modules of the model, got Linear"):
        fixup_(model, branches, head=nn.Linear(50, 10))
    fixup_(model, branches, generator=seeded())
    assert (model[-1].weight != 0).all(), "no head was named"


@pytest.mark.parametrize("start", [lambda m: initialize(m, "zeros"), lambda m: lsuv_(m, torch.ones(2, 4))])
@pytest.mark.parametrize(
    "wrap", [nn.utils.parametrizations.weight_norm, nn.utils.parametrizations.spectral_norm]
)
def test_a_layer_that_computes_its_weight_is_refused(wrap, start):
    model = nn.Sequential(nn.Linear(4, 4), wrap(nn.Linear(4, 3)))
    before = [p.detach().clone() for p in model.parameters()]
    with pytest.raises(ValueError, match="model must hold its weights as parameters, got the layer '1'"):
        start(model)
    assert all(map(torch.equal, before, model.parameters()))


@pytest.mark.parametrize("batch", [torch.ones(5, 7), torch.zeros(5, 4)])
def test_a_batch_that_lsuv_refuses_leaves_trained_weights_as_they_were(batch):
    model = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 2))
    before = [parameter.detach().clone() for parameter in model.parameters()]
    with pytest.raises((RuntimeError, ValueError)):
        lsuv_(model, batch)
    assert all(torch.equal(*pair) for pair in zip(model.parameters(), before, strict=True))


def test_lsuv_draws_nothing_from_generators_of_layers_and_takes_a_list():
    generator = torch.Generator().manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 4), Dropout(0.5, generator=generator), nn.Linear(4, 2))
    state = generator.get_state()
    lsuv_(model, [torch.randn(9, 4)], generator=torch.Generator().manual_seed(1))
    assert torch.equal(generator.get_state(), state)


def test_errors_of_fixup_name_the_branch_without_layers():
    model = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
    with pytest.raises(ValueError, match="branches must have a linear or convolution layer, got ReLU"):
        fixup_(model, [model[1]])
    with pytest.raises(ValueError, match="head must have a linear or convolution layer, got ReLU"):
        fixup_(model, [model[0]], head=model[1])


def test_a_generator_is_checked_where_nothing_is_drawn():
    with pytest.raises(TypeError, match="generator must be a torch Generator, got 'seed'"):
        initialize(nn.Linear(2, 2), "zeros", generator="seed")


@pytest.mark.parametrize("dtype", [torch.half, torch.bfloat16, torch.float, torch.double])
def test_a_spread_leaves_room_for_the_widest_draws(dtype):
    largest = torch.finfo(dtype).max / 16
    weight = normal_(
        torch.empty(50, 50, dtype=dtype), std=largest, generator=torch.Generator().manual_seed(0)
    )
    assert weight.isfinite().all() and weight.abs().max() > 2 * largest
    with pytest.raises(ValueError, match="std must leave draws finite"):
        normal_(weight, std=1.01 * largest)


def test_lsuv_scales_a_net_that_was_compiled_and_run():
    x = torch.randn(128, 8, generator=torch.Generator().manual_seed(0))
    model = mlp([8, 32, 32, 3], generator=torch.Generator().manual_seed(0))
    compiled = torch.compile(model, backend="aot_eager")
    with torch.no_grad():
        compiled(x)  # as the scheme calls it: the code is there, and knows of no hooks
    lsuv_(compiled, x, generator=torch.Generator().manual_seed(0))
    assert model[0](x).std().item() == pytest.approx(1, abs=0.01)
    assert model(x).std().item() == pytest.approx(1, abs=0.01)


def test_lsuv_leaves_buffers_that_share_memory_or_come_in_the_forward_pass():
    model = lsuv_(Buffers(), torch.randn(16, 4))
    assert model.late is None and model.mask.shape == (3, 4)


def test_lsuv_of_layers_that_nobody_calls():
    class Idle(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(2, 2)

        def forward(self, x):
            return x

    with pytest.raises(ValueError, match="model must call a linear or convolution layer, got Idle"):
        lsuv_(Idle(), torch.randn(4, 2))


def test_lsuv_scales_a_layer_whose_connections_are_dropped():
    torch.manual_seed(0)
    drop = DropConnect(nn.Linear(8, 8))
    model = nn.Sequential(drop, nn.ReLU(), nn.Linear(8, 3))
    x = 10 * torch.randn(64, 8)
    lsuv_(model, x)
    assert drop.training and model.training
    assert drop.layer(x).var(correction=0).item() == pytest.approx(1, rel=1e-5)
    assert model.eval()(x).var(correction=0).item() == pytest.approx(1, rel=1e-5)


def test_lsuv_scales_shared_weights_once():
    first, second = nn.Linear(8, 8), nn.Linear(8, 8)
    second.weight = first.weight
    x = torch.randn(99, 8, generator=seeded())
    lsuv_(nn.Sequential(first, nn.ReLU(), second), x, generator=seeded(1))
    assert first(x).std(correction=0).item() == pytest.approx(1, abs=1e-5)


def test_what_lies_in_a_layer_that_drops_weights_trains_on():
    model = nn.Sequential(DropConnect(nn.Linear(8, 8)), Dropout(0.5))
    lsuv_(model, torch.randn(16, 8))
    assert all(module.training for module in model.modules())


def test_where_compiled_code_hides_the_layers_lsuv_says_so(monkeypatch):
    """PyTorch before 2.6 has no stance that runs a model as it was written."""
    monkeypatch.delattr(torch.compiler, "set_stance", raising=False)
    model, x = mlp([8, 32, 3], generator=seeded()), torch.randn(64, 8, generator=seeded())
    before = model[0].weight.detach().clone()
    compiled = torch.compile(model, backend="aot_eager")
    with torch.no_grad():
        compiled(x)
    with pytest.raises(ValueError, match=r"layer, got OptimizedModule: before PyTorch 2.6 compiled code"):
        lsuv_(compiled, x)
    assert torch.equal(model[0].weight, before)
