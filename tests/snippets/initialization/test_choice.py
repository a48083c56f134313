import pytest
import torch


def test_each_activation_with_each_scheme(run_snippet):
    scores = run_snippet("initialization/choice")["scores"]
    for activation in ("relu", "tanh", "gelu"):
        assert scores[activation, "pytorch"] < 0.45
        assert min(scores[activation, "he_normal"], scores[activation, "orthogonal"]) > 0.9
    for scheme in ("lecun_normal", "xavier_normal"):
        assert scores["gelu", scheme] < 0.4 < 0.75 < scores["relu", scheme] < 0.92 < scores["tanh", scheme]


@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu"])
def test_other_seeds_and_uniform_draws_say_the_same(run_snippet, activation):
    from lego.initialization import initialize
    from lego.stack import mlp
    from lego.training import accuracy, fit

    found, scores = run_snippet("initialization/choice"), {}
    x, y = found["x"], found["y"]
    for scheme in ("lecun_normal", "lecun_uniform", "he_normal", "he_uniform"):
        for seed in (1, 2):
            rng = torch.Generator().manual_seed(seed)
            model = initialize(mlp([64] * 8 + [10], activation), scheme, generator=rng)
            fit(model, x[:1000], y[:1000], steps=100, lr=0.1, batch_size=64, generator=rng)
            scores.setdefault(scheme, []).append(accuracy(model, x[1000:], y[1000:]))
    lecun, he = (scores[f"{name}_normal"] + scores[f"{name}_uniform"] for name in ("lecun", "he"))
    assert min(he) > 0.88
    if activation == "tanh":
        assert min(lecun) > 0.9
    else:
        assert max(lecun) < min(he)


def test_gelu_with_xaviers_weights_is_just_above_the_threshold():
    from lego.diagnostics import THRESHOLDS, diagnose
    from lego.stack import mlp

    rng, factor = torch.Generator().manual_seed(0), {}
    batch = torch.randn(256, 64, generator=rng), torch.randint(10, (256,), generator=rng)
    for init in ("pytorch", "xavier_normal", "he_normal"):
        factor[init] = diagnose(mlp([64] * 8 + [10], "gelu", init=init, generator=rng), batch).gradient_factor
    assert factor["pytorch"] < THRESHOLDS["vanishing"] < factor["xavier_normal"] < 0.65 < factor["he_normal"]
