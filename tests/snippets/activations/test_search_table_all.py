def test_all_functions_are_ordered_by_their_mean(run_snippet):
    found = run_snippet("activations/search_table_all")
    sums = [sum(found["means"][name].values()) for name in found["order"]]
    assert sums == sorted(sums, reverse=True) and found["order"][0] == "swish"
    assert all(len(by_network) == 3 for by_network in found["means"].values())
