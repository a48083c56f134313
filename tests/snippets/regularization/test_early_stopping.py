import torch


def test_the_run_ends_thirty_looks_after_its_best(run_snippet):
    found = run_snippet("regularization/early_stopping")
    whole, stopped = found["histories"].values()
    assert len(whole.loss) == 400 and len(stopped.loss) == found["best"] + 60
    assert stopped.validation == whole.validation[: len(stopped.validation)]
    assert min(whole.validation) == found["stopping"].best
    assert found["scores"]["stopped"] > found["scores"]["to the end"]


def test_the_best_weights_are_back(run_snippet):
    found = run_snippet("regularization/early_stopping")
    x, y = found["x"][found["held_out"]], found["labels"][found["held_out"]]
    loss = torch.nn.functional.cross_entropy(found["model"](x), y).item()
    assert abs(loss - found["stopping"].best) < 1e-6
