import itertools
import re

import matplotlib.pyplot as plt
import numpy as np
import pytest

from lego.activations import ACTIVATIONS
from lego.plotting import PALETTE, look

# What eyes without one kind of cone see, in linear RGB: Machado, Oliveira & Fernandes (2009), severity 1.
SIGHT = {
    "full": np.eye(3),
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
}


def linear(color):
    value = np.array([int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    xyz = (
        np.array(
            [
                [0.4124, 0.3576, 0.1805],
                [0.2126, 0.7152, 0.0722],
                [0.0193, 0.1192, 0.9505],
            ]
        )
        @ rgb
    )
    x, y, z = np.cbrt(np.clip(xyz / [0.9505, 1.0, 1.089], 0, None))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def test_palette_is_eight_distinct_hex_strings():
    assert len(set(PALETTE)) == len(PALETTE) == 8
    assert all(re.fullmatch("#[0-9a-f]{6}", color) for color in PALETTE)


@pytest.mark.parametrize("color", PALETTE)
def test_contrast_on_white(color):
    luminance = np.array([0.2126, 0.7152, 0.0722]) @ linear(color)
    assert 1.05 / (luminance + 0.05) >= 3


@pytest.mark.parametrize("sight", SIGHT)
def test_colors_stay_apart_without_a_cone(sight):
    seen = [lab(np.clip(np.array(SIGHT[sight]) @ linear(color), 0, 1)) for color in PALETTE]
    closest = min(np.linalg.norm(one - two) for one, two in itertools.combinations(seen, 2))
    assert closest > 10  # 2.3 is just noticeable


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_has_a_look_that_a_plot_takes(name):
    figure, axes = plt.subplots()
    (line,) = axes.plot([0, 1], [0, 1], **look(name))
    assert line.get_color() in PALETTE
    assert line.get_label().lower() == name
    plt.close(figure)


def test_no_two_bricks_look_alike():
    looks = [(look(name)["color"], look(name)["linestyle"]) for name in ACTIVATIONS]
    assert len(set(looks)) == len(looks)


def test_a_look_is_the_callers_own():
    look("relu")["color"] = "black"
    assert look("relu")["color"] in PALETTE


def test_error_names_argument_rule_and_value():
    with pytest.raises(ValueError, match=r"name must be a name in LOOKS \(nearest: sigmoid.*got 'Sigmod'"):
        look("Sigmod")
