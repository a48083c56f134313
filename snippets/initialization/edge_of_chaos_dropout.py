"""With dropout, not even two equal inputs stay alike: there is no edge."""

import matplotlib.pyplot as plt

from lego.propagation import correlation_map, critical, variance_map

weight_variance, bias_variance = critical("tanh", 0.05), 0.05
paths = {}
figure, axes = plt.subplots()
for keep, style in ((1.0, "-"), (0.95, "--"), (0.8, "-."), (0.5, ":")):
    q = 1.0
    for _ in range(200):
        q = variance_map("tanh", q, weight_variance, bias_variance, keep=keep)
    c, paths[keep] = 1.0, [1.0]
    for _ in range(25):
        c = correlation_map(
            "tanh", c, q, weight_variance, bias_variance, keep=keep
        )
        paths[keep].append(c)
    axes.plot(paths[keep], style, label=f"kept {keep:.0%}")
    print(f"kept {keep:4.0%}: two equal inputs end at {paths[keep][-1]:.2f}")
axes.set(xlabel="layer", ylabel="correlation of two equal inputs")
axes.set(ylim=(0, 1.05))
axes.legend(loc=(0.75, 0.6))
plt.show()
