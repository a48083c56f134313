"""Plotting: one look for every figure, so that a brick has the same color on every page."""

from typing import Any

from lego._names import find

__all__ = ["PALETTE", "look"]

# After Okabe & Ito (2008), each at least 3 : 1 against white; the site gives every one a dark-mode twin.
PALETTE = [
    "#0072b2",  # blue
    "#d55e00",  # vermilion
    "#00875f",  # green
    "#b8568f",  # purple
    "#4b0082",  # indigo
    "#3d94d6",  # sky
    "#7a3b1d",  # brown
    "#666666",  # gray
]

LOOKS = {  # name: color, linestyle, label
    "identity": (PALETTE[7], ":", "identity"),
    "sigmoid": (PALETTE[0], "-", "sigmoid"),
    "tanh": (PALETTE[1], "--", "tanh"),
    "relu": (PALETTE[2], "-.", "ReLU"),
}


def look(name: str) -> dict[str, Any]:
    """Line properties of a brick, for `axes.plot(x, sigmoid(x), **look("sigmoid"))`.

    Args:
        name: the brick's name, such as `"sigmoid"`.

    Returns:
        `color`, `linestyle` and `label`.

    Raises:
        ValueError: if no brick has this name.
    """
    color, linestyle, label = find("name", name, LOOKS, "LOOKS")
    return {"color": color, "linestyle": linestyle, "label": label}
