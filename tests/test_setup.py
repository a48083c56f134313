"""The commands of the README: what they say when something is missing, and what they install."""

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
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


def test_the_lock_is_written_with_the_proof_and_stays_when_that_fails(clone):
    python, lock = clone / ".venv" / "bin" / "python", clone / "requirements.lock"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "$*" >> calls\necho "$FOUND"\nexit "$END"\n')
    python.chmod(0o755)
    (clone / ".venv" / "ready").touch()
    result = make(clone, "lock", FOUND="torch==2.13.0+cpu", END="0")
    assert result.returncode == 0, result.stderr
    install, freeze = (clone / "calls").read_text().splitlines()
    assert ".[proof]" in install and "pip freeze" in freeze
    assert lock.read_text() == "torch==2.13.0\n"
    for name in ("ready", "proof"):
        (clone / ".venv" / name).touch()
    result = make(clone, "lock", FOUND="ERROR", END="1")
    assert result.returncode != 0 and lock.read_text() == "torch==2.13.0\n"


def test_the_proof_runs_whatever_writes_results(clone):
    result = make(clone, "--dry-run", "proof")
    runs = re.compile("^if __name__ ==", re.MULTILINE)
    writes = re.compile(r'"results"|\bRESULTS\b')
    paths = [*(ROOT / "benchmarks").glob("*.py"), *(ROOT / "tests").glob("*.py")]
    scripts = [path for path in paths if writes.search(path.read_text()) and runs.search(path.read_text())]
    assert {"audit.py", "bricks.py", "diagnose.py", "pairs.py", "mutation_pages.py"} <= {
        path.name for path in scripts
    }
    for path in scripts:
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        assert re.search(rf"python -m {module}\b", result.stdout), path


@pytest.mark.parametrize(("given", "end"), [({}, "1 skipped"), ({"CI": "true"}, "1 error")])
def test_a_missing_browser_is_no_pass_where_the_site_is_published_from(tmp_path, given, end):
    environment = {key: value for key, value in os.environ.items() if key != "CI"}
    environment |= {"PATH": str(tmp_path)} | given
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "tests/site/test_browser.py"]
    command += ["-k", "test_figures_follow_the_palette"]
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=100)
    assert end in result.stdout and "no Chromium on this machine: apt install" in result.stdout, result.stdout


def read_lock():
    """The locked versions by name, as packages spell theirs."""
    pins = dict(line.split("==") for line in (ROOT / "requirements.lock").read_text().split())
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in pins.items()}


def test_the_lock_pins_what_the_proof_asks_for():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    names = {re.match(r"[\w-]+", requirement)[0] for requirement in extras["proof"]} - {"lego"}
    assert "cosmic-ray" in names and names <= read_lock().keys()


def test_the_lock_covers_what_is_installed():
    lock = read_lock()
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
