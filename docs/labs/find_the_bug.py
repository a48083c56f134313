# %% [markdown]
# # Find the bug
#
# Here are five training scripts, each with one mistake that raises no error. Read each script, look at
# its symptom, and make a guess before you run the cell below it, in which `diagnose` makes its own. The
# lab takes a quarter of an hour to read and a few seconds to run.
# [The network doctor](../tips/doctor.md) has more on the tool.

# %% [markdown]
# ## The task, and a script that works
#
# The task is to classify digits of eight by eight pixels. After 150 steps the healthy script gets more
# than nine in ten right. Each block below continues from the one before it.

# %%
import torch
import torch.nn.functional as F
from torch import nn

from lego.datasets import digits
from lego.diagnostics import diagnose
from lego.preprocessing import Standardize
from lego.stack import mlp
from lego.training import accuracy

torch.manual_seed(0)
data = digits(generator=torch.Generator().manual_seed(0))
standardize = Standardize(data.train.inputs)
x, y = standardize(data.train.inputs), data.train.targets
test = standardize(data.test.inputs), data.test.targets


def loop(model, optimizer, steps=150, inputs=x):
    generator = torch.Generator().manual_seed(0)
    for _ in range(steps):
        rows = torch.randint(len(inputs), (64,), generator=generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs[rows]), y[rows])
        loss.backward()
        optimizer.step()
    return loss.item()


def net():
    return mlp([64, 64, 64, 10], generator=torch.Generator().manual_seed(0))


scores = {}
model = net()
loop(model, torch.optim.SGD(model.parameters(), lr=0.1))
scores["healthy"] = accuracy(model, *test)
print(f"test accuracy {scores['healthy']:.2f}")

# %% [markdown]
# ## Script 1
#
# The last layer was replaced to start with smaller weights. The net learns, but scores lower than the
# healthy one.
# **What is wrong?**

# %%
model = net()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
model[-1] = nn.Linear(64, 10)  # a fresh last layer
loop(model, optimizer)
scores["1"] = accuracy(model, *test)
print(f"test accuracy {scores['1']:.2f}")

# %%
found = {"1": diagnose(model, (x, y), optimizer=optimizer).findings}
for finding in found["1"]:
    print(f"{finding.name}: {finding.message}")

# %% [markdown]
# The optimizer was created *before* the layer was replaced. It still holds the old layer's weights; the
# new ones never move. Create the optimizer last.
#
# ## Script 2
#
# To be safe, the net returns probabilities. It learns, but stops far from where it should be.

# %%
model = nn.Sequential(*net(), nn.Softmax(dim=1))
loss = loop(model, torch.optim.SGD(model.parameters(), lr=0.1))
scores["2"] = accuracy(model, *test)
print(f"loss {loss:.2f}, test accuracy {scores['2']:.2f}")

# %%
report = diagnose(model, (x[:64], y[:64]), overfit=200)
found["2"] = report.findings
for finding in found["2"]:
    print(f"{finding.name}: {finding.message}")

# %% [markdown]
# `cross_entropy` expects logits and takes the softmax itself. With two softmaxes, the probability of a
# class among ten is at most $e / (e + 9) \approx 0.23$, and the loss at least 1.46: the net *cannot*
# become certain. The sign of this is that the loss of a single batch stops at 1.46, not near zero.
#
# ## Script 3
#
# The net is a feature extractor and a head. The accuracy is not bad.

# %%
torch.manual_seed(0)


class Headed(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.head = net()[:-1], nn.Linear(64, 10)

    def forward(self, inputs):
        with torch.no_grad():  # saves memory
            features = self.body(inputs)
        return self.head(features)


model = Headed()
loop(model, torch.optim.SGD(model.parameters(), lr=0.1))
scores["3"] = accuracy(model, *test)
print(f"test accuracy {scores['3']:.2f}")

# %%
found["3"] = diagnose(model, (x, y)).findings
for finding in found["3"]:
    print(f"{finding.name} at {finding.layer}: {finding.message}")

# %% [markdown]
# `no_grad` is for prediction. Here it cuts the body off: only the head learns, on random features. This
# works well enough for the mistake to go unnoticed for a long time.
#
# ## Script 4
#
# The inputs are the raw digits, and somebody who had not read about preprocessing added a column that
# counts milliseconds.

# %%
clock = torch.rand(len(x), 1, generator=torch.Generator().manual_seed(1))
wide = torch.cat([data.train.inputs, 1e6 * clock], dim=1)
model = mlp([65, 64, 64, 10], generator=torch.Generator().manual_seed(0))
optimizer = torch.optim.SGD(model.parameters(), lr=1e-9)
loss = loop(model, optimizer, inputs=wide)
scores["4"] = accuracy(model, wide, y)
print(f"loss {loss:.0f}, training accuracy {scores['4']:.2f}")

# %%
found["4"] = diagnose(model, (wide, y), optimizer=optimizer).findings
for finding in found["4"]:
    print(f"{finding.name}: {finding.message}")

# %% [markdown]
# A single column in different units is enough: no learning rate suits both it and the pixels.
# [Standardize](../preprocessing/tables.md) the table. The tiny rate kept the loss finite. With the table
# standardized, put it back to 0.1.
#
# ## Script 5
#
# This script uses Adam with a learning rate of the size that suits SGD.

# %%
model = net()
optimizer = torch.optim.Adam(model.parameters(), lr=0.3)
loss = loop(model, optimizer)
scores["5"] = accuracy(model, *test)
print(f"loss {loss:.2f}, test accuracy {scores['5']:.2f}")

# %%
model = net()
optimizer = torch.optim.Adam(model.parameters(), lr=0.3)
found["5"] = diagnose(model, (x, y), optimizer=optimizer).findings
for finding in found["5"]:
    print(f"{finding.name}: {finding.message}")

# %% [markdown]
# At first, Adam moves every weight by about the learning rate, whatever its gradient. SGD's first update
# at 0.1 is about a hundredth of the weights; Adam's at 0.3 is larger than the weights themselves.
# `diagnose` gets the net as it was before training: afterward all units of one layer are dead, the updates
# are tiny, and `diagnose` would name this damage, not its cause.
#
# ## Your turn
#
# - Repair each script, and see the findings disappear.
# - Remove `zero_grad` from `loop`. What happens to the score? Why does `diagnose`, which sees the model
#   but not the loop, find nothing before training?
# - Shuffle the labels, `y = y[torch.randperm(len(y))]`. Does `diagnose(..., overfit=200)` notice? Which
#   check of [the recipe](../tips/recipe.md) would?
