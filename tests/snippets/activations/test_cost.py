from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_one_call_keeps_one_number_and_a_formula_two_to_four(run_snippet):
    kept = run_snippet("activations/cost")["kept"]
    assert {kept[name, "one call"] for name in ("sigmoid", "SiLU", "GELU", "Mish")} == {1}
    formulas = [kept[name, "formula"] for name in ("sigmoid", "SiLU", "GELU", "Mish")]
    assert formulas == [2, 4, 3, 4]


def test_both_forms_are_the_same_function(run_snippet):
    found = run_snippet("activations/cost")
    for one, other in found["pairs"].values():
        assert (one(found["x"]) - other(found["x"])).abs().max() < 1e-5


def test_the_measured_table_says_what_the_page_says():
    lines = (ROOT / "benchmarks" / "results" / "cost.md").read_text().splitlines()
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:] if line.startswith("|")
    ]
    alone = {name: float(cost) for name, cost, _ in rows}
    inside = {name: float(cost) for name, _, cost in rows}
    assert alone["sigmoid"] < 1.6 and inside["sigmoid"] < 1.05, "little more than ReLU"
    assert min(alone[name] for name in ("tanh", "elu", "selu")) > 1.6 and alone["tanh"] > 2
    assert max(inside[name] for name in ("tanh", "elu", "selu")) <= 1.10, "by a tenth"
    assert alone["mish"] == max(alone.values()) and inside["mish"] == max(inside.values()) > 1.2
    learn = {"prelu", "swish", "acon_a", "acon_b", "acon_c"}
    assert max(cost for name, cost in inside.items() if name not in learn | {"mish"}) <= 1.10


def test_bfloat16_bricks_that_learn_are_slower_than_their_formula():
    head, _, *lines = (ROOT / "benchmarks" / "results" / "bricks-cpu.md").read_text().splitlines()
    names = [name.strip() for name in head.strip("|").split("|")]
    rows = [
        dict(zip(names, (cell.strip() for cell in line.strip("|").split("|")), strict=True))
        for line in lines
        if line.startswith("|")
    ]
    slower = ("swish, β learned", "acon_b, learned", "acon_c, learned")
    learned = [row for row in rows if row["Brick"] in slower and row["dtype"] == "bfloat16"]
    assert len(learned) == 9 and not {"× timm", "× compiled"} & set(names)
    assert all(1.5 < float(row["× formula"]) < 4.5 for row in learned)
