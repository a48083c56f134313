# %% [markdown]
# # Bring a paralysed network back to life
#
# A deep network of sigmoids does not learn a task that a small one finds easy. In this lab you look at the symptom, let `diagnose` name the illness, try three ways back,
# and meet two remedies that do not help. It takes ten minutes to read and a few seconds to run.

# %% [markdown]
# ## The task
#
# Tell which of three spirals a point in the plane lies on. Each block below goes on from the one before it.

# %% alt="Three interleaved spirals of points, in three colors." caption="Three classes that no straight line separates."
from functools import partial

import matplotlib.pyplot as plt
import torch

from lego.datasets import spirals
from lego.diagnostics import diagnose, gradient_norms
from lego.initialization import initialize
from lego.stack import mlp
from lego.training import accuracy, fit

generator = torch.Generator().manual_seed(0)
x, y = spirals(classes=3, count=600, generator=generator)
order = torch.randperm(600, generator=generator)
x, y = x[order], y[order]

figure, axes = plt.subplots(figsize=(4.5, 3.6))
for arm, marker in enumerate("os^"):
    axes.plot(*x[y == arm].T, marker, markersize=3, label=f"spiral {arm + 1}")
axes.set(xlabel="first coordinate", ylabel="second coordinate", aspect="equal")
plt.show()

# %% [markdown]
# Every net in this lab is trained in the same way, on the same 450 points, and tested on the other 150.

# %%
momentum = partial(torch.optim.SGD, momentum=0.9)


def train(model, lr=0.1):
    history = fit(model, x[:450], y[:450], steps=300, lr=lr, optimizer=momentum, progress=False)
    print(f"loss {history.loss[-1]:.3f}, test accuracy {accuracy(model, x[450:], y[450:]):.2f}")
    return history


# %% [markdown]
# ## The symptom
#
# Two layers of sigmoids learn the task. Eight do not: the loss stays at $\log 3 \approx 1.099$, the loss of a net that gives every class the same probability, whatever the point.

# %%
small = mlp([2, 64, 3], activation="sigmoid", init="xavier_normal", generator=generator)
train(small, lr=1.0)

patient = mlp([2] + [64] * 7 + [3], activation="sigmoid", init="xavier_normal", generator=generator)
sick = train(patient)

# %% [markdown]
# ## The diagnosis
#
# A flat loss has many causes. `diagnose` looks at what passes through each layer, forward and back.

# %%
print(diagnose(patient, (x, y)))

# %% [markdown]
# The gradient shrinks at every layer on its way to the input, and the first layer receives almost nothing of it: a
# [vanishing gradient](../gradients/vanishing.md). With that name in hand, look at what the factor per layer is made of: slope times weights. Each way back changes one of the two.

# %% [markdown]
# ## First way: an activation with a larger slope
#
# The slope of tanh reaches 1 where the [sigmoid](../activations/sigmoid.md) reaches 1/4. Everything else stays as it was.

# %%
with_tanh = mlp([2] + [64] * 7 + [3], activation="tanh", init="xavier_normal", generator=generator)
first = train(with_tanh)

# %% [markdown]
# ## Second way: larger weights
#
# Keep the sigmoid, and start with weights six times as large. Some units now saturate, but the product of slope and weights is near 1, and eight layers can live with that.

# %%
with_gain = mlp([2] + [64] * 7 + [3], activation="sigmoid", generator=generator)
initialize(with_gain, "xavier_normal", gain=6.0, generator=generator)
second = train(with_gain)

# %% [markdown]
# ## Third way: normalization
#
# Batch norm before each sigmoid rescales the pre-activations to mean 0 and variance 1 over the batch. On the way back it divides the gradient by the same small standard deviation, and so undoes the shrinking.

# %%
with_norm = mlp([2] + [64] * 7 + [3], activation="sigmoid", init="xavier_normal", norm="batch", generator=generator)
third = train(with_norm)

# %% [markdown]
# ## Side by side
#
# The loss of each net, and the gradient of its weights by layer before training. The three that came back have nothing in common but a level line on the right.

# %% alt="Left: the loss over 300 steps; the patient stays flat at 1.1, the other three fall towards 0. Right: norm of the weight gradient of each of eight layers before training; the patient's falls by five orders of magnitude towards the input, the others stay within two." caption="Three different cures, one thing in common: the gradient reaches the first layer."
cures = {"patient": sick, "tanh": first, "larger weights": second, "batch norm": third}
nets = {
    "patient": mlp([2] + [64] * 7 + [3], activation="sigmoid", init="xavier_normal", generator=generator),
    "tanh": mlp([2] + [64] * 7 + [3], activation="tanh", init="xavier_normal", generator=generator),
    "larger weights": initialize(mlp([2] + [64] * 7 + [3], "sigmoid"), "xavier_normal", gain=6.0, generator=generator),
    "batch norm": mlp([2] + [64] * 7 + [3], "sigmoid", init="xavier_normal", norm="batch", generator=generator),
}

profiles = {}
figure, (left, right) = plt.subplots(1, 2)
for (name, history), style in zip(cures.items(), ("-", "--", "-.", ":"), strict=True):
    norms = gradient_norms(nets[name], x, y)
    profiles[name] = [norms[layer] for layer, module in nets[name].named_modules() if isinstance(module, torch.nn.Linear)]
    left.plot(history.loss, style, label=name)
    right.semilogy(range(1, 9), profiles[name], style, label=name)
left.set(title="loss", xlabel="step")
right.set(title="weight gradient before training", xlabel="layer", xticks=range(1, 9))
left.legend()
plt.show()

# %% [markdown]
# ## What does not help
#
# Two remedies that sound as good. Layer norm rescales each example by itself: the units of a deep sigmoid net give nearly the same output for every point, and that stays so.
# ReLU has a slope of 1, but PyTorch's default initialization is too small for it, and eight layers are enough to feel that.

# %%
train(mlp([2] + [64] * 7 + [3], activation="sigmoid", init="xavier_normal", norm="layer", generator=generator))
train(mlp([2] + [64] * 7 + [3], activation="relu", init="pytorch", generator=generator))

# %% [markdown]
# ## Your turn
#
# - How deep can the patient be before it is paralysed? Replace `[64] * 7` and try.
# - Give ReLU the initialization made for it, `init="he_normal"`. What does `diagnose` say before training, and does it learn?
# - Take the patient as it is, and train it with `optimizer="adam"` at a learning rate of 0.01. Why can Adam move weights whose gradient is a millionth?
