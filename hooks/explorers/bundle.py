"""Prints what the site needs for its explorers, as JSON: the form of each, and one script for all."""

import json
from pathlib import Path

from hooks.explorers import activations, regularization, signal, zigzag
from hooks.explorers.controls import form

EXPLORERS = {"activations": activations, "signal": signal, "regularization": regularization, "zigzag": zigzag}
SCRIPTS = ["chart", *EXPLORERS, "explorer"]


folder = Path(__file__).parent
parts = [explorer.data() for explorer in EXPLORERS.values()]
parts += [(folder / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS]
script = '"use strict";\n(() => {\n' + "\n".join(parts) + "\n})()\n"
forms = {name: form(name, explorer.CONTROLS) for name, explorer in EXPLORERS.items()}
print(json.dumps({"forms": forms, "script": script}, ensure_ascii=False))
