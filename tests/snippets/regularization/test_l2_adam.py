import torch


def test_one_step_for_sgd_and_two_for_adam(run_snippet):
    found = run_snippet("regularization/l2_adam")
    differences = found["differences"]
    assert differences[torch.optim.SGD].max() < 1e-10
    assert 0.2 < differences[torch.optim.Adam].max() < 1


def test_shrinking_apart_is_what_adamw_does(run_snippet):
    found = run_snippet("regularization/l2_adam")
    x, y = found["x"], found["y"]
    w = torch.ones(40, dtype=torch.double, requires_grad=True)
    step = torch.optim.AdamW([w], lr=found["rate"], weight_decay=found["decay"])
    for _ in range(300):
        step.zero_grad()
        (0.1 * (x @ w - y).square().mean()).backward()
        step.step()
    assert torch.allclose(w.detach(), found["weights"][torch.optim.Adam, True], atol=1e-10)
