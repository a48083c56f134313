"""Explorers: figures that a reader can play with.

A page asks for one with `![...](explorer.svg "..."){ data-explorer="signal" }`: the figure of the snippet stands there
until the explorer comes into view, and stays where there is no JavaScript.

- `bundle.py` is run by the engine, as snippets are, and prints each explorer's form and one script for all
- `trace.py` makes JavaScript of functions of the library, so that the browser computes what `lego` computes
- `controls.py` makes a form of sliders and choices stated in Python
- `activations.py`, `signal.py`, `regularization.py`, `zigzag.py` state one explorer each: its controls and mathematics
- `chart.js` draws; the script beside each explorer's Python says what to draw; `explorer.js` starts them
"""
