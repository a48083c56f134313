"""Normalizing removes the units, decorrelating the tilt, and whitening both."""

import matplotlib.pyplot as plt
import torch

from lego.preprocessing import Center, Standardize, Whiten, condition_number

rng = torch.Generator().manual_seed(0)
mixing = torch.tensor([[3.0, 0.0], [0.8, 0.5]])
cloud = torch.randn(120, 2, generator=rng) @ mixing.T + torch.tensor([4.0, 2.0])

center, standardize = Center(cloud), Standardize(cloud)
axes_of_cloud = torch.linalg.eigh(torch.cov(center(cloud).T)).eigenvectors
clouds = {
    "original": cloud,
    "centered": center(cloud),
    "normalized": standardize(cloud),
    "decorrelated": center(cloud) @ axes_of_cloud.flip(1),
    "whitened": Whiten(cloud)(cloud),
}

figure, panels = plt.subplots(1, 5, figsize=(9, 1.8), sharex=True, sharey=True)
for axes, (name, points) in zip(panels, clouds.items(), strict=True):
    axes.plot(*points.T, "s", markersize=1.4)
    axes.axhline(0, color="gray", linewidth=1)
    axes.axvline(0, color="gray", linewidth=1)
    axes.set(title=name, xlim=(-9, 13), ylim=(-6, 6))
    axes.set_aspect("equal")
    print(f"{name:12} condition number {condition_number(points):6.1f}")
figure.supxlabel("first coordinate", fontsize="medium")
figure.supylabel("second coordinate", fontsize="medium")
plt.show()
