import os

os.environ["OMP_NUM_THREADS"] = "1"  # before torch: two threads on a busy machine are slower than one
os.environ["MPLBACKEND"] = "agg"
os.environ["NO_MKDOCS_2_WARNING"] = "1"

import contextlib
import functools
import io
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
for address in ("SITE_URL", "REPO_URL"):  # who publishes sets them, for what is published
    os.environ.pop(address, None)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers():
    """One process more than there are cores: a test of a build or a browser also waits."""
    from hooks.engine.engine import cores

    return cores() + 1


def pytest_collection_modifyitems(items):
    """Leave out what takes long, unless `make slow` asks for it."""
    if "LEGO_SLOW" not in os.environ:
        for item in items:
            if item.get_closest_marker("slow"):
                item.add_marker(pytest.mark.skip(reason="takes long: make slow runs it"))


@pytest.fixture(scope="module")
def run_snippet(tmp_path_factory):
    """Runs a snippet as a reader would, in a folder of its own, once for all tests of a file; returns its variables."""
    import matplotlib.pyplot as plt

    from tests import record

    @functools.cache
    def once(name):
        printed = io.StringIO()
        with contextlib.chdir(tmp_path_factory.mktemp("snippet")), contextlib.redirect_stdout(printed):
            found, shown = record.run_snippet(name)
        record.check(f"snippets/{name}.py", shown)
        return found, printed.getvalue()

    def run(name):
        found, printed = once(name)
        print(printed, end="")
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plt, "show", lambda: None)
        yield run
    plt.close("all")


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The built site, strict, without warnings; outcomes that still hold come from the project's cache."""
    from hooks.publish import locked

    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent  # one process builds it for all
    site, log = shared / "built" / "site", shared / "built.log"
    with locked(shared):
        if not log.exists():
            result = mkdocs("build", "--strict", "--site-dir", str(site), timeout=600)
            log.write_text(f"{result.returncode}\n{result.stdout}{result.stderr}")
    code, _, said = log.read_text().partition("\n")
    assert code == "0" and "WARNING" not in said, said
    return site


def mkdocs(*arguments, cwd=ROOT, timeout=240, **options):
    """The end of a MkDocs command."""
    environment = os.environ | options.pop("env", {})
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-m", "mkdocs", *arguments]
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=timeout, env=environment, **options
    )


SNIPPET = '''"""A line."""

import matplotlib.pyplot as plt

from lego.tiny import double

plt.plot([1, double(2)])
print("drawn", double(1))
plt.show()
'''
PAGE = """# One

![A line](one.svg "It rises.")

```python
--8<-- "one.py"
```

```text title="Output"
--8<-- "one.txt"
```
"""


@pytest.fixture(scope="session")
def make_project():
    """Makes a small project with the real hooks: one page, one snippet, one module."""

    def make(folder):
        root = folder / "project"
        shutil.copytree(ROOT / "hooks", root / "hooks", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(ROOT / "docs" / "assets", root / "docs" / "assets")
        config = (ROOT / "mkdocs.yml").read_text()
        (root / "mkdocs.yml").write_text(config[: config.index("\nnav:")] + "\n")
        (root / "benchmarks" / "results").mkdir(parents=True)
        for name, text in {
            "docs/index.md": "# Home\n",
            "docs/one.md": PAGE,
            "snippets/one.py": SNIPPET,
            "lego/__init__.py": "",
            "lego/tiny.py": "def double(x):\n    return 2 * x\n",
            "lego/other.py": "",
        }.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        return root

    return make


@pytest.fixture
def project(make_project, tmp_path):
    """Such a project, not built yet."""
    return make_project(tmp_path)
