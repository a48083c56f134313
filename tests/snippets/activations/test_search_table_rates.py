import statistics

from lego.activations import SEARCH_CANDIDATES
from lego.experiments import search_table


def test_rates_move_a_function_by_more_than_the_choice(run_snippet):
    found = run_snippet("activations/search_table_rates")
    moved = [max(line.values()) - min(line.values()) for line in found["mean"].values()]
    assert (round(min(moved)), round(max(moved))) == (21, 83)
    last = found["mean"]["x * arcsinh(x)^2"]
    assert list(last.values()) == sorted(last.values())  # rises all the way
    assert sum(line[0.3] < 15 for line in found["mean"].values()) >= 4
    tuning = {}
    for row in search_table():
        if (row["network"], row["part"]) == ("MLP", "validation") and row["function"] in SEARCH_CANDIDATES:
            tuning.setdefault((row["rate"], row["function"]), []).append(row["accuracy"])
    at = {
        rate: {name: statistics.mean(v) for (r, name), v in tuning.items() if r == rate}
        for rate in (0.003, 0.1)
    }
    nine = found["mean"]
    lowest, second = sorted(at[0.003].values())[:2]
    assert 0.09 < second - lowest < 0.11  # "by ten points"
    assert min(nine, key=at[0.003].get) == max(nine, key=at[0.1].get) == "x * arcsinh(x)^2"


def test_on_the_residual_net_too_the_rate_moves_more_than_the_choice_among_five(run_snippet):
    best, moved = {}, {}
    for network in ("CNN", "residual CNN"):
        tests, tuning = {}, {}
        for row in search_table():
            if row["network"] == network and row["function"] in SEARCH_CANDIDATES:
                score = 100 * row["accuracy"]
                if row["part"] == "test":
                    tests.setdefault(row["function"], []).append(score)
                else:
                    tuning.setdefault(row["function"], {}).setdefault(row["rate"], []).append(score)
        five = sorted(map(statistics.mean, tests.values()))[-5:]
        best[network] = round(five[-1] - five[0])
        means = [[statistics.mean(v) for v in by_rate.values()] for by_rate in tuning.values()]
        moved[network] = sorted(round(max(line) - min(line)) for line in means)
    assert best == {"CNN": 8, "residual CNN": 2}
    assert (moved["residual CNN"][0], moved["residual CNN"][-1]) == (11, 31)


def test_the_pairs_whose_best_rate_is_an_end_of_the_grid():
    tuning, shown = {}, {"MLP", "CNN", "residual CNN"}
    for row in search_table():
        if row["part"] == "validation" and row["network"] in shown:
            runs = tuning.setdefault((row["function"], row["network"]), {}).setdefault(row["rate"], [])
            runs.append(row["accuracy"])
    assert len(tuning) == 78
    best = {
        pair: max(rates, key=lambda rate, found=rates: statistics.mean(found[rate]))
        for pair, rates in tuning.items()
    }
    assert {pair: rate for pair, rate in best.items() if rate in {0.003, 0.3}} == {
        ("x * arcsinh(x)^2", "CNN"): 0.3,
        ("relu_squared", "CNN"): 0.003,
        ("sigmoid", "residual CNN"): 0.3,
        ("hardsigmoid", "residual CNN"): 0.3,
    }
