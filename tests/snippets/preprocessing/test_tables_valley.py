import pytest
import torch


def test_the_valley_takes_many_times_the_steps(run_snippet):
    found = run_snippet("preprocessing/tables_valley")
    assert found["steps"] == {"raw": 59, "normalized": 3}
    first, second = (found["raw"].square().mean(0)).tolist()
    assert 20 < second / first < 5**2
    for path in found["paths"].values():
        assert (path[-1] - 1).norm() <= 0.01 < (path[-2] - 1).norm()


def test_the_rate_of_convergence_is_that_of_the_condition_number(run_snippet):
    found = run_snippet("preprocessing/tables_valley")
    for name, x in found["inputs"].items():
        values = torch.linalg.eigvalsh(x.T.double() @ x.double() / len(x))
        condition = (values[1] / values[0]).item()
        errors = (found["paths"][name] - 1).norm(dim=1)
        rate = ((errors[-1] / errors[0]) ** (1 / (len(errors) - 1))).item()
        assert rate == pytest.approx((condition - 1) / (condition + 1), abs=0.05)
