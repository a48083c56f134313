"""Before a norm, weights four times as large move a sixteenth as fast."""

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch import nn

from lego.diagnostics import gradient_norms

torch.manual_seed(0)
rng = torch.Generator().manual_seed(0)
x = torch.randn(512, 64, generator=rng)
y = torch.randint(10, (512,), generator=rng)
start = torch.randn(64, 64, generator=rng) / 8
head = torch.randn(10, 64, generator=rng) / 8

scales, norms, outputs = (0.25, 0.5, 1, 2, 4, 8), {}, {}
figure, axes = plt.subplots()
for norm, style in ((nn.Identity, "o-"), (nn.BatchNorm1d, "s--")):
    norms[norm], outputs[norm] = [], []
    for scale in scales:
        model = nn.Sequential(
            nn.Linear(64, 64, bias=False),
            norm(64),
            nn.Tanh(),
            nn.Linear(64, 10),
        )
        model[0].weight.data = scale * start
        model[-1].weight.data = head.clone()
        turn = gradient_norms(model, x, y)["0"] / model[0].weight.norm().item()
        norms[norm].append(turn)
        outputs[norm].append(F.cross_entropy(model(x), y).item())
    label = "batch norm" if norm is nn.BatchNorm1d else "none"
    axes.loglog(scales, norms[norm], style, label=label, base=2)
    print(f"{label:10} loss", *(f"{value:.3f}" for value in outputs[norm]))
axes.set(xlabel="scale of the weights", ylabel="gradient / weight")
axes.legend()
plt.show()
