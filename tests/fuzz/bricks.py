"""How each public object of the library is fuzzed, module by module."""

import inspect
import itertools
import math

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from hypothesis import strategies as st
from torch import Tensor, nn

from lego import (
    activations,
    datasets,
    diagnostics,
    experiments,
    initialization,
    plotting,
    preprocessing,
    regularization,
    training,
)
from tests.fuzz.tools import FILLED, Brick, generators, given_by, numbers, perhaps, tensors

# Activations: each with its slope, at every number that its dtype has.


def with_slopes(function):
    """The values, the slopes by each tensor among the arguments, and the change along the input in forward mode.

    The slope by a parameter is a sum over the input: not beyond the size up to which the module promises it.
    """

    def call(**arguments):
        if any(isinstance(x, Tensor) and not x.is_floating_point() for x in arguments.values()):
            return function(**arguments)
        leaves = {name: x.detach().requires_grad_() for name, x in arguments.items() if isinstance(x, Tensor)}
        y = function(**(arguments | leaves))
        gradients = torch.autograd.grad(y, list(leaves.values()), torch.ones_like(y), allow_unused=True)
        promised = {name for name in leaves if name == "x" or not beyond(arguments.get("x"))}
        x = arguments["x"].detach()
        _, change = torch.func.jvp(lambda x: function(**(arguments | {"x": x})), (x,), (torch.ones_like(x),))
        return (
            y,
            change.to(y.dtype),  # forward mode makes a float64 of a float32 without dimensions times a float
            *(g for name, g in zip(leaves, gradients, strict=True) if g is not None and name in promised),
        )

    return call


def beyond(x):
    """Whether an input's sizes add up to more than 1e30."""
    return isinstance(x, Tensor) and float(x.detach().double().abs().sum()) > 1e30


def layer(kind):
    """What a layer of a kind makes of an input."""
    return lambda x, **options: kind(**options)(x)


@st.composite
def broadcast(draw, *names, size=10.0):
    """An input, and numbers that are floats or tensors which broadcast with it."""
    x = draw(tensors(FILLED))
    found = {"x": x}
    for name in names:
        shape = tuple(1 if draw(st.booleans()) else side for side in x.shape)
        found[name] = draw(numbers(-size, size) | tensors(shape, x.dtype, size))
    return found


@st.composite
def gated(draw, size=math.inf):
    gate = draw(tensors(size=size))
    return {"gate": gate, "value": draw(tensors(gate.shape, gate.dtype, size))}


@st.composite
def channels(draw, size=1e3, dtype=torch.float32, least=1, **options):
    """An input with channels, and how many."""
    count = draw(st.integers(1, 4))
    shape = (draw(st.integers(least, 3)), count, *draw(st.lists(st.integers(1, 3), max_size=2)))
    return {"x": draw(tensors(shape, dtype, size)), "channels": count} | {
        name: draw(strategy) for name, strategy in options.items()
    }


@st.composite
def prelu(draw):
    drawn = draw(channels(math.inf, draw(st.sampled_from([torch.float32, torch.float64]))))
    weight = draw(tensors((draw(st.sampled_from([1, drawn["channels"]])),), drawn["x"].dtype, 10.0))
    return {"x": drawn["x"], "weight": weight}


def elementwise(**options):
    return {"call": None, "keeps": "x", "finite": False, **options}


def named(registry, made=True):
    """Calls what a registry holds, by name."""
    return lambda name, x: (registry[name]() if made else registry[name])(x)


def registry(known, made=True, size=math.inf):
    arguments = given_by(name=st.sampled_from(list(known)), x=tensors(dtype=torch.float32, size=size))
    return Brick(arguments, named(known, made), keeps="x", finite=False, draws=True, junk=False)


ONE_INPUT = {
    f"activations.{name}": Brick(given_by(x=tensors()), with_slopes(thing), keeps="x", finite=False)
    for name, thing in vars(activations).items()
    if name in activations.__all__
    and inspect.isfunction(thing)
    and list(inspect.signature(thing).parameters) == ["x"]
}
LAYERS = {
    f"activations.{name}": Brick(
        given_by(x=tensors(dtype=torch.float32)), layer(getattr(activations, name)), "x", finite=False
    )
    for name in ("Gelu", "HardSigmoid", "Mish", "ReluSquared", "Softplus")
}
ACTIVATIONS = {
    **ONE_INPUT,
    **LAYERS,
    "activations.leaky_relu": Brick(
        given_by(x=tensors(), slope=numbers()), with_slopes(activations.leaky_relu), finite=False
    ),
    "activations.elu": Brick(given_by(x=tensors(), alpha=numbers()), with_slopes(activations.elu), finite=False),
    "activations.prelu": Brick(prelu(), finite=False, keeps="x"),
    "activations.swish": Brick(broadcast("beta"), with_slopes(activations.swish), finite=False),
    "activations.acon_a": Brick(broadcast("beta"), with_slopes(activations.acon_a), finite=False),
    "activations.acon_b": Brick(broadcast("p", "beta"), with_slopes(activations.acon_b), finite=False),
    "activations.acon_c": Brick(broadcast("p1", "p2", "beta"), with_slopes(activations.acon_c), finite=False),
    "activations.glu": Brick(gated(), keeps="gate"),
    "activations.bilinear": Brick(gated(), keeps="gate", finite=False),
    "activations.reglu": Brick(gated(), keeps="gate", finite=False),
    "activations.geglu": Brick(gated(1e30), keeps="gate", finite=False),
    "activations.swiglu": Brick(gated(), keeps="gate", finite=False),
    "activations.PReLU": Brick(channels(slope=numbers()), layer(activations.PReLU), "x"),
    "activations.Swish": Brick(channels(beta=numbers()), layer(activations.Swish), "x"),
    "activations.AconA": Brick(channels(beta=numbers()), layer(activations.AconA), "x"),
    "activations.AconB": Brick(channels(p=numbers(), beta=numbers()), layer(activations.AconB), "x"),
    "activations.AconC": Brick(
        channels(p1=perhaps(numbers()), p2=perhaps(numbers()), beta=numbers(), generator=generators()),
        layer(activations.AconC), "x", changes=["generator"], draws=False,
    ),
    "activations.MetaAcon": Brick(
        channels(least=2, reduction=st.integers(1, 8), generator=generators()),
        layer(activations.MetaAcon), "x", changes=["generator"], handed=["x"],
    ),
    "activations.SwiGLU": Brick(
        given_by(
            x=tensors((2, 3), torch.float32, 1e3), width=st.just(3), hidden=perhaps(st.integers(1, 9)),
            bias=st.booleans(), generator=generators(),
        ),
        layer(activations.SwiGLU), "x", changes=["generator"], handed=["x"],
    ),
    "activations.Elementwise": Brick(
        given_by(function=st.sampled_from([torch.relu, activations.mish]), x=tensors()),
        lambda function, x: activations.Elementwise(function)(x), finite=False, handed=["x"], called=["function"],
    ),
    "activations.Facts": Brick(
        st.sampled_from(list(activations.FACTS.values())).map(vars), activations.Facts, finite=False, junk=False
    ),
    "activations.ACTIVATIONS": registry(activations.ACTIVATIONS),
    "activations.SEARCH_CANDIDATES": registry(activations.SEARCH_CANDIDATES, made=False),
}  # fmt: skip


# Initialization: a weight that is overwritten, or a model.

WEIGHTS = st.tuples(st.integers(1, 4), st.integers(1, 4)) | st.tuples(*[st.integers(1, 3)] * 4)


@st.composite
def models(draw):
    """Small models of every kind of layer that the library knows, for inputs of three features."""
    model = draw(
        st.sampled_from(
            [
                lambda: nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)),
                lambda: nn.Sequential(
                    nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Dropout(), nn.Linear(4, 2)
                ),
                lambda: nn.Sequential(
                    nn.Unflatten(1, (1, 3)), nn.Conv1d(1, 2, 2), nn.Flatten(), nn.Linear(4, 2)
                ),
                lambda: nn.Sequential(nn.LayerNorm(3), nn.Linear(3, 2, bias=False)),
                lambda: nn.Sequential(
                    nn.Unflatten(1, (1, 3)),
                    nn.ConvTranspose1d(1, 2, 3, stride=2),
                    nn.Flatten(),
                    nn.Linear(14, 2),
                ),
            ]
        )
    )
    with torch.random.fork_rng([]):
        torch.manual_seed(draw(st.integers(0, 9)))
        return model()


def batches(count=6):
    return tensors((count, 3), torch.float32, 10.0).map(lambda x: x + torch.eye(count, 3))


def classes(count=6):
    return st.lists(st.integers(0, 1), min_size=count, max_size=count).map(torch.tensor)


def scheme(**options):
    arguments = given_by(weight=tensors(WEIGHTS), generator=generators(), **options)
    return Brick(arguments, changes=["weight", "generator"], keeps="weight")


@st.composite
def residual(draw):
    model = draw(models())
    linear = [part for part in model if isinstance(part, nn.Linear)]
    return {
        "model": model, "branches": linear[:1], "head": draw(perhaps(st.just(linear[-1]))), "generator": draw(generators())
    }  # fmt: skip


BENDS = st.sampled_from(["relu", "tanh", "gelu", "acon_c", "cos(x) - x"]) | st.just(torch.tanh)

SOME = {"count": 5, "also": ["function", "variance"], "called": ["activation", "function"]}
INITIALIZATION = {
    "initialization.zeros_": scheme(),
    "initialization.constant_": scheme(value=numbers()),
    "initialization.normal_": scheme(std=numbers(0)),
    "initialization.pytorch_": scheme(),
    **{
        f"initialization.{name}": scheme(gain=numbers(0))
        for name in (
            "lecun_normal_", "lecun_uniform_", "xavier_normal_", "xavier_uniform_", "he_normal_", "he_uniform_",
            "orthogonal_",
        )
    },
    "initialization.INITIALIZERS": Brick(
        given_by(name=st.sampled_from(list(initialization.INITIALIZERS)), x=tensors(WEIGHTS)),
        lambda name, x: initialization.INITIALIZERS[name](x), keeps="x", changes=["x"], draws=True, junk=False,
    ),
    "initialization.gain": Brick(given_by(activation=BENDS, backward=st.booleans()), **SOME),
    "initialization.initialize": Brick(
        given_by(
            model=models(), scheme=st.sampled_from([*initialization.INITIALIZERS, "kaiming", "glorot_uniform"]),
            activation=st.none(), generator=generators(),
        ),
        changes=["model", "generator"], also=["function"],
    ),
    "initialization.lsuv_": Brick(
        given_by(model=models(), batch=batches(), generator=generators()),
        changes=["model", "generator"], handed=["batch"],
    ),
    "initialization.fixup_": Brick(residual(), changes=["model", "branches", "head", "generator"]),
}  # fmt: skip


# Propagation: numbers from numbers.

POSITIVE = numbers(1e-3, 20)
MAPS = {"activation": BENDS, "weight_variance": POSITIVE, "bias_variance": numbers(0, 2)}

PROPAGATION = {
    "propagation.expectation": Brick(
        given_by(function=st.sampled_from([torch.tanh, torch.square]), mean=numbers(), variance=numbers(0)), **SOME
    ),
    "propagation.variance_map": Brick(given_by(**MAPS, variance=POSITIVE, keep=numbers(0.1, 1)), **SOME),
    "propagation.variances": Brick(given_by(**MAPS, depth=st.integers(1, 5), start=POSITIVE), **SOME),
    "propagation.correlation_map": Brick(
        given_by(**MAPS, variance=POSITIVE, correlation=numbers(-1, 1), keep=numbers(0.1, 1)), **SOME
    ),
    "propagation.chi": Brick(given_by(activation=BENDS, variance=POSITIVE, weight_variance=POSITIVE), **SOME),
    "propagation.fixed_point": Brick(
        given_by(**MAPS | {"activation": st.sampled_from(["relu", "tanh"]), "weight_variance": numbers(0.1, 1.5)}, start=POSITIVE),
        finite=False, **SOME | {"count": 3}
    ),
    "propagation.critical": Brick(
        given_by(activation=st.sampled_from(["tanh", "elu"]), bias_variance=st.just(0.0)),
        **SOME | {"count": 3}
    ),
    "propagation.depth_scale": Brick(given_by(factor=numbers(1e-3, 1e3)), finite=False),
    "propagation.moments_map": Brick(given_by(activation=BENDS, mean=numbers(), variance=numbers(0)), **SOME),
    "propagation.moments_jacobian": Brick(given_by(activation=BENDS, mean=numbers(), variance=POSITIVE), **SOME),
}  # fmt: skip


# Preprocessing: fitted to some data, used on others, there and back.


def fitted(kind):
    def call(train, x, **options):
        brick = kind(train, **options)
        return brick(x), brick.inverse(x)

    return call


@st.composite
def tables(draw, dims=2, **options):
    """Training data with numbers to the ends of their dtype, and data of the same features."""
    shape = (draw(st.integers(1, 5)), *draw(st.tuples(*[st.integers(1, 3)] * (dims - 1))))
    train = draw(tensors(shape, size=9e299) | tensors(shape, torch.int64))
    x = draw(tensors((2, *shape[1:]), size=1e3))
    return {"train": train, "x": x} | {name: draw(strategy) for name, strategy in options.items()}


def table(kind, dims=2, **options):
    return Brick(tables(dims, **options), fitted(kind), finite=False)


PREPROCESSING = {
    "preprocessing.Center": table(preprocessing.Center),
    "preprocessing.Standardize": table(preprocessing.Standardize),
    "preprocessing.MinMax": table(preprocessing.MinMax, low=numbers(-9, 0), high=numbers(1, 9)),
    "preprocessing.ImageStandardize": table(preprocessing.ImageStandardize, 4),
    "preprocessing.Whiten": table(preprocessing.Whiten, method=st.sampled_from(["pca", "zca"]), epsilon=numbers(1e-3, 9)),
    "preprocessing.condition_number": Brick(tables().map(lambda drawn: {"x": drawn["train"]}), finite=False),
}  # fmt: skip


# Regularization.

KINDS = {"biases": st.booleans(), "norms": st.booleans()}
SHARES = numbers(0, 0.9)


def drawn(kind):
    def call(x, **options):
        return kind(**options)(x)

    return call


def dropping(name, **options):
    arguments = {"x": tensors(size=1e3), "generator": generators()} | options
    return Brick(
        given_by(**arguments), drawn(getattr(regularization, name)), keeps="x", changes=["generator"]
    )


def early_stopping(values, **options):
    model = nn.Linear(1, 1, device="meta").to_empty(device="cpu")
    nn.init.zeros_(model.weight), nn.init.zeros_(model.bias)
    stopping = regularization.EarlyStopping(**options)
    steps = [stopping.step(value, model) for value in values]
    return steps, stopping.restore(model), stopping.wait


@st.composite
def regressions(draw, *names, **options):
    count, features = draw(st.integers(1, 5)), draw(st.integers(1, 3))
    y = draw(tensors(draw(st.sampled_from([(count,), (count, 2)])), size=10.0))
    data = {"x": draw(tensors((count, features), size=3.0)), "y": y}
    return {name: data[name] for name in names} | {name: draw(strategy) for name, strategy in options.items()}


REGULARIZATION = {
    "regularization.l1": Brick(given_by(model=models(), **KINDS)),
    "regularization.l2": Brick(given_by(model=models(), **KINDS)),
    "regularization.elastic_net": Brick(
        given_by(model=models(), l1_factor=numbers(0), l2_factor=numbers(0), **KINDS)
    ),
    "regularization.soft_threshold": Brick(given_by(x=tensors(), amount=numbers(0)), keeps="x"),
    "regularization.soft_threshold_": Brick(given_by(model=models(), amount=numbers(0), **KINDS), changes=["model"]),
    "regularization.decay_": Brick(given_by(model=models(), amount=numbers(0, 1), **KINDS), changes=["model"]),
    "regularization.max_norm_": Brick(given_by(model=models(), maximum=POSITIVE), changes=["model"]),
    "regularization.Dropout": dropping("Dropout", p=SHARES),
    "regularization.AlphaDropout": dropping("AlphaDropout", p=SHARES),
    "regularization.GaussianNoise": dropping("GaussianNoise", std=numbers(0)),
    "regularization.DropConnect": Brick(
        given_by(x=batches(), layer=st.builds(lambda: nn.Linear(3, 2)), p=SHARES, generator=generators()),
        drawn(regularization.DropConnect), changes=["generator"], handed=["x"], called=["layer"], draws=True,
    ),
    "regularization.mc_dropout": Brick(
        given_by(
            model=models().map(lambda model: nn.Sequential(nn.Dropout(), model)), inputs=batches(),
            samples=st.integers(2, 4),
        ),
        draws=True, handed=["inputs"],
    ),
    "regularization.smooth_labels": Brick(
        given_by(targets=classes(), classes=st.integers(2, 5), amount=numbers(0, 1))
    ),
    "regularization.EarlyStopping": Brick(
        given_by(
            values=st.lists(st.floats(), max_size=5), patience=st.integers(1, 3), minimum_improvement=numbers(0),
            mode=st.sampled_from(["min", "max"]), restore=st.booleans(),
        ),
        early_stopping, handed=["values"],
    ),
    "regularization.gradient_descent": Brick(regressions("x", "y", lr=st.just(1e-3), steps=st.integers(1, 50))),
    "regularization.ridge": Brick(regressions("x", "y", penalty=numbers(0))),
    "regularization.early_stopping_as_ridge": Brick(regressions("x", lr=st.just(1e-3), steps=st.integers(1, 50))),
    "regularization.dropout_as_ridge": Brick(regressions("x", p=SHARES)),
    "regularization.noise_as_tikhonov": Brick(regressions("x", std=numbers(0))),
    "regularization.l2_as_gaussian_prior": Brick(given_by(noise_std=POSITIVE, prior_std=POSITIVE)),
    "regularization.l1_as_laplace_prior": Brick(given_by(noise_std=POSITIVE, prior_scale=POSITIVE)),
}  # fmt: skip


# Stacks, training, experiments.


def watch(step, model):
    return {"step": step}


def painted(function):
    """Draws, and lets the figure find its limits and ticks."""

    def call(*positional, **arguments):
        try:
            function(*positional, **arguments).figure.draw_without_rendering()
        finally:
            plt.close("all")

    return call


def trained(**arguments):
    """What `fit` returns, but for validation losses that are not finite, which it records as they are."""
    history = training.fit(**arguments)
    history.validation = [value for value in history.validation if math.isfinite(value)]
    return history


def noted(**fields):
    record = training.History(**fields)
    painted(record.plot)()
    return repr(record), list(record.to_frame())


def scaled(value):
    return lambda model: value * regularization.l2(model)


LOSSES = st.lists(numbers(), min_size=1, max_size=4)
FIT = {
    "model": models(), "inputs": batches(), "targets": classes(), "steps": st.just(2), "epochs": st.none(),
    "lr": numbers(0, 0.1), "optimizer": st.sampled_from(list(training.OPTIMIZERS)), "batch_size": perhaps(st.just(4)),
    "loss": st.just(F.cross_entropy), "penalty": perhaps(st.just(scaled(0.1))),
    "schedule": perhaps(st.just(lambda made: torch.optim.lr_scheduler.StepLR(made, 1))),
    "clip_norm": perhaps(POSITIVE), "clip_value": perhaps(POSITIVE), "after_step": perhaps(st.just(lambda model: None)),
    "validation": st.tuples(batches(), classes()), "validate_every": perhaps(st.just(1)),
    "metric": perhaps(st.just(training.accuracy)),
    "early_stopping": st.builds(regularization.EarlyStopping), "watch": perhaps(st.just(watch)),
    "device": perhaps(st.just("cpu")), "precision": st.sampled_from(["float32", "bfloat16"]), "checkpoint": st.none(),
    "checkpoint_every": st.integers(1, 3), "generator": generators(), "seed": st.integers(0, 9), "progress": st.booleans(),
}  # fmt: skip


def seeded(rate, seed):
    return {"score": rate * seed}


FILES = itertools.count()


def swept(**arguments):
    """A sweep into a new file each time, unless its place is what is fuzzed."""
    if isinstance(arguments["store"], str) and arguments["store"] == "runs.csv":
        arguments["store"] = f"runs-{next(FILES)}.csv"
    return experiments.sweep(**arguments)


def read(text, store):
    with open("store.csv", "w", newline="", encoding="utf-8", errors="surrogatepass") as file:
        file.write(text)
    return experiments.read(store)


TRAINING = {
    "stack.mlp": Brick(
        given_by(
            widths=st.lists(st.integers(1, 5), min_size=2, max_size=4),
            activation=st.sampled_from(["relu", "cos(x) - x", "swish"]) | st.just(nn.GELU),
            init=st.sampled_from(["he_normal", "zeros", "pytorch"]), dropout=SHARES,
            norm=st.sampled_from([None, "batch", "layer"]), generator=generators(),
        ),
        changes=["generator"],
    ),
    "training.fit": Brick(
        given_by(**FIT), trained, changes=["model", "generator"], count=5, raises=(FloatingPointError,),
        handed=["inputs", "targets", "validation", "device"],
        called=["loss", "penalty", "schedule", "after_step", "metric", "watch", "optimizer"],
        also=["value per channel"],  # a batch norm's own error: it can't learn from one example
    ),
    "training.accuracy": Brick(
        given_by(model=models(), inputs=batches(), targets=classes()), handed=["inputs", "targets"]
    ),
    "training.History": Brick(
        given_by(
            loss=LOSSES, validation=st.lists(numbers(), max_size=2), validation_steps=st.just([1, 2]),
            metric=st.just([]), lr=perhaps(LOSSES).map(lambda found: found or []), gradient_norm=st.just([]),
            watched=st.just({"a": [1.0]}), watched_steps=st.just({"a": [0]}),
        ).map(lambda fields: fields | {"validation_steps": [1, 2][: len(fields["validation"])]}),
        noted, finite=False, junk=False, count=5,
    ),
    "training.OPTIMIZERS": Brick(
        given_by(name=st.sampled_from(list(training.OPTIMIZERS)), model=models(), lr=numbers(0, 1)),
        lambda name, model, lr: training.OPTIMIZERS[name](model.parameters(), lr=lr).defaults["lr"], junk=False,
    ),
    "experiments.bootstrap": Brick(
        given_by(
            values=st.lists(numbers(), min_size=2, max_size=5), level=numbers(0.1, 0.9), draws=st.integers(1, 20),
            generator=perhaps(generators()),
        ),
        changes=["generator"],
    ),
    "experiments.read": Brick(
        given_by(text=st.builds(str.__add__, st.sampled_from(["", "seconds,error\n", "a,seconds,error\n"]), st.text('ab,"\n1[{\ud800', max_size=20)), store=st.just("store.csv")), read,
        junk=False, finite=False, raises=(ValueError,),
    ),
    "experiments.search_table": Brick(given_by(), count=1),
    "experiments.sweep": Brick(
        given_by(
            train=st.just(seeded), grid=st.lists(numbers(), min_size=1, max_size=2, unique=True).map(lambda n: {"rate": n}),
            seeds=st.integers(1, 2), store=st.just("runs.csv"), backend=st.just("sequential"), jobs=st.just(1),
            settings=perhaps(st.just({"steps": 3})), progress=st.booleans(),
        ),
        swept, count=2, without={"backend": (None,)},
    ),
}  # fmt: skip


# Diagnostics.

LABELS = st.text("ab.0 _é", max_size=20)
RATIO = perhaps(numbers(0, 1))
ROWS = st.builds(
    diagnostics.Layer, LABELS, LABELS, *[st.floats()] * 2, *[perhaps(st.floats())] * 2,
    RATIO, RATIO, numbers(0, 1), RATIO, RATIO, RATIO,
)  # fmt: skip
FINDINGS = st.builds(
    diagnostics.Finding, *[st.text(max_size=9)] * 2, numbers(), numbers(), *[st.text(max_size=99)] * 4
)
LIMITS = st.dictionaries(st.sampled_from(list(diagnostics.THRESHOLDS)), numbers(0), max_size=2)
EXAMINED = given_by(model=models(), inputs=batches(), targets=classes(), loss=st.just(F.cross_entropy))


def told(**fields):
    report = diagnostics.Report(**fields)
    painted(report.plot)()
    return str(report), len(report.to_dict())


def watched(step, model, **fields):
    return diagnostics.Watch(**fields)(step, model)


def record(kind, rows):
    fields = list(inspect.signature(kind).parameters)
    return Brick(
        rows.map(lambda row: {name: getattr(row, name) for name in fields}),
        lambda **fields: str(kind(**fields)), junk=False, finite=False,
    )  # fmt: skip


PAIRS = st.tuples(batches(), classes())
DIAGNOSTICS = {
    "diagnostics.slope": Brick(
        given_by(function=st.just(torch.tanh), x=tensors()), keeps="x", called=["function"]
    ),
    "diagnostics.gradient_norms": Brick(EXAMINED, handed=["inputs", "targets"], called=["loss"]),
    "diagnostics.diagnose": Brick(
        given_by(
            model=models(), batch=PAIRS, loss=st.just(F.cross_entropy), optimizer=st.none(), overfit=st.integers(0, 2),
            thresholds=perhaps(LIMITS),
        ),
        finite=False, count=5, handed=["batch"], called=["loss"],
    ),
    "diagnostics.Watch": Brick(
        given_by(
            step=st.integers(0, 3), model=models(), batch=PAIRS, every=st.integers(1, 3), loss=st.just(F.cross_entropy),
            thresholds=perhaps(LIMITS), optimizer=st.none(), reports=st.builds(dict),
        ),
        watched, finite=False, count=5, handed=["batch", "reports"], called=["loss"], changes=["reports"],
    ),
    "diagnostics.Layer": record(diagnostics.Layer, ROWS),
    "diagnostics.Finding": record(diagnostics.Finding, FINDINGS),
    "diagnostics.Report": Brick(
        given_by(
            loss=st.floats(), gradient_factor=perhaps(st.floats()), layers=st.lists(ROWS, min_size=1, max_size=3),
            findings=st.lists(FINDINGS, max_size=2),
        ),
        told, finite=False, junk=False, count=5,
    ),
}  # fmt: skip


# Datasets and drawings.

SPLITS = st.sampled_from([(0.6, 0.2, 0.2), (1, 0, 0), (0.5, 0.25, 0.25)])


def parts(made):
    return made.train, made.validation, made.test, made.all, len(str(made) + repr(made))


def dataset(name, times=20, **options):
    def call(**arguments):
        return parts(datasets.DATASETS[name](**arguments))

    arguments = {"split": SPLITS, "generator": generators()} | options
    return Brick(given_by(**arguments), call, changes=["generator"], count=times)


POINTS = st.integers(8, 40)
SPREAD = numbers(0)
NOTES = dict.fromkeys(["name", "description", "source", "license"], st.text(max_size=9))
PARTS = st.builds(datasets.Part, tensors((2, 3), torch.float32), tensors((2,), torch.int64))
DATASETS = {
    "datasets.spirals": dataset("spirals", classes=st.integers(1, 5), count=POINTS, noise=SPREAD, turns=numbers()),
    "datasets.moons": dataset("moons", count=POINTS, noise=SPREAD),
    "datasets.rings": dataset("rings", count=POINTS, noise=SPREAD, inner=SHARES),
    "datasets.mnist1d": dataset("mnist1d", 1, count=st.just(10), split=st.just((0.5, 0.25, 0.25))),
    **{f"datasets.{name}": dataset(name, 1) for name in ("digits", "wine", "breast_cancer", "diabetes")},
    "datasets.DATASETS": Brick(
        given_by(name=st.sampled_from(["moons", "rings", "spirals"]), x=POINTS),
        lambda name, x: parts(datasets.DATASETS[name](count=x)), draws=True, junk=False,
    ),
    "datasets.Part": Brick(PARTS.map(lambda part: part._asdict()), datasets.Part, junk=False),
    "datasets.Dataset": Brick(
        given_by(train=PARTS, validation=PARTS, test=PARTS, **NOTES, classes=st.just(("a",)), features=st.none()),
        lambda **fields: parts(datasets.Dataset(**fields)), junk=False,
    ),
}  # fmt: skip


def bowl(points):
    return points.square().sum(1)


def contours(loss, path, **options):
    return plotting.contours(loss, path, **options)


@st.composite
def regularization_paths(draw):
    count, features = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    return {
        "penalties": draw(st.lists(POSITIVE, min_size=count, max_size=count)),
        "coefficients": draw(tensors((count, features), size=10.0)),
        "names": draw(perhaps(st.just(["a"] * features))),
        "axes": None,
    }


def drawing(name, call=None, also=(), called=(), **arguments):
    return Brick(
        given_by(axes=st.none(), **arguments),
        painted(call or getattr(plotting, name)),
        count=3,
        also=also,
        called=called,
    )


NORMS = st.dictionaries(st.text("ab", min_size=1, max_size=3), numbers(0), min_size=1, max_size=3)
PLOTTING = {
    "plotting.look": Brick(given_by(name=st.sampled_from(list(plotting.LOOKS)))),
    "plotting.activation": drawing(
        "activation", called=["brick"], brick=st.sampled_from(["mish", "acon_c", "cos(x) - x"]), low=numbers(-9, -1), high=numbers(0, 9)
    ),
    "plotting.distributions": drawing(
        "distributions", values=st.dictionaries(st.text("ab", max_size=3), tensors(FILLED, size=1e30), min_size=1, max_size=3),
        bins=st.integers(1, 9),
    ),
    "plotting.gradient_flow": drawing("gradient_flow", norms=NORMS | st.dictionaries(st.text("cd", min_size=1), NORMS, min_size=1, max_size=2)),
    "plotting.history": drawing(
        "history", record=st.dictionaries(st.text("ab", min_size=1), LOSSES, min_size=1, max_size=3)
        | st.builds(training.History, LOSSES)
    ),
    "plotting.contours": drawing(
        "contours", contours, ["paths"],
        ["loss"], loss=st.just(bowl), path=tensors(st.tuples(st.integers(0, 3), st.just(2)), size=9.0),
        bounds=st.tuples(numbers(-9, -1), numbers(0, 9), numbers(-9, -1), numbers(0, 9)), levels=st.integers(1, 9),
    ),
    "plotting.regularization_path": Brick(
        regularization_paths(), painted(plotting.regularization_path), count=3
    ),
}  # fmt: skip

BRICKS: dict[str, Brick] = (
    ACTIVATIONS | INITIALIZATION | PROPAGATION | PREPROCESSING | REGULARIZATION | TRAINING | DIAGNOSTICS
    | DATASETS | PLOTTING
)  # fmt: skip
