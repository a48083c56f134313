"""With noisy labels, a rate that falls to zero beats every constant one."""

import matplotlib.pyplot as plt
import torch
from torch.optim.lr_scheduler import CosineAnnealingLR, StepLR

from lego.datasets import digits
from lego.preprocessing import Standardize
from lego.stack import mlp
from lego.training import accuracy, fit

inputs, labels = digits().all
x = Standardize(inputs[:1000])(inputs)
rng = torch.Generator().manual_seed(0)
noisy = labels[:1000].clone()
wrong = torch.rand(1000, generator=rng) < 0.4
noisy[wrong] = torch.randint(10, (int(wrong.sum()),), generator=rng)

schedules = {
    "constant": (None, "o-"),
    "a tenth from step 200": (lambda sgd: StepLR(sgd, 200, 0.1), "s--"),
    "cosine": (lambda sgd: CosineAnnealingLR(sgd, 300), "^-."),
}
rates, scores = (0.03, 0.1, 0.3), {}
figure, (left, right) = plt.subplots(1, 2)
for name, (schedule, style) in schedules.items():
    scores[name] = []
    for rate in rates:
        rng = torch.Generator().manual_seed(0)
        model = mlp([64, 64, 10], generator=rng)
        history = fit(model, x[:1000], noisy, steps=300, lr=rate, batch_size=8,
                      schedule=schedule, generator=rng)  # fmt: skip
        scores[name].append(accuracy(model, x[1000:], labels[1000:]))
    print(f"{name}: {', '.join(f'{score:.2f}' for score in scores[name])}")
    left.plot(history.lr or [rate] * 300, style[1:])
    right.semilogx(rates, scores[name], style, label=name)

left.set(title="three schedules", xlabel="step", ylabel="learning rate")
right.set(title="what they bring", xlabel="rate at the start")
right.set(xticks=rates, xticklabels=rates, ylabel="accuracy, clean labels")
right.minorticks_off()
right.legend()
plt.show()
