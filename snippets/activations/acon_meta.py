"""Meta-ACON gives each input its own beta: the switch depends on the data."""

import matplotlib.pyplot as plt
import torch
from torch import nn

from lego.activations import MetaAcon
from lego.datasets import digits
from lego.preprocessing import Standardize
from lego.training import accuracy, fit

x, y = digits().train
x = Standardize(x)(x)
generator = torch.Generator().manual_seed(0)
torch.manual_seed(0)  # the linear layers draw from the global generator
brick = MetaAcon(32, generator=generator)
model = nn.Sequential(nn.Linear(64, 32), brick, nn.Linear(32, 10))
settings = {"lr": 0.1, "batch_size": 64, "generator": generator}
fit(model, x, y, steps=300, **settings)
score = accuracy(model, x, y)

model.eval()
with torch.no_grad():
    z = model[0](x)
    beta = brick.beta(z)  # one for each example and channel
zero, one = beta[y == 0], beta[y == 1]
distance = (zero.mean(dim=0) - one.mean(dim=0)).abs()
channel = distance.argmax()

figure, axes = plt.subplots()
bins = torch.linspace(0, 1, 41).tolist()
for digit, part, color in [(0, zero, "C0"), (1, one, "C1")]:
    axes.hist(part[:, channel], bins, color=color, alpha=0.7)
    print(f"digit {digit}: mean beta {part[:, channel].mean():.2f}")
    axes.text(part[:, channel].mean(), 2, f"digit {digit}", ha="center")
axes.set(xlabel="β of one channel", ylabel="images", xlim=(0, 1))
plt.show()
