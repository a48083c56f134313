import pytest
import torch


def test_choosing_with_the_test_set_in_view_predicts_coins(run_snippet):
    scores = run_snippet("preprocessing/tables_leak")["scores"]
    mean = {key: torch.tensor(found).mean().item() for key, found in scores.items()}
    assert 0.4 < mean["columns chosen", "train only"] < 0.6  # coins, after all
    assert mean["columns chosen", "all data"] > 0.7
    assert mean["normalized", "all data"] == pytest.approx(0.94, abs=0.01)
    assert abs(mean["normalized", "all data"] - mean["normalized", "train only"]) < 0.02
    assert all(len(found) == 10 for found in scores.values())


def test_the_test_rows_are_not_among_the_train_rows(run_snippet):
    found = run_snippet("preprocessing/tables_leak")
    assert not set(found["train"].tolist()) & set(found["test"].tolist())
