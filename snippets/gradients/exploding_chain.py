"""Twenty equal weights of 1.3: a slope of a million, infinite in two steps."""

import matplotlib.pyplot as plt
import torch

losses = {}
figure, axes = plt.subplots()
for clip, style in ((float("inf"), "o-"), (1.0, ".--")):
    w, losses[clip] = torch.tensor(1.3, requires_grad=True), []
    for step in range(30):
        loss = (w**20 - 1) ** 2
        (gradient,) = torch.autograd.grad(loss, w)
        losses[clip].append(loss.item())
        if step < 3 or step == 29:
            print(f"step {step:2}: w {w.item():9.3g}, ", end="")
            print(f"loss {loss.item():8.2g}, gradient {gradient.item():.2g}")
        gradient = gradient.clamp(-clip, clip)
        w = (w - 0.01 * gradient).detach().requires_grad_()
    label = f"clipped at {clip:g}" if clip < 2 else "raw: infinite at step 1"
    axes.semilogy(losses[clip], style, label=label)
    print()
axes.set(xlabel="step", ylabel="loss")
axes.legend()
plt.show()
