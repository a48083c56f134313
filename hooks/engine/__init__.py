"""Runs scripts and keeps what they print and draw.

Every script runs in a process of its own, forked from a server that has imported torch and matplotlib and run no
script: isolated as if run alone, without paying for the imports. What it printed and drew is kept
until the script, a project file that it read or imported, a package's version, or this engine changes.

`engine.py` decides what runs, `server.py` forks a process for it, `child.py` runs it there, after `confine.py` has
taken from the process what no script needs, and `result.py` reads what it left. `svg.py` draws its figures, for which
matplotlib computes things only `once.py`, and `shrink.py` makes them small; `cache.py` keeps the `outcome.py` of it
all. `dynamo.py` puts off what PyTorch seldom needs. `python -m hooks.engine` draws the figures without MkDocs.
"""

from hooks.engine.engine import Engine
from hooks.engine.outcome import Cell, Failure, Outcome, visible

__all__ = ["Cell", "Engine", "Failure", "Outcome", "visible"]
