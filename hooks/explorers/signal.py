"""Signal explorer: a net of chosen depth, width and initialization, and what passes through it, forward and back."""

from __future__ import annotations

import json

from hooks.explorers.controls import Choice, Slider, Switches
from lego import activations as bricks
from lego.diagnostics import THRESHOLDS
from lego.initialization import gain
from lego.plotting import look

ACTIVATIONS = ["sigmoid", "tanh", "relu", "elu", "selu", "silu", "mish", "gelu"]
SCHEMES = {
    "he": "He normal, variance 2/n",
    "xavier": "Xavier normal, variance 1/n",
    "pytorch": "PyTorch's default, variance 1/(3n)",
    "orthogonal": "orthogonal",
    "small": "normal, standard deviation 0.01",
    "large": "normal, standard deviation 1",
}

CONTROLS = [
    Choice("activation", "Activation", {name: look(name)["label"] for name in ACTIVATIONS}, "sigmoid"),
    Choice("scheme", "Initialization", SCHEMES, "xavier"),
    Slider("gain", "Gain", 0.2, 3, 1, 0.05),
    Slider("depth", "Depth, layers", 2, 50, 20),
    Choice("width", "Width, units", {str(width): str(width) for width in (16, 32, 64, 128)}, "64"),
    Switches(
        "parts",
        "In each layer",
        {"norm": "layer normalization before the activation", "residual": "residual connections"},
    ),
    Slider("seed", "Draw of the weights", 1, 20, 1),
]


def data() -> str:
    """The gain of each activation, as `lego` computes it, and the limits beyond which `diagnose` calls a net sick."""
    gains = {name: round(gain(getattr(bricks, name)), 4) for name in ACTIVATIONS}
    limits = [THRESHOLDS["vanishing"], THRESHOLDS["exploding"]]
    return f"const gains = {json.dumps(gains)}\nconst limits = {json.dumps(limits)}"
