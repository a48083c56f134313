"""With 100 examples, a model 3 points worse still wins one time in five."""

import matplotlib.pyplot as plt
import torch

counts = torch.tensor([25, 50, 100, 200, 400, 1000, 3000, 10_000])
better, worse, trials = 0.93, 0.90, 4000
wins, spread = [], []
for count in counts.tolist():
    binomial = torch.distributions.Binomial  # right answers out of `count`
    torch.manual_seed(count)
    one = binomial(count, torch.tensor(better)).sample((trials,)) / count
    other = binomial(count, torch.tensor(worse)).sample((trials,)) / count
    wins.append(((one > other).double() + (one == other) / 2).mean())
    spread.append(one.std())
    print(f"{count:6} examples: ± {spread[-1]:.3f}, right in {wins[-1]:.0%}")

figure, (left, right) = plt.subplots(1, 2)
formula = (better * (1 - better) / counts) ** 0.5
left.loglog(counts, formula, color="gray", label="√(p(1 - p)/n)")
left.loglog(counts, spread, "o", label="simulated")
left.set(title="standard error of an accuracy", xlabel="examples")
left.legend()
right.semilogx(counts, wins, "o-")
right.set(title="share of trials that pick the better", xlabel="examples")
right.set(ylim=(0.5, 1.02))
plt.show()
