"""Each color has its own mean and spread; both belong to the model."""

import matplotlib.pyplot as plt
import numpy as np
import torch
from sklearn.datasets import load_sample_images

from lego.preprocessing import ImageStandardize

photographs = np.stack(load_sample_images().images)  # two, height × width × 3
images = torch.from_numpy(photographs).movedim(-1, 1)[:, :, ::8, ::8]
standardize = ImageStandardize(images)
after = standardize(images.float())

figure, panels = plt.subplots(1, 2)
for axes, (title, values) in zip(
    panels, {"pixels": images, "standardized": after}.items(), strict=True
):
    for channel, color in enumerate(("red", "green", "blue")):
        line = dict(
            color=f"C{(1, 2, 0)[channel]}", ls=("-", "--", ":")[channel]
        )
        heights, edges = np.histogram(values[:, channel].flatten(), 40)
        axes.plot(edges[:-1], heights, **line, label=color)
    axes.set(xlabel=title, ylabel="pixels in a bin")
panels[0].legend()
for color, mean, std in zip(
    ("red", "green", "blue"),
    standardize.mean.flatten(),
    standardize.std.flatten(),
    strict=True,
):
    print(f"{color:5} mean {mean:5.1f}, standard deviation {std:4.1f}")
plt.show()
