"""Ten sick nets: diagnose names each illness, and each cure heals its net."""

import matplotlib.pyplot as plt
import torch
from torch import nn

from lego.datasets import digits
from lego.diagnostics import diagnose
from lego.initialization import initialize
from lego.preprocessing import Standardize
from lego.stack import mlp
from lego.training import accuracy, fit

torch.manual_seed(0)
inputs, labels = digits().all
units = inputs * torch.logspace(-2, 2, 64)  # columns in kilometers and grams
usual = {"activation": "tanh", "init": "xavier_normal", "norm": None}
usual |= {"scale": 1, "last": 1, "lr": 0.1, "bias": 0, "raw": 0, "frozen": 0}
relu = {"activation": "relu", "scale": 2**0.5}  # He's weights
patients = {  # an illness: what brings it about, and the cure
    "vanishing gradient": ({"activation": "sigmoid"}, {"norm": "batch"}),
    "exploding gradient": (relu | {"scale": 4}, relu),
    "saturated units": ({"scale": 8}, {"scale": 1}),
    "dead units": (relu | {"bias": -2}, {"bias": 0}),
    "identical units": ({"init": "constant"}, {"init": "xavier_normal"}),
    "unscaled input": ({"raw": True}, {"raw": False}),
    "loss above chance": ({"last": 20}, {"last": 1}),
    "learning rate too low": ({"lr": 1e-6}, {"lr": 0.1}),
    "learning rate too high": ({"lr": 30}, {"lr": 0.1}),
    "frozen parameters": ({"frozen": 10}, {"frozen": 0}),
}


def treat(change):
    case, rng = usual | change, torch.Generator().manual_seed(0)
    net = mlp([64] * 6 + [10], case["activation"], norm=case["norm"])
    initialize(net, case["init"], generator=rng)
    linears = [layer for layer in net if isinstance(layer, nn.Linear)]
    for layer in linears:
        layer.weight.data *= case["scale"]
        layer.bias.data += case["bias"]
    linears[-1].weight.data *= case["last"]
    for parameter in list(net.parameters())[: case["frozen"]]:
        parameter.requires_grad_(False)
    x = units if case["raw"] else Standardize(units[:1000])(units)
    learning = [p for p in net.parameters() if p.requires_grad]
    sgd = torch.optim.SGD(learning, lr=case["lr"])
    report = diagnose(net, (x[:500], labels[:500]), optimizer=sgd)
    try:
        fit(net, x[:1000], labels[:1000], steps=100, lr=case["lr"],
            batch_size=64, generator=rng)  # fmt: skip
    except FloatingPointError:
        return [finding.name for finding in report.findings], 0.0
    score = accuracy(net.eval(), x[1000:], labels[1000:])
    return [finding.name for finding in report.findings], score


ward = {}
for name, (illness, cure) in patients.items():
    ward[name] = treat(illness), treat(illness | cure)
    found, (findings, score) = ward[name][0][0], ward[name][1]
    print(
        f"{', '.join(found)}\n   cured: {', '.join(findings) or 'no findings'}"
    )

figure, axes = plt.subplots(figsize=(7, 4))
for side, (style, label) in enumerate((("x", "sick"), ("o", "cured"))):
    scores = [both[side][1] for both in ward.values()]
    axes.plot(scores, list(ward), style, label=label)
axes.set(xlabel="test accuracy after 100 steps", xlim=(-0.03, 1))
axes.invert_yaxis()
axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
plt.show()
