import pytest
import torch


def test_sampled_fits_approach_the_ridges(run_snippet):
    gaps = run_snippet("regularization/relations_dropout")["gaps"]
    for name in ("dropout", "noise"):
        assert gaps[name][-1] < 0.01 and gaps[name][-1] < gaps[name][0] / 10


def test_what_each_keeps(run_snippet):
    found = run_snippet("regularization/relations_dropout")
    dropout, noise = (found["exact"][name] / found["free"] for name in ("dropout", "noise"))
    assert dropout.tolist() == pytest.approx([0.7] * 4, abs=0.05)
    assert noise[0] < 0.1 and noise[-1] > 0.95


def test_both_are_exact_to_ten_digits(run_snippet):
    found = run_snippet("regularization/relations_dropout")
    x, y, p, std = found["x"], found["y"], found["p"], found["std"]
    columns = x.square().sum(0)
    for name, penalty in {"dropout": p / (1 - p) * columns, "noise": torch.full((4,), 60 * std**2)}.items():
        expected = torch.linalg.solve(x.T @ x + torch.diag(penalty.double()), x.T @ y)
        assert torch.allclose(found["exact"][name], expected, rtol=0, atol=1e-10)
