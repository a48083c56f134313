def test_relu_wins_on_spirals_and_at_small_rates_only_on_digits(run_snippet):
    found = run_snippet("activations/relu_speed")
    steps = found["steps"]
    for tanh, relu in zip(steps["spirals", "tanh"], steps["spirals", "relu"], strict=True):
        assert 0.4 * tanh < relu <= 0.67 * tanh
    ratio = min(steps["spirals", "relu"]) / min(steps["spirals", "tanh"])  # the best rate of each
    assert 0.4 <= ratio <= 0.6, "half"
    tanh, relu = steps["digits", "tanh"], steps["digits", "relu"]
    assert relu[0] <= 0.8 * tanh[0], "at the smallest rate"
    assert relu[-1] >= tanh[-1], "at the largest rate"
    assert min(relu) >= min(tanh), "the best rate of each"
    assert all(10 < count < 1000 for counts in steps.values() for count in counts), "all arrived"


def test_a_linear_classifier_gets_nine_in_ten_digits_right_and_no_spirals():
    import torch

    from lego.datasets import digits, spirals
    from lego.preprocessing import Standardize
    from lego.stack import mlp
    from lego.training import accuracy, fit

    rng = torch.Generator().manual_seed(0)
    scores = {}
    for name, data in [("digits", digits()), ("spirals", spirals(count=500, generator=rng))]:
        standardize = Standardize(data.train.inputs)
        x = standardize(data.train.inputs)
        model = mlp([x.shape[1], int(data.train.targets.max()) + 1], init="lecun_normal", generator=rng)
        fit(model, x, data.train.targets, steps=200, lr=0.1, batch_size=64, generator=rng)
        scores[name] = accuracy(model, standardize(data.test.inputs), data.test.targets)
    assert scores["digits"] > 0.9 and scores["spirals"] < 0.5
