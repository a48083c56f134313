import numpy as np
import pytest


def test_an_outlier_squeezes_and_a_logarithm_spreads(run_snippet):
    found = run_snippet("preprocessing/tables_columns")
    usual, outlier, skewed, log, constant = (found["middle"][name] for name in found["columns"])
    assert outlier[0] < usual[0] / 30 and outlier[1] < usual[1] / 5
    assert skewed[1] < log[1] / 4 and skewed[0] < log[0] / 10
    assert constant == [0, 0]
    column = found["columns"]["skewed"].double().numpy()
    low, high = np.quantile(column, [0.05, 0.95])
    assert skewed[1] == pytest.approx((high - low) / column.std(), rel=1e-3)
    assert skewed[0] == pytest.approx((high - low) / np.ptp(column), rel=1e-3)
