# %% [markdown]
# # Walk along the edge of chaos
#
# Why do some deep nets learn and others not, although all have weights of about the same size? In this
# lab you send two inputs through random nets, watch them meet or part, find the edge between these two
# behaviors, and check that deep nets learn there. The lab takes a quarter of an hour to read and a few
# seconds to run. [Edge of chaos](../initialization/edge_of_chaos.md) has the theory.

# %% [markdown]
# ## Two inputs, one net
#
# The net has 300 units per layer, with random weights and biases. `weight_scale` is the standard
# deviation of the weights times the square root of the width; `bias_scale` is the standard deviation of
# the biases. Each block below continues from the one before it.

# %%
from itertools import cycle

import matplotlib.pyplot as plt
import torch

from lego.activations import ACTIVATIONS
from lego.datasets import digits
from lego.diagnostics import diagnose
from lego.initialization import initialize
from lego.preprocessing import Standardize
from lego.propagation import chi, critical, depth_scale, fixed_point
from lego.stack import mlp
from lego.training import accuracy, fit

torch.manual_seed(0)
width = 300


def cosines(weight_scale, bias_scale=0.0, activation="tanh", depth=40):
    """Cosine between two inputs, layer by layer."""
    generator = torch.Generator().manual_seed(0)
    bend = ACTIVATIONS[activation]()
    first, other = torch.randn(2, width, generator=generator)
    z = torch.stack([first, 0.6 * first + 0.8 * other])
    found = []
    for _ in range(depth):
        found.append(torch.cosine_similarity(*z.double(), dim=0, eps=0).item())
        weight = torch.randn(width, width, generator=generator)
        bias = torch.randn(width, generator=generator)
        z = bend(z) @ weight * weight_scale / width**0.5 + bias * bias_scale
    return found


# %% [markdown]
# **Predict**, before you look: the inputs start with a cosine of about 0.6. Which of these three scales of
# weights makes them more alike, and which less alike?

# %% alt="Cosine between two inputs over 40 layers for three scales of weights. At 0.8 it rises to 1 within ten layers, at 1.4 it changes slowly, at 2.5 it falls and stays low." caption="Small weights merge the two inputs, large ones tear them apart."
walks = {scale: cosines(scale, bias_scale=0.3) for scale in (0.8, 1.4, 2.5)}

figure, axes = plt.subplots()
for (scale, found), style in zip(walks.items(), cycle(("--", "-", "-."))):
    axes.plot(found, style, label=f"weights {scale}")
axes.set(xlabel="layer", ylabel="cosine between two inputs", ylim=(-0.1, 1.05))
axes.legend(loc="center right")
plt.show()

# %% [markdown]
# ## Find the edge
#
# One number shows on which side a net is. $\chi$ is the factor by which a layer multiplies the squared
# distance between two nearby inputs, and also the mean square of a gradient on its way back. Below 1
# differences die out: *order*. Above 1 they grow: *chaos*. `critical` solves $\chi = 1$ for the weights.

# %%
bias_variance = 0.3**2
edge = critical("tanh", bias_variance) ** 0.5
print(f"the edge lies at {edge:.3f}")

scales = {}
for weight_scale in (0.8, 1.2, edge, 1.7, 2.5):
    q = fixed_point("tanh", weight_scale**2, bias_variance)
    factor = chi("tanh", q, weight_scale**2)
    scales[weight_scale] = depth_scale(factor)
    print(f"weights {weight_scale:.2f}: χ {factor:.2f}, ", end="")
    print(f"visible over {scales[weight_scale]:.1f} layers")

# %% [markdown]
# The last column is the depth scale: the number of layers over which the squared distance changes by a
# factor of $e$. On the edge it is infinite, up to rounding.
#
# ## Is that where nets learn?
#
# Train nets of 20 layers for 60 steps on 500 digits, at five scales around the edge. They differ only in
# the size of the initial weights.

# %%
data = digits(generator=torch.Generator().manual_seed(0))
standardize = Standardize(data.train.inputs)
x, y = standardize(data.train.inputs)[:500], data.train.targets[:500]


def net(weight_scale, depth=20, activation="tanh"):
    """A net with weights of this scale and biases of 0.3."""
    generator = torch.Generator().manual_seed(0)
    model = mlp([64] * depth + [10], activation)
    initialize(model, "lecun_normal", gain=weight_scale, generator=generator)
    for layer in model[::2]:
        torch.nn.init.normal_(layer.bias, std=0.3, generator=generator)
    return model


def train(model):
    generator = torch.Generator().manual_seed(0)
    fit(
        model,
        x,
        y,
        steps=60,
        lr=0.05,
        batch_size=100,
        clip_norm=1.0,
        generator=generator,
    )
    return accuracy(model, x, y)


# %% alt="Training accuracy after 60 steps against the scale of the weights. It is at chance at 0.6 and 0.9, highest near 1.4 and falls again toward 2.6." caption="Twenty layers learn best at the edge. On the side of order they do not learn, on that of chaos less and less."
learned = {}
for weight_scale in (0.6, 0.9, edge, 1.9, 2.6):
    learned[weight_scale] = train(net(weight_scale))

figure, axes = plt.subplots()
axes.plot(list(learned), list(learned.values()), "o-")
axes.axvline(edge, color="gray", linestyle=":")
axes.set(xlabel="scale of the weights", ylabel="accuracy", ylim=(0, 1))
plt.show()

# %% [markdown]
# ## Ask for a diagnosis
#
# Order and chaos are the two illnesses of [gradients](../gradients/vanishing.md) under other names.
# `diagnose` measures the factor of the gradient per layer in the net that you give it, without any
# theory; $\chi$ is about the square of this factor. The tool reports a factor below 0.5 if all layers
# together leave less than a thirtieth of the gradient, and one above 1.4 if they make it ten times as
# large, because milder ones can be right in a shallow net.

# %%
findings = {}
for weight_scale in (0.4, 0.9, edge, 4.5):
    report = diagnose(net(weight_scale), (x, y))
    findings[weight_scale] = [finding.name for finding in report.findings]
    print(f"{weight_scale:.2f}: factor {report.gradient_factor:.2f}", end=" ")
    print(findings[weight_scale])

# %% [markdown]
# At 0.9 `diagnose` is silent, although the net above did not learn: 0.77 per layer is
# $0.77^{19} \approx 0.007$ over the twenty. For a deep net, raise the factor to its depth yourself.
#
# ## Your turn
#
# - Call `cosines(2**0.5, activation="relu")`: for ReLU the edge is at $\sqrt2$. What is the cosine there
#   after 40 layers, and why do deep ReLU nets have shortcuts?
# - Where is the edge of GELU? Compare `critical("gelu", 0.01) ** 0.5` with
#   `critical("gelu", 0.5) ** 0.5`.
# - How deep can a net with a scale of 0.9 be before it no longer learns? Try six times the depth scale at
#   that scale, then a little less and a little more.
