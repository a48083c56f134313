"""PyTorch's compiler waits until somebody compiles; nobody can tell otherwise.

Each piece of code has a process of its own, forked from one that has imported PyTorch.
"""

import contextlib
import io
import multiprocessing
import traceback

import pytest

START = """
import sys
import torch
from hooks.engine import dynamo

def imported():
    return "torch._dynamo.eval_frame" in sys.modules

def train():
    torch.manual_seed(0)
    model = torch.nn.Linear(3, 2)
    optimizer = torch.optim.Adam(model.parameters(), weight_decay=0.1)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1, 0.5)
    for _ in range(3):
        optimizer.zero_grad()
        model(torch.ones(4, 3)).square().sum().backward()
        optimizer.step()
        schedule.step()
    optimizer.add_param_group({"params": [torch.zeros(1)]})
    return model.weight.tolist()
"""


FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["torch"])


def answer(code, end):
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            exec(compile(code, "code", "exec"), {"__name__": "code"})
    except BaseException:
        end.send((False, traceback.format_exc()))
    else:
        end.send((True, printed.getvalue()))


def run(code):
    here, there = FORKS.Pipe()
    process = FORKS.Process(target=answer, args=(START + code, there))
    process.start()
    there.close()
    succeeded, said = here.recv()
    process.join(60)
    assert succeeded and process.exitcode == 0, said
    return said


def test_training_does_without_the_compiler_and_gives_the_same_numbers():
    put_off = run("dynamo.put_off()\nprint(train())\nassert not imported()")
    assert put_off == run("print(train())\nassert imported()")


@pytest.mark.parametrize(
    "use",
    [
        "import torch._dynamo.config",
        "from torch._dynamo import config",
        "import torch._dynamo\ntorch._dynamo.reset()",
        "torch.func.grad(lambda x: x.sin())(torch.ones(()))",
        "assert torch.compile(lambda x: 2 * x, backend='eager')(torch.ones(2)).tolist() == [2, 2]",
    ],
)
def test_whoever_needs_it_gets_it(use):
    run(f"dynamo.put_off()\ntrain()\n{use}\nassert imported()\nimport torch._dynamo as it\n{WHOLE}")


WHOLE = (
    "assert it is torch._dynamo is sys.modules['torch._dynamo'] and type(it) is type(sys)\n"
    "assert it.graph_break.__module__ == it.disable.__module__ == 'torch._dynamo.decorators'\n"
)


def test_functions_that_compilation_leaves_alone_are_so_afterwards_too():
    run(
        "dynamo.put_off()\ntrain()\nassert dynamo.disabled\nfunction = dynamo.disabled[0]\n"
        "mark = '__dynamo_disable'\nassert vars(function)[mark] is function\n"
        "torch._dynamo.reset()\nassert mark not in vars(function)\n"
        "train()\nassert vars(function)[mark] is not function"
    )


def test_a_compiled_training_step_gives_the_same_numbers():
    code = """
torch.manual_seed(0)
model = torch.nn.Linear(3, 2)
optimizer = torch.optim.SGD(model.parameters(), 0.1)
@torch.compile(backend="eager")
def step():
    optimizer.zero_grad()
    model(torch.ones(4, 3)).square().sum().backward()
    optimizer.step()
step()
step()
print(model.weight.tolist())
"""
    assert run(f"dynamo.put_off()\ntrain()\n{code}") == run(code)


LEFT_ALONE = ["torch.compiler.disable", "torch.compiler.disable(recursive=False)", "torch._dynamo.disable()"]


def left_alone(mark):
    return f"""
@{mark}
def inner(x):
    return x + 1
@torch.compile(backend="eager", fullgraph=True)
def outer(x):
    return 2 * inner(x)
try:
    print(outer(torch.ones(2)))
except torch._dynamo.exc.Unsupported:
    print("unsupported")
"""


@pytest.mark.parametrize("mark", LEFT_ALONE)
def test_who_wants_a_function_left_alone_is_heard(mark):
    assert run(f"dynamo.put_off()\ntrain()\n{left_alone(mark)}") == "unsupported\n"


def test_so_it_is_where_the_compiler_was_there_from_the_start():
    marked = "\n".join(map(left_alone, LEFT_ALONE))
    assert run(f"import torch._dynamo\n{marked}") == "unsupported\n" * len(LEFT_ALONE)


def test_a_name_that_was_taken_before_works_afterwards():
    run(
        "dynamo.put_off()\ndisable = torch._dynamo.disable\ntorch._dynamo.reset()\n"
        "real = torch._dynamo.disable\nassert real is not disable\n"
        "assert disable(recursive=False)(lambda x: x)(1) == 1 and torch._dynamo.disable is real"
    )


def test_nothing_changes_once_the_compiler_is_imported():
    run("import torch._dynamo as it\ndynamo.put_off()\nassert torch._dynamo is it and imported()")


def test_an_attribute_that_the_compiler_lacks_is_still_an_error():
    run(
        "dynamo.put_off()\ntry:\n    torch._dynamo.no_such_thing\nexcept AttributeError as error:\n"
        "    assert 'no_such_thing' in str(error)\nelse:\n    raise AssertionError\nassert imported()"
    )
