# %% [markdown]
# # Bring a paralyzed network back to life
#
# A deep network of sigmoids does not learn a task that a small one finds easy. In this lab you look
# at the symptom, let `diagnose` name the illness, try three ways back, and meet two remedies that
# help little or not at all. The lab takes ten minutes to read and a few seconds to run.

# %% [markdown]
# ## The task
#
# Tell which of three spirals a point in the plane is on. Each block below continues from the one
# before it.

# %% alt="Three interleaved spirals of points, in three colors." caption="Three classes that no straight line separates."
from copy import deepcopy
from functools import partial
from itertools import cycle

import matplotlib.pyplot as plt
import torch

from lego.datasets import spirals
from lego.diagnostics import diagnose, gradient_norms
from lego.stack import mlp
from lego.training import accuracy, fit

generator = torch.Generator().manual_seed(0)
x, y = spirals(count=600, split=(1, 0, 0), generator=generator).train

figure, axes = plt.subplots(figsize=(4.5, 3.6))
for arm, marker in enumerate("os^"):
    axes.plot(*x[y == arm].T, marker, markersize=3)
axes.set(xlabel="first coordinate", ylabel="second coordinate")
axes.set_aspect("equal")
plt.show()

# %% [markdown]
# Every net but the first has the same eight layers. All are trained in the same way, on the same 450
# points, and tested on the other 150. Only the first, which is small, needs a larger learning rate; the
# second is trained with both rates.

# %%
widths = [2] + [64] * 7 + [3]
momentum = partial(torch.optim.SGD, momentum=0.9)


def train(model, lr=0.1, optimizer=momentum):
    history = fit(model, x[:450], y[:450], steps=300, lr=lr, optimizer=optimizer)
    score = accuracy(model, x[450:], y[450:])
    print(f"loss {history.loss[-1]:.3f}, test accuracy {score:.2f}")
    return history


# %% [markdown]
# ## The symptom
#
# A net of two layers learns the task. One of eight does not, neither at the small net's learning rate nor
# at a tenth of it: the loss stays at $\log 3 \approx 1.099$, the loss of a net that gives every class the
# same probability for every point.

# %%
xavier = {"init": "xavier_normal", "generator": generator}
small = mlp([2, 64, 3], "sigmoid", **xavier)
easy = train(small, lr=1.0)

patient = mlp(widths, "sigmoid", **xavier)
before = {"patient": gradient_norms(patient, x, y)}
same_rate = train(deepcopy(patient), lr=1.0)
histories = {"patient": train(patient)}

# %% [markdown]
# ## The diagnosis
#
# A flat loss has many causes. `diagnose` looks at what passes through each layer, forward and backward.

# %%
report = diagnose(patient, (x, y))
print(report)

# %% [markdown]
# Read the column `grad z` from the bottom up: the gradient shrinks at every layer on its way to the
# input, and the first layer receives almost nothing of it: a
# [vanishing gradient](../gradients/vanishing.md). The factor per layer is slope times weights. The first
# two ways back each change one of these two; the third adds a factor of its own.

# %% [markdown]
# ## First way: an activation with a larger slope
#
# The slope of tanh reaches 1; that of the [sigmoid](../activations/sigmoid.md) reaches only 1/4.
# Everything else stays as it was.

# %%
model = mlp(widths, "tanh", **xavier)
before["tanh"] = gradient_norms(model, x, y)
histories["tanh"] = train(model)

# %% [markdown]
# ## Second way: larger weights
#
# Keep the sigmoid, and start with weights six times as large. Some units now saturate, but the product
# of slope and weights is closer to 1, and that is enough for eight layers.

# %%
model = mlp(widths, "sigmoid", **xavier)
with torch.no_grad():
    for layer in model[::2]:
        layer.weight *= 6
before["larger weights"] = gradient_norms(model, x, y)
histories["larger weights"] = train(model)

# %% [markdown]
# ## Third way: normalization
#
# Batch norm before each sigmoid brings the pre-activations to mean 0 and variance 1 over the batch. On
# the way back it divides the gradient by the small standard deviation that it removed, which undoes
# much of the shrinking.

# %%
model = mlp(widths, "sigmoid", norm="batch", **xavier)
norms = gradient_norms(model, x, y)
before["batch norm"] = norms
histories["batch norm"] = train(model)

# %% [markdown]
# ## Side by side
#
# The figure shows the loss of each net, and the gradient of its weights by layer before training. The
# three nets that came back have one thing in common.

# %% alt="Left: the loss over 300 steps; the patient stays flat at 1.1, tanh and batch norm fall to 0, larger weights follow late and unevenly. Right: the norm of the weight gradient of each of eight layers before training, relative to the last layer; the patient's falls by nearly five orders of magnitude toward the input, the others stay within one or two." caption="Three different cures, one thing in common: the gradient reaches the first layer."
figure, (left, right) = plt.subplots(1, 2)
styles = cycle(("-", "--", "-.", ":"))
for (name, history), style in zip(histories.items(), styles, strict=False):
    left.plot(history.loss, style, label=name)
    sizes = torch.tensor(list(before[name].values()))
    right.semilogy(range(1, len(sizes) + 1), sizes / sizes[-1], style)
left.set(title="loss", xlabel="step")
right.set(title="weight gradient / last layer's", xlabel="layer")
left.legend()
plt.show()

# %% [markdown]
# ## What helps little, or not at all
#
# Two other remedies sound just as good. Layer norm rescales each example separately, but the units of a
# deep sigmoid net give nearly the same output for every point, and that stays so. ReLU has a slope of 1,
# but PyTorch's default weights are too small for it: after eight layers little of the signal remains, and at
# a rate of 0.03 the loss has only begun to fall after 300 steps. With the weights made for it, at the same
# rate, the loss falls within a dozen (*Your turn*).

# %%
layer_norm = train(mlp(widths, "sigmoid", norm="layer", **xavier))

model = mlp(widths, "relu", init="pytorch", generator=generator)
default_relu = train(model, lr=0.03)

# %% [markdown]
# ## Your turn
#
# - How deep can a net be before it is paralyzed? Replace the 7 in
#   `train(mlp([2] + [64] * 7 + [3], "sigmoid", **xavier), lr=1.0)` and try. What changes with `lr=0.3`?
# - Give ReLU the initialization made for it, `init="he_normal"`. What does `diagnose` say before
#   training, and does the net learn with `train(model, lr=0.03)`?
# - Train a new patient, `train(..., lr=0.01, optimizer=torch.optim.Adam)`. Why can Adam move weights
#   whose gradient is only a millionth?
