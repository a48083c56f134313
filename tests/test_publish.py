import errno
import fcntl
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from hooks import publish
from hooks.publish import Staging, same_pages
from tests.conftest import ROOT


@pytest.fixture
def site(tmp_path):
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "page").write_text("old")
    return folder


def left(site):
    return sorted(path.name for path in site.parent.iterdir())


@pytest.mark.parametrize("steps", ["one step", "two steps"])
def test_the_new_site_takes_the_place_of_the_old_one(site, monkeypatch, steps):
    if steps == "two steps":  # as where the system can't exchange folders
        monkeypatch.setattr(publish, "exchange", lambda one, two: False)
    staging = Staging(site)
    (staging.folder / "page").write_text("new")
    assert (site / "page").read_text() == "old"
    staging.publish()
    assert (site / "page").read_text() == "new" and left(site) == ["site"]
    assert oct(site.stat().st_mode)[-3:] == "755"


def test_two_folders_change_places_in_one_step_or_stay(tmp_path, monkeypatch):
    one, two = tmp_path / "one ü", tmp_path / "two"
    one.mkdir()
    assert not publish.exchange(one, two) and not publish.exchange(two, one) and one.is_dir()
    two.mkdir()
    (one / "a").touch()
    if not publish.exchange(one, two):
        pytest.skip("this system can't exchange two folders in one step")
    assert [path.name for path in two.iterdir()] == ["a"] and not list(one.iterdir())
    monkeypatch.chdir(tmp_path)
    assert publish.exchange(Path(one.name), Path(two.name)) and (one / "a").exists()


def test_an_error_after_the_exchange_leaves_the_new_site_alone(site):
    staging = Staging(site)
    (staging.folder / "page").write_text("new")
    with pytest.raises(ZeroDivisionError):
        staging.publish(lambda published: 1 / 0)
    staging.discard()
    assert (site / "page").read_text() == "new"
    # what two steps leave, the next build clears
    assert [name for name in left(site) if not name.endswith("-old")] == ["site"]


def test_what_is_hidden_in_the_old_site_stays(site):
    (site / ".well-known").mkdir()
    (site / ".well-known" / "security.txt").write_text("kept")
    for name in (".htaccess", ".made"):
        (site / name).write_text("old")
    staging = Staging(site)
    (staging.folder / ".made").write_text("new")
    staging.publish()
    assert (site / ".well-known" / "security.txt").read_text() == "kept"
    assert (site / ".htaccess").read_text() == "old" and (site / ".made").read_text() == "new"
    assert not (site / "page").exists()


def test_a_repository_is_not_replaced(site):
    (site / ".git").write_text("gitdir: elsewhere")
    with pytest.raises(FileExistsError, match="is a repository, and a build would replace it"):
        Staging(site)
    assert left(site) == ["site"]


def test_a_mount_is_not_replaced(site, monkeypatch):
    monkeypatch.setattr(os.path, "ismount", lambda path: path == site)
    with pytest.raises(FileExistsError, match="is a mount point, whose place no new site can take"):
        Staging(site)
    assert left(site) == ["site"]


def test_a_hidden_link_stays_one_wherever_it_leads(site):
    (site / ".nowhere").symlink_to("none")
    (site / ".deep").mkdir()
    (site / ".deep" / "nowhere").symlink_to("none")
    Staging(site).publish()
    assert (site / ".nowhere").readlink() == (site / ".deep" / "nowhere").readlink() == Path("none")


def test_the_first_site_needs_no_old_one(tmp_path):
    staging = Staging(tmp_path / "deep" / "site")
    (staging.folder / "page").write_text("new")
    staging.publish()
    assert (tmp_path / "deep" / "site" / "page").read_text() == "new"


def test_a_discarded_build_leaves_nothing(site):
    staging = Staging(site)
    (staging.folder / "page").write_text("new")
    staging.discard()
    staging.discard()
    assert (site / "page").read_text() == "old" and left(site) == ["site"]


def test_what_a_killed_build_left_is_cleared_and_a_living_one_spared(site):
    code = f"import sys, os; sys.path.insert(0, {str(ROOT)!r})\nfrom pathlib import Path\nfrom hooks.publish import Staging\nprint(Staging(Path({str(site)!r})).folder, flush=True)\nos.kill(os.getpid(), 9)"
    killed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip()
    assert os.path.isdir(killed)
    living = Staging(site)
    other = Staging(site)
    assert not os.path.exists(killed) and living.folder.is_dir()
    living.discard()
    other.discard()


def test_a_build_killed_while_it_published_gets_its_old_site_back(site):
    site.rename(site.parent / ".site-build-abc12345-old")
    Staging(site).discard()
    assert (site / "page").read_text() == "old" and left(site) == ["site"]


def test_a_build_that_is_told_to_end_while_it_publishes_leaves_the_old_site(site, monkeypatch):
    monkeypatch.setattr(publish, "exchange", lambda one, two: False)
    staging = Staging(site)
    rename, calls = Path.rename, []

    def interrupted(self, target):
        calls.append(self)
        if len(calls) == 2:
            raise SystemExit(143)
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(SystemExit):
        staging.publish()
    staging.discard()
    assert (site / "page").read_text() == "old" and left(site) == ["site"]


@pytest.fixture
def layered(site, monkeypatch):
    """As in a container: a folder that came with its image can't be renamed."""
    rename = Path.rename
    came = site.stat().st_ino

    def refuse(self, target):
        if self.stat().st_ino == came:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        return rename(self, target)

    monkeypatch.setattr(publish, "exchange", lambda one, two: False)
    monkeypatch.setattr(Path, "rename", refuse)
    (site / "link").symlink_to("none")
    return site


def test_a_site_that_came_with_a_container_is_replaced(layered):
    staging = Staging(layered)
    (staging.folder / "page").write_text("new")
    staging.publish()
    assert (layered / "page").read_text() == "new" and left(layered) == ["site"]


@pytest.mark.parametrize("moment", ["copies", "removes", "has removed"])
@pytest.mark.parametrize("killed", [False, True])
def test_a_build_that_ends_while_it_copies_the_old_site_leaves_it(layered, monkeypatch, moment, killed):
    copytree, rmtree = shutil.copytree, shutil.rmtree

    def copy(source, *rest, **options):
        copytree(source, *rest, **options)
        if moment == "copies":
            (Path(rest[0]) / "page").unlink()
            raise SystemExit(143)

    def remove(folder, *rest, **options):
        if Path(folder) == layered and not options:
            if moment == "has removed":
                rmtree(folder)
            else:
                (layered / "page").unlink()
            raise SystemExit(143)
        rmtree(folder, *rest, **options)

    staging = Staging(layered)
    (staging.folder / "page").write_text("new")
    with monkeypatch.context() as during:
        during.setattr(shutil, "copytree", copy)
        during.setattr(shutil, "rmtree", remove)
        if killed:
            during.setattr(publish.Staging, "_put_back", lambda self, old: None)
        with pytest.raises(SystemExit):
            staging.publish()
    if killed:
        staging._unlock()  # as the end of its process does
    else:
        assert (layered / "page").read_text() == "old"
        staging.discard()
    Staging(layered).discard()
    assert (layered / "page").read_text() == "old" and (layered / "link").is_symlink()
    assert left(layered) == ["site"]


def test_a_whole_copy_stays_where_the_old_site_can_be_neither_removed_nor_replaced(layered, monkeypatch):
    """As where a volume is mounted in it."""
    rmtree = shutil.rmtree

    def remove(folder, *rest, **options):
        if Path(folder) == layered:
            (layered / "page").unlink(missing_ok=True)
            if not options:
                raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        else:
            rmtree(folder, *rest, **options)

    with monkeypatch.context() as during:
        during.setattr(shutil, "rmtree", remove)
        staging = Staging(layered)
        with pytest.raises(OSError):
            staging.publish()
        staging.discard()
        with pytest.raises(OSError):
            Staging(layered)
    Staging(layered).discard()
    assert (layered / "page").read_text() == "old" and left(layered) == ["site"]


def test_a_build_that_publishes_after_another_was_killed_is_not_taken_back(site, monkeypatch):
    monkeypatch.setattr(publish, "exchange", lambda one, two: False)
    killed, later = Staging(site), Staging(site)
    (later.folder / "page").write_text("new")
    site.rename(killed.folder.with_name(f"{killed.folder.name}-old"))
    killed._unlock()  # as the end of its process does
    later.publish()
    Staging(site).discard()
    assert (site / "page").read_text() == "new" and left(site) == ["site"]


def test_a_site_of_a_longer_name_is_another_one(site):
    (site.parent / ".site-en-abc12345-old").mkdir()
    Staging(site).discard()
    assert left(site) == [".site-en-abc12345-old", "site"]


def test_through_a_link_its_target_is_replaced(site):
    (site.parent / "link").symlink_to("site")
    staging = Staging(site.parent / "link")
    (staging.folder / "page").write_text("new")
    staging.publish()
    assert (site.parent / "link").is_symlink() and (site / "page").read_text() == "new"


def test_a_published_build_closes_no_file_of_others_when_it_is_discarded(site):
    staging = Staging(site)
    staging.publish()
    later = os.open(site, os.O_RDONLY)  # gets the number that was free
    staging.discard()
    os.close(later)


def test_who_waits_for_a_lock_says_so(site, caplog):
    caplog.set_level("INFO", "mkdocs.plugins.handbook")
    folder = os.open(site.parent, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    threading.Timer(0.3, os.close, [folder]).start()
    Staging(site).discard()
    assert f"Waiting for the program that holds the lock of {site.parent}" in caplog.text


def test_two_builds_at_once_both_publish(site):
    one, two = Staging(site), Staging(site)
    (one.folder / "page").write_text("one")
    (two.folder / "page").write_text("two")
    one.publish()
    two.publish()
    assert (site / "page").read_text() == "two" and left(site) == ["site"]


def test_two_sites_show_the_same_pages_if_every_page_has_the_same_bytes(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    for site in (one, two):
        (site / "a").mkdir(parents=True)
        (site / "index.html").write_text("home")
        (site / "a" / "index.html").write_text("a")
    (two / "search.json").write_text("{}")
    assert same_pages(one, two)
    (two / "a" / "index.html").write_text("b")
    assert not same_pages(one, two)
    (two / "a" / "index.html").unlink()
    assert not same_pages(one, two) and not same_pages(two, one)


@pytest.mark.parametrize(
    "name, same",
    [
        ("a.css", False),
        ("b/a.js", False),
        ("index.html", False),
        ("search/a.js", True),
        ("a.md", True),
        ("a/search/index.html", False),
    ],
)
def test_a_reader_sees_pages_styles_and_scripts(tmp_path, name, same):
    for number in (1, 2):
        path = tmp_path / str(number) / name
        path.parent.mkdir(parents=True)
        path.write_text(str(number))
    assert same_pages(tmp_path / "1", tmp_path / "2") == same


def test_what_is_remembered_is_the_site_that_was_published(site):
    seen = []

    def remember(published):
        seen.append((published / "page").read_text())
        folder = os.open(site.parent, os.O_RDONLY)
        with pytest.raises(BlockingIOError):  # no other build comes between
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(folder)

    staging = Staging(site)
    (staging.folder / "page").write_text("new")
    staging.publish(remember)
    assert seen == ["new"]


@pytest.mark.parametrize("name", ["site", "out[1]"])
def test_what_a_killed_build_left_goes_and_what_only_looks_like_it_stays(tmp_path, name):
    staging = Staging(tmp_path / name)
    staging._unlock()  # as the end of its process does
    for other in (f".{name}-packages", f".{name}-build-notes"):
        (tmp_path / other).mkdir()
    Staging(tmp_path / name).discard()
    assert sorted(path.name for path in tmp_path.iterdir()) == [f".{name}-build-notes", f".{name}-packages"]


def test_what_another_build_has_removed_meanwhile_needs_no_clearing(site):
    from hooks import publish

    gone = site.with_name(f".{site.name}-build-abcdefgh")
    assert publish.is_locked(gone)
