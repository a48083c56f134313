import torch

from lego.regularization import ridge


def test_a_descent_that_took_its_steps_is_the_ridge(run_snippet):
    found = run_snippet("regularization/relations_stopping")
    assert (found["path"] - found["exact"]).abs().max() < 1e-13  # fourteen digits, says the caption
    plain = [ridge(found["x"], found["y"], 1 / (5e-4 * step)) for step in found["checked"]]
    assert torch.equal(found["plain"], torch.stack(plain)), "the rule of the textbooks"
    assert (found["path"] - found["plain"]).abs().max() > 0.05
    assert len(found["checked"]) > 30 and found["checked"][-1] > 1900
