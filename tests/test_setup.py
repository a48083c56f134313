"""The commands of the README: what they say when something is missing, and what they install."""

import importlib.metadata
import os
import re
import shutil
import subprocess
import tomllib

import pytest

from tests.conftest import ROOT

FREE = (
    "nvidia-",
    "cuda-",
    "triton",
    "pip",
    "setuptools",
    "wheel",
    "lego",
)  # what a platform or pip itself brings


@pytest.fixture
def clone(tmp_path):
    for name in ("Makefile", "pyproject.toml", "requirements.lock", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "lego", tmp_path / "lego")
    return tmp_path


def make(folder, *arguments, **environment):
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "PIP_"))}
    command = ["make", "--no-print-directory", *arguments]
    return subprocess.run(
        command, cwd=folder, env=clean | environment, capture_output=True, text=True, timeout=200
    )


def told(result):
    """The last line for the user, above make's own."""
    return [line for line in result.stderr.splitlines() if not line.startswith("make")][-1]


def test_help_lists_every_target(clone):
    result = make(clone)
    targets = re.findall(r"^([a-z-]+):.*##", (clone / "Makefile").read_text(), re.MULTILINE)
    assert {"serve", "build", "test", "lint", "bench"} <= set(targets)
    assert all(f"make {target} " in result.stdout for target in targets)
    assert not (clone / ".venv").exists(), "help needs no environment"


def test_a_missing_python_is_told_in_one_sentence(clone):
    result = make(clone, "build", f"PYTHON={clone}/no-python")
    assert result.returncode != 0 and not (clone / ".venv").exists()
    assert told(result).startswith("Python was not found: install Python 3.11 or newer")


def test_an_old_python_is_told_in_one_sentence(clone):
    old = clone / "old-python"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    result = make(clone, "test", f"PYTHON={old}")
    assert result.returncode != 0 and not (clone / ".venv").exists()
    assert told(result).startswith("Python 3.11 or newer is needed, and") and "make PYTHON=" in told(result)


def test_no_network_is_told_in_one_sentence_and_the_next_run_tries_again(clone):
    nowhere = {
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "PIP_RETRIES": "0",
        "PIP_CONFIG_FILE": os.devnull,
    }
    for _ in range(2):
        result = make(clone, "build", **nowhere)
        assert result.returncode != 0 and not (clone / ".venv" / "ready").exists()
        assert told(result).startswith(
            "The packages could not be installed: the first run needs a network connection"
        )


def test_the_lock_covers_what_is_installed():
    lock = dict(line.split("==") for line in (ROOT / "requirements.lock").read_text().split())
    lock = {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in lock.items()}
    needed, queue = set(), ["lego"]
    extras = {"lego": {"docs", "test"}}
    while queue:  # what the project needs, and what that needs
        name = queue.pop()
        if name in needed:
            continue
        needed.add(name)
        for line in importlib.metadata.requires(name) or []:
            from packaging.requirements import Requirement

            requirement = Requirement(line)
            marker = requirement.marker
            chosen = extras.get(name, {""}) | {""}
            if marker is None or any(marker.evaluate({"extra": extra}) for extra in chosen):
                other = re.sub(r"[-_.]+", "-", requirement.name).lower()
                extras.setdefault(other, set()).update(requirement.extras)
                queue.append(other)
    for name in sorted(needed):
        if not name.startswith(FREE):
            assert lock.get(name) == importlib.metadata.version(name).partition("+")[0], name


def test_the_library_alone_needs_little():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = {re.match(r"\w+", requirement)[0] for requirement in project["dependencies"]}
    assert names == {"torch", "numpy", "tqdm"}
    extras = {"plot", "data", "experiments", "cluster", "docs", "test", "proof"}
    assert set(project["optional-dependencies"]) == extras
