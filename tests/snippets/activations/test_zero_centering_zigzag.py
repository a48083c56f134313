import pytest
import torch


def test_the_mean_raises_the_condition_number_and_the_path_zigzags(run_snippet):
    found = run_snippet("activations/zero_centering_zigzag")
    assert found["steps"]["mean 3"] == 87 and found["steps"]["centered"] == 4
    x = found["x"].double()
    mean = x.mean(dim=0)
    covariance = (x - mean).T @ (x - mean) / len(x)
    for name, second_moment in [
        ("mean 3", covariance + torch.outer(mean, mean)),
        ("centered", covariance),
    ]:
        low, high = torch.linalg.eigvalsh(second_moment)
        assert found["condition"][name] == pytest.approx((high / low).item(), rel=1e-4)
    assert found["condition"]["mean 3"] > 20 and found["condition"]["centered"] < 1.3
