import torch
from torch.func import functional_call


def test_later_layers_move_further(run_snippet):
    watched = run_snippet("gradients/vanishing_starved")["paths"]
    ends = [path[-1] for path in watched.values()]
    assert ends == sorted(ends) and len(ends) == 6
    assert ends[0] < 0.001 and 0.15 < ends[-1] < 0.3
    assert ends[-1] / ends[0] > 200
    first = [path[1] for path in watched.values()]
    assert first[-1] > 0.05, "the last layer moves at once"


def test_the_training_of_the_first_layer_changes_no_answer(run_snippet):
    found = run_snippet("gradients/vanishing_starved")
    assert found["effect"] == sorted(found["effect"])
    assert found["effect"][0] < 1e-6 and found["effect"][-1] > 0.01
    names = [name for name, _ in found["model"].named_parameters() if name.endswith("weight")]
    for name, old, effect in zip(names, found["start"], found["effect"], strict=True):
        without = functional_call(found["model"], {name: old}, found["x"]).softmax(1)
        assert abs((without - found["answers"]).abs().max().item() - effect) < 1e-12
    assert not torch.equal(found["weights"][0], found["start"][0]), "what was learned is back in its place"


def test_the_first_gradient_is_tiny_from_the_start_and_shrinks_further(run_snippet):
    found = run_snippet("gradients/vanishing_starved")
    assert found["before"][0] < 2e-5 and found["before"][0] / found["before"][-1] < 1e-4
    assert 0.6 < found["after"][0] / found["before"][0] < 0.7
