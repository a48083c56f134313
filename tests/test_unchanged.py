"""A build with nothing changed ends at once; whatever changed, and be it only while the build ran, is built."""

import logging
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from hooks import unchanged
from hooks.unchanged import Built, look_at
from tests.conftest import mkdocs

FUTURE = 2**63  # nanoseconds: all code was read after the last change


@pytest.fixture
def root(tmp_path):
    """A project and the site that was built of it."""
    root = tmp_path / "project"
    for name in ("mkdocs.yml", "docs/index.md", "lego/a.py", "site/index.html", "site/a/b.css", ".venv/b.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    time.sleep(0.02)  # the clock of a file system may tick no faster
    return root


def read(root, loaded=FUTURE, **options):
    """What a build of the project would read."""
    config = {
        "docs_dir": str(root / "docs"),
        "config_file_path": str(root / "mkdocs.yml"),
        "site_dir": str(root / "site"),
        "strict": True,
        "mdx_configs": {},
        "plugins": {},
    }
    config |= options
    return Built(root / ".cache" / "built", root, SimpleNamespace(**config, user_configs=[options]), loaded)


def remember(root, **options):
    """What a build that ends well leaves."""
    read(root, **options).remember(root / "site")
    assert read(root, **options).still_holds(root / "site")


def holds(root, where=None, **options):
    return read(root, **options).still_holds(where or root / "site")


def test_nothing_holds_before_the_first_build(root):
    assert not holds(root)


CHANGES = {
    "a changed page": lambda root: (root / "docs/index.md").write_text("other"),
    "a page that was touched": lambda root: os.utime(root / "docs/index.md"),
    "a new file": lambda root: (root / "docs/new.md").write_text(""),
    "a new hidden file": lambda root: (root / ".new").write_text(""),
    "a file that came and went": lambda root: (
        (root / "docs/new.png").write_text(""),
        (root / "docs/new.png").unlink(),
    ),
    "a folder that was another one": lambda root: (
        (root / "docs").rename(root / "kept"),
        (root / "kept").rename(root / "docs"),
    ),
    "an empty folder": lambda root: (root / "docs/new").mkdir(),
    "a compiled file among the pages": lambda root: (
        (root / "docs/__pycache__").mkdir(),
        (root / "docs/__pycache__/a.pyc").write_text(""),
    ),
    "a file that is gone": lambda root: (root / "lego/a.py").unlink(),
    "a file with another name": lambda root: (root / "lego/a.py").rename(root / "lego/b.py"),
    "a file that is a link now": lambda root: (
        (root / "lego/a.py").rename(root.parent / "a.py"),
        (root / "lego/a.py").symlink_to(root.parent / "a.py"),
    ),
    "a link to another folder": lambda root: (root / "docs/linked").symlink_to(root.parent),
    "a changed page of the site": lambda root: (root / "site/index.html").write_text("other"),
    "a file of the site that is gone": lambda root: (root / "site/a/b.css").unlink(),
    "an empty folder in the site": lambda root: (root / "site/b").mkdir(),
    "a file with a tag in the site": lambda root: (
        (root / "site/a/CACHEDIR.TAG").write_text(""),
        (root / "site/a/b.css").write_text("other"),
    ),
    "one more file in the site": lambda root: (root / "site/a/b.css.gz").write_text(""),
    "no site": lambda root: (root / "site").rename(root.parent / "elsewhere"),
    "damaged fingerprints": lambda root: (root / ".cache/built").write_bytes(b"\xff"),
    "no fingerprints": lambda root: (root / ".cache/built").unlink(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_is_built(root, change):
    remember(root)
    change(root)
    assert not holds(root)


@pytest.mark.parametrize(
    "same",
    [".venv/b.py", ".cache/c", ".git/index", "lego/__pycache__/a.pyc", ".tool_cache/v1/data", "env/a.py"],
)
def test_what_is_not_the_projects_changes_nothing(root, same):
    (root / same).parent.mkdir(exist_ok=True, parents=True)
    (root / ".tool_cache").mkdir(exist_ok=True)
    (root / ".tool_cache" / "CACHEDIR.TAG").write_text("")
    (root / "env").mkdir(exist_ok=True)
    (root / "env" / "pyvenv.cfg").write_text("")
    remember(root)
    (root / same).write_text("other")
    assert holds(root)


@pytest.mark.parametrize("name", ["CACHEDIR.TAG", "pyvenv.cfg", "docs/CACHEDIR.TAG"])
def test_a_tag_hides_no_page(root, name):
    (root / name).write_text("")
    remember(root)
    (root / "docs" / "index.md").write_text("other")
    assert not holds(root)


def test_bytes_count_where_the_clock_stands_still(root, monkeypatch):
    stat = unchanged.Path.stat

    def still(path, **options):
        found = stat(path, **options)
        return SimpleNamespace(st_ctime_ns=0, st_mode=found.st_mode, st_size=found.st_size)

    with monkeypatch.context() as patch:
        patch.setattr(unchanged.Path, "stat", still)
        remember(root)
        (root / "docs/index.md").write_text("other")
        assert not holds(root)


def test_the_site_may_have_another_name(root):
    site = root / "public"
    (root / "site").rename(site)
    built = read(root, site_dir=str(site))
    (site / "index.html").write_text("new")
    built.remember(site)
    assert holds(root, site_dir=str(site), where=site)


def test_a_site_elsewhere_is_built_each_time_and_does_not_displace_the_first(root):
    remember(root)
    elsewhere = root.parent / "elsewhere"
    shutil.copytree(root / "site", elsewhere)
    read(root, site_dir=str(elsewhere)).remember(elsewhere)
    assert not holds(root, site_dir=str(elsewhere), where=elsewhere)
    assert holds(root)


def test_more_than_is_worth_reading_is_not_read(root, monkeypatch):
    with (root / "large.bin").open("wb") as file:
        file.truncate(unchanged.MOST)  # takes no room

    def never(path):
        raise AssertionError("nor is anything else read then")

    with monkeypatch.context() as patch:
        patch.setattr(unchanged, "fingerprint", never)
        read(root).remember(root / "site")
    assert not holds(root)


def test_as_much_as_is_worth_reading_is_read(root, monkeypatch):
    size = sum((root / name).stat().st_size for name in ("mkdocs.yml", "docs/index.md", "lego/a.py"))
    monkeypatch.setattr(unchanged, "MOST", size)
    remember(root)
    monkeypatch.setattr(unchanged, "MOST", size - 1)
    assert not holds(root)


def test_a_site_is_not_read_where_something_has_changed(root, monkeypatch):
    remember(root)
    (root / "docs" / "index.md").write_text("other")
    built = read(root)
    monkeypatch.setattr(built, "_fingerprints", lambda site: pytest.fail("it was read"))
    assert not built.still_holds(root / "site")


def test_other_settings_another_day_and_other_packages_are_built(root, monkeypatch):
    remember(root)
    assert not holds(root, site_url="https://example.org/")
    assert not holds(root, mdx_configs={"toc": {"permalink": True}})
    assert not holds(root, plugins={"search": SimpleNamespace(config={"lang": "de"})})
    with monkeypatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", "86400")
        assert not holds(root)
    with monkeypatch.context() as patch:
        patch.setattr(unchanged, "installed", lambda: frozenset({"torch-9.dist-info"}))
        assert not holds(root)
    with monkeypatch.context() as patch:
        patch.setattr(unchanged.platform, "python_version", lambda: "4.0")
        assert not holds(root)
    assert holds(root)


def test_a_file_that_was_another_one_during_the_build_is_noticed(root):
    """It was read then, and has its old bytes again when the build ends."""
    page = root / "docs" / "index.md"
    built, text, times = read(root), page.read_text(), page.stat()
    page.write_text("other")
    page.write_text(text)
    os.utime(page, ns=(times.st_atime_ns, times.st_mtime_ns))  # nor does its own time tell
    built.remember(root / "site")
    assert not holds(root)


def test_code_that_changed_after_it_was_read_is_not_remembered(root):
    loaded = time.time_ns()
    (root / "lego" / "a.py").write_text("newer than what runs")
    read(root, loaded).remember(root / "site")
    assert not (root / ".cache" / "built").exists()
    read(root, loaded + 2 * unchanged.TICK).remember(root / "site")
    assert holds(root)


def test_a_build_that_only_warns_is_not_remembered(root):
    read(root, strict=False).remember(root / "site")
    assert not holds(root, strict=False)


def test_a_quiet_build_does_not_stand_for_one_that_warns(root):
    log = logging.getLogger("mkdocs")
    level = log.level
    try:
        log.setLevel(logging.ERROR)
        remember(root)
        log.setLevel(logging.INFO)
        assert not holds(root)
    finally:
        log.setLevel(level)


@pytest.mark.parametrize("name", ["docs_dir", "config_file_path"])
def test_pages_from_outside_the_project_are_built_each_time(root, name):
    options = {name: str(root.parent)}
    read(root, **options).remember(root / "site")
    assert not holds(root, **options)


def test_what_cannot_be_kept_is_built_each_time(root):
    (root / ".cache").write_text("no folder")
    read(root).remember(root / "site")
    assert not holds(root)


def test_all_is_found_in_the_same_order_and_a_pipe_is_not_read(root):
    os.mkfifo(root / "lego" / "pipe")
    files, folders = look_at(root, root / "site", root / "docs")
    assert [Path(name).name for name, _, _ in files] == ["index.md", "a.py", "pipe", "mkdocs.yml"]
    assert [Path(name).name for name, _ in folders] == ["docs", "lego"]
    remember(root)


def test_the_second_build_ends_at_once_and_leaves_the_site_alone(project):
    time.sleep(unchanged.TICK / 1e9)  # by then no file is newer than the code may be
    strict = mkdocs("build", "--strict", cwd=project)
    assert strict.returncode == 0 and "0 of 1 from the cache" in strict.stderr
    page = project / "site" / "one" / "index.html"
    first = page.stat().st_ino, page.stat().st_mtime_ns
    again = mkdocs("build", "--strict", cwd=project)
    assert again.returncode == 0, again.stderr
    assert f"Nothing has changed since the site was built: {project / 'site'}" in again.stderr
    assert "Figures" not in again.stderr and (page.stat().st_ino, page.stat().st_mtime_ns) == first
    assert not list(project.glob(".site-*"))
    (project / "lego" / "other.py").write_text("# edited\n")
    edited = mkdocs("build", "--strict", cwd=project)
    assert "1 of 1 from the cache" in edited.stderr and page.stat().st_ino != first[0]


def test_warnings_are_said_each_time_and_the_site_is_new_all_the_same(project):
    for text in ("first", "second"):
        (project / "docs" / "index.md").write_text(f"# Home\n\n{text} [nowhere](nowhere.md)\n")
        loose = mkdocs("build", cwd=project)
        assert loose.returncode == 0 and "nowhere.md" in loose.stderr
        assert text in (project / "site" / "index.html").read_text()
    again = mkdocs("build", cwd=project)
    assert again.returncode == 0 and "nowhere.md" in again.stderr
    assert mkdocs("build", "--strict", cwd=project).returncode == 1


def test_the_command_of_the_readme_says_nothing_of_its_own_make(project):
    """MkDocs shows warnings of Python only where its own command runs."""
    command = [str(Path(sys.executable).with_name("mkdocs")), "build", "--strict"]
    result = subprocess.run(command, cwd=project, capture_output=True, text=True)
    assert result.returncode == 0 and "Deprecat" not in result.stderr, result.stderr


def test_who_builds_from_python_gets_a_site(project):
    """Only the command may end the program."""
    code = (
        "from mkdocs.config import load_config\nfrom mkdocs.commands.build import build\n"
        "build(load_config('mkdocs.yml', strict=True))\nprint('went on')\n"
    )
    assert mkdocs("build", "--strict", cwd=project).returncode == 0
    result = subprocess.run([sys.executable, "-c", code], cwd=project, capture_output=True, text=True)
    assert "went on" in result.stdout, result.stderr
