import importlib.util
import statistics
from pathlib import Path

import pytest
import torch
from scipy import stats

from lego.experiments import search_table
from lego.initialization import initialize


def scores(network):
    """Accuracies in percent by function."""
    found = {}
    for row in search_table():
        if row["part"] == "test" and row["network"] == network:
            found.setdefault(row["function"], []).append(100 * row["accuracy"])
    return found


def test_the_two_last_are_last_on_convolutions_and_one_is_first_on_the_mlp(run_snippet):
    found = run_snippet("activations/search_table")
    rank, mean = found["rank"], found["mean"]
    for network in ("CNN", "residual CNN"):
        assert [rank[network, name] for name in ("sinc(x) + x", "x * arcsinh(x)^2")] == [8, 9]
        others = [mean[network, name] for name in found["names"][:7]]
        assert min(others) - mean[network, "sinc(x) + x"] > 10 and rank[network, "swish"] == 1
    assert all(rank[network, "swish"] < rank[network, "relu"] for network in found["networks"])
    assert rank["MLP", "x * arcsinh(x)^2"] == 1 and rank["MLP", "sinc(x) + x"] == 9


@pytest.mark.parametrize(
    ("network", "lead", "p"), [("MLP", 2.8, 0.0014), ("CNN", 1.4, 0.021), ("residual CNN", 0.4, 0.4)]
)
def test_the_lead_of_swish(network, lead, p):
    swish, relu = (scores(network)[name] for name in ("swish", "relu"))
    assert statistics.mean(swish) - statistics.mean(relu) == pytest.approx(lead, abs=0.05)
    assert stats.ttest_ind(swish, relu, equal_var=False).pvalue == pytest.approx(p, rel=0.1)


def test_how_far_the_others_are_behind_relu():
    def behind(network, name):
        found = scores(network)
        return statistics.mean(found["relu"]) - statistics.mean(found[name])

    assert behind("MLP", "tanh") == pytest.approx(6, abs=0.5)
    assert behind("MLP", "sigmoid") == pytest.approx(15, abs=0.5)
    assert min(behind(network, "tanh") for network in ("CNN", "residual CNN")) > 10
    assert min(behind(network, "selu") for network in ("CNN", "residual CNN")) > 7
    assert behind("CNN", "elu") == pytest.approx(6, abs=0.5)
    residual = [behind("residual CNN", name) for name in ("selu", "tanh")]
    assert residual == pytest.approx([7.4, 10.3], abs=0.1)
    assert all(abs(behind("residual CNN", name)) < 1 for name in ("gelu", "silu", "leaky_relu"))
    mlp = scores("MLP")
    for name in ("elu", "selu"):
        assert stats.ttest_ind(mlp[name], mlp["relu"], equal_var=False).pvalue > 0.1


def test_the_mlp_and_the_cnn_come_near_what_the_authors_of_the_data_report(run_snippet):
    mean = run_snippet("activations/search_table")["mean"]
    reached = {name: [round(mean[network, name]) for network in ("MLP", "CNN")] for name in ("relu", "swish")}
    assert reached == {"relu": [64, 91], "swish": [67, 93]}


def test_one_seed_of_max_sigmoid_fails_on_the_cnn():
    found = sorted(scores("CNN")["max(x, sigmoid(x))"])
    assert found[0] < 15 and found[1] > 70


def test_the_last_explodes_in_eight_layers_and_not_in_two():
    path = Path(__file__).parents[3] / "benchmarks/search_table.py"
    spec = importlib.util.spec_from_file_location("search_table", path)
    table = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(table)

    def spread(network):
        net = table.NETWORKS[network](table.FUNCTIONS["x * arcsinh(x)^2"])
        initialize(net, "he_normal", generator=torch.Generator().manual_seed(0))
        return net(table.mnist1d().train[0]).std().item()

    assert spread("MLP") == pytest.approx(69, abs=1) and spread("deep MLP") == pytest.approx(2e17, rel=0.05)


def test_depth_turns_the_order_around():
    shallow, deep = (
        {name: statistics.mean(v) for name, v in scores(network).items()} for network in ("MLP", "deep MLP")
    )
    nine = list(deep)
    first, last = "x * arcsinh(x)^2", "sinc(x) + x"
    assert max(nine, key=shallow.get) == min(nine, key=deep.get) == first
    assert min(nine, key=shallow.get) == last and sorted(nine, key=deep.get, reverse=True)[3] == last
    assert deep["swish"] - deep["relu"] == pytest.approx(5.3, abs=0.06)
