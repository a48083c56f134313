def test_what_prelu_learns_depends_on_the_task(run_snippet, capsys):
    watched = run_snippet("activations/leaky_relu_prelu")["watched"]
    printed = capsys.readouterr().out
    for task, layers in watched.items():
        for name, path in layers.items():
            assert f"{task}, {name}: from 0.25 to {path[-1]:.2f}\n" in printed
        assert len(layers) == 3 and all(path[0] == 0.25 for path in layers.values())
    digits = [path[-1] for path in watched["digits"].values()]
    assert min(digits) > 0.5 and max(digits) < 1.25, "toward a straight line"
    assert digits[0] == max(digits)
    ends = [path[-1] for path in watched["spirals"].values()]
    assert ends[-1] < -1.2, "a fold"
    assert all(abs(end) < 0.4 for end in ends[:-1])


def test_on_digits_the_order_of_the_layers_is_the_seeds():
    import torch

    from lego.activations import PReLU
    from lego.datasets import digits
    from lego.preprocessing import Standardize
    from lego.stack import mlp
    from lego.training import fit

    train = digits().train
    x = Standardize(train.inputs)(train.inputs)
    largest = set()
    for seed in range(1, 5):
        rng = torch.Generator().manual_seed(seed)
        model = mlp([64, 64, 64, 64, 10], PReLU, generator=rng)
        fit(model, x, train.targets, steps=200, lr=0.1, batch_size=64, generator=rng)
        slopes = [layer.weight.item() for layer in model if isinstance(layer, PReLU)]
        assert min(slopes) > 0.4
        largest.add(slopes.index(max(slopes)))
    assert len(largest) > 1
