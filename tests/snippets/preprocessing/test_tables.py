import numpy as np
import pytest


def test_each_step_does_what_its_name_says(run_snippet):
    clouds = {name: c.double().numpy() for name, c in run_snippet("preprocessing/tables")["clouds"].items()}
    for name in list(clouds)[1:]:
        assert np.abs(clouds[name].mean(0)).max() < 1e-6
    assert clouds["normalized"].std(0) == pytest.approx([1, 1])
    covariances = {name: np.cov(cloud.T) for name, cloud in clouds.items()}
    assert abs(covariances["decorrelated"][0, 1]) < 1e-5 < 0.5 < abs(covariances["normalized"][0, 1])
    assert covariances["decorrelated"][0, 0] > 4 * covariances["decorrelated"][1, 1]
    assert covariances["whitened"] == pytest.approx(np.eye(2), abs=0.01)


def test_turning_keeps_the_condition_number_and_whitening_ends_it(run_snippet):
    clouds = run_snippet("preprocessing/tables")["clouds"]
    number = {name: np.linalg.cond(cloud.double().numpy()) ** 2 for name, cloud in clouds.items()}
    assert number["decorrelated"] == pytest.approx(number["centered"], rel=1e-3)
    assert number["original"] > number["centered"] > number["normalized"] > 5 > number["whitened"]
    assert number["whitened"] == pytest.approx(1, abs=1e-3)
