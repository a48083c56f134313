"""At a bias of -1 every unit is off on average, and nine in ten are alive."""

import matplotlib.pyplot as plt
import torch

from lego.datasets import spirals
from lego.initialization import he_normal_

rng = torch.Generator().manual_seed(0)
x, _ = spirals(count=500, generator=rng).train
weight = he_normal_(torch.empty(512, 2), generator=rng)
z = x @ weight.T  # pre-activations of 512 units whose bias is zero

biases = [-b / 4 for b in range(25)]
average, dead, active = [], [], []
for bias in biases:
    average.append(((z + bias).mean(dim=0) < 0).double().mean().item())
    on = z + bias > 0
    active.append(on.double().mean().item())
    dead.append((~on.any(dim=0)).double().mean().item())
    if bias in (-1, -3, -6):
        print(f"bias {bias:g}: {average[-1]:.0%} negative on average,", end=" ")
        print(f"on for {active[-1]:.0%} of the inputs, {dead[-1]:.0%} dead")

unit = weight[0]
figure, (cloud, share) = plt.subplots(1, 2)
cloud.plot(*x.T, ".", color="C7", markersize=3)
for bias, style in [(0, "-"), (-3, "--"), (-6, ":")]:
    foot = -bias * unit / unit.square().sum()  # where z + bias is zero
    label = f"bias {bias}"
    cloud.axline(foot, slope=-unit[0] / unit[1], linestyle=style, label=label)
cloud.set(title="where one unit switches on", xlim=(-3, 3), ylim=(-3.3, 4))
cloud.legend()
share.plot(biases, dead)
share.text(-3.1, 0.65, "dead units", color="C0")
share.plot(biases, active, "--")
share.text(-5.9, 0.1, "inputs that switch a unit on", color="C1")
share.set(title="share", xlabel="bias of every unit")
plt.show()
