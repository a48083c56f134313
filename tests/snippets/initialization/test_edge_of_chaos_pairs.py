import numpy as np


def test_order_chaos_and_the_edge(run_snippet):
    found = run_snippet("initialization/edge_of_chaos_pairs")
    order, edge, chaos = found["similarity"].values()
    assert order[-1] > 0.999 and 0.8 < edge[-1] < 0.95 and chaos[-1] < 0.3
    assert edge[5] < order[5]  # the edge takes longer
    assert abs(found["theory"][2.5][-1] - 0.12) < 0.006


def test_the_net_follows_the_theory(run_snippet):
    found = run_snippet("initialization/edge_of_chaos_pairs")
    for weight, points in found["similarity"].items():
        assert np.abs(np.array(points) - found["theory"][weight][:-1]).max() < 0.15


def test_the_middle_one_is_at_the_edge():
    from lego.propagation import critical

    assert abs(critical("tanh", 0.3**2) ** 0.5 - 1.396) < 0.005
