import torch


def test_the_solution_is_longest_where_it_is_the_only_one(run_snippet):
    found = run_snippet("overfitting/double_descent_norm")
    features, length, residual = found["features"], found["length"], found["residual"]
    peak = features[int(length.argmax())]
    assert peak == 40 and 8 < length.max() / length[-1] < 10
    assert residual[features.index(36)] > 1e-3 and residual[features.index(40)] <= 1e-6


def test_the_pseudoinverse_gives_the_shortest_solution(run_snippet):
    found = run_snippet("overfitting/double_descent_norm")
    h, w = found["h"], found["w"]  # of the last draw, with 1500 features
    other = w + (torch.eye(h.shape[1], dtype=h.dtype) - torch.linalg.pinv(h) @ h) @ torch.ones_like(w)
    assert torch.allclose(h @ other, h @ w) and other.norm() > w.norm()
