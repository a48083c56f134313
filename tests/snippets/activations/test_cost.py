def test_one_call_keeps_one_number_and_a_formula_two_to_four(run_snippet):
    kept = run_snippet("activations/cost")["kept"]
    assert {kept[name, "one call"] for name in ("sigmoid", "SiLU", "GELU", "Mish")} == {1}
    formulas = [kept[name, "formula"] for name in ("sigmoid", "SiLU", "GELU", "Mish")]
    assert formulas == [2, 4, 3, 4]


def test_both_forms_are_the_same_function(run_snippet):
    found = run_snippet("activations/cost")
    for one, other in found["pairs"].values():
        assert (one(found["x"]) - other(found["x"])).abs().max() < 1e-5
