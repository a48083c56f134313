import statistics

from lego.experiments import search_table


def test_rates_move_a_function_by_more_than_the_choice(run_snippet):
    found = run_snippet("activations/search_table_rates")
    moved = [max(line.values()) - min(line.values()) for line in found["mean"].values()]
    assert 20 < min(moved) < max(moved) < 85
    last = found["mean"]["x * arcsinh(x)^2"]
    assert list(last.values()) == sorted(last.values())  # rises all the way
    assert sum(line[0.3] < 15 for line in found["mean"].values()) >= 4
    tuning = {}
    for row in search_table():
        if (row["network"], row["part"]) == ("MLP", "validation"):
            tuning.setdefault((row["rate"], row["function"]), []).append(row["accuracy"])
    at = {
        rate: {name: statistics.mean(v) for (r, name), v in tuning.items() if r == rate}
        for rate in (0.003, 0.1)
    }
    nine = found["mean"]
    assert min(nine, key=at[0.003].get) == max(nine, key=at[0.1].get) == "x * arcsinh(x)^2"
