"""The form of an explorer: sliders, choices and switches, each an input of plain HTML that keyboard and touch know."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Slider:
    """A number between two ends; with `power`, ten to that number."""

    name: str
    label: str
    low: float
    high: float
    start: float
    step: float = 1
    power: bool = False

    def html(self, explorer: str) -> str:
        """A label, the slider, and the value that the script writes."""
        power = " data-power" if self.power else ""
        name = f"{explorer}-{self.name}"
        return (
            f'<p class="explorer__slider" data-control="{self.name}"><label for="{name}">{self.label}</label>'
            f'<input type="range" id="{name}" name="{self.name}" min="{self.low:g}" max="{self.high:g}" '
            f'step="{self.step:g}" value="{self.start:g}"{power}>'
            f'<output for="{name}" aria-live="off"></output></p>'
        )


@dataclass(frozen=True)
class Choice:
    """One of several options."""

    name: str
    label: str
    options: Mapping[str, str]  # value: text
    start: str

    def html(self, explorer: str) -> str:
        """A label and a list to choose from."""
        name = f"{explorer}-{self.name}"
        options = "".join(
            f'<option value="{html.escape(value)}"{" selected" if value == self.start else ""}>'
            f"{html.escape(text)}</option>"
            for value, text in self.options.items()
        )
        return (
            f'<p class="explorer__choice"><label for="{name}">{self.label}</label>'
            f'<select id="{name}" name="{self.name}">{options}</select></p>'
        )


@dataclass(frozen=True)
class Switches:
    """Several options, each on or off."""

    name: str
    label: str
    options: Mapping[str, str]  # value: text
    start: Sequence[str] = ()

    def html(self, explorer: str) -> str:
        """A group of boxes to tick."""
        boxes = "".join(
            f'<label><input type="checkbox" name="{self.name}" value="{html.escape(value)}"'
            f"{' checked' if value in self.start else ''}><span>{html.escape(text)}</span></label>"
            for value, text in self.options.items()
        )
        return f'<fieldset class="explorer__switches"><legend>{self.label}</legend>{boxes}</fieldset>'


def form(explorer: str, controls: Sequence[Slider | Choice | Switches]) -> str:
    """The form of an explorer, disabled until its script is there."""
    fields = "".join(control.html(explorer) for control in controls)
    return (
        f'<form class="explorer" data-search-exclude><fieldset disabled><legend>Change it</legend>{fields}'
        '<p><button type="reset">Reset</button></p></fieldset>'
        '<div class="explorer__reading" tabindex="0" role="group" aria-label="What is drawn"></div>'
        '<p class="unseen" role="status"></p></form>'
    )
