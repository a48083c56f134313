"""What `serve` shows early, and when browsers load again."""

import copy
import socket
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from mkdocs.exceptions import Abort
from mkdocs.structure.files import File
from watchdog.events import FileSystemEventHandler
from watchdog.observers.polling import PollingObserver

from hooks.build import list_files
from hooks.engine import Outcome
from hooks.engine.outcome import Cell
from hooks.execute import ProblemsError
from hooks.preview import LOOK, Preview, affected, check_port, look_often, show, still_holds


def outcome(text="", source="x", figures=()):
    return Outcome(source, (Cell(text, figures),), {})


class Files(list):
    """As much of MkDocs' list of files as is asked for."""

    def documentation_pages(self):
        return [file for file in self if file.src_uri.endswith(".md")]


USES_A = '--8<-- "a.py"\n'
USES_B = '![B](b.svg "B.")\n\n--8<-- "b.py"\n\n![Still](assets/still.svg)\n'
SOURCES = {"one.md": USES_A, "two.md": USES_B, "three.md": "No code.\n"}
OUTCOMES = {"snippets/a.py": outcome("1"), "snippets/b.py": outcome("2", figures=("<svg/>",))}


@pytest.mark.parametrize(
    ("sources", "outcomes", "pages"),
    [
        ({}, {}, []),
        ({"three.md": "Code.\n"}, {}, ["three.md"]),
        ({"one.md": "No code.\n"}, {}, ["one.md"]),
        ({}, {"snippets/a.py": outcome("9")}, ["one.md"]),
        ({}, {"snippets/a.py": outcome("1", source="y")}, ["one.md"]),
        ({}, {"snippets/b.py": outcome("2", figures=("<svg>",))}, ["two.md"]),
        ({}, {"snippets/c.py": outcome("9")}, []),
        ({"three.md": USES_A}, {"snippets/a.py": outcome("9")}, ["one.md", "three.md"]),
    ],
)
def test_a_page_is_affected_by_its_text_and_by_its_snippets(sources, outcomes, pages):
    files = Files(SimpleNamespace(src_uri=name) for name in [*SOURCES, "labs/a.py"])
    last = SimpleNamespace(
        files=files, sources=SOURCES, outcomes=OUTCOMES, written=frozenset(["assets/still.svg"])
    )
    found = affected(last, SOURCES | sources, OUTCOMES | outcomes)
    assert [file.src_uri for file in found] == pages


def test_a_page_is_rendered_with_the_text_that_it_has_now(monkeypatch, tmp_path):
    """The lines of an error are counted in it."""
    from hooks import preview
    from hooks.build import Build

    (tmp_path / "one.md").write_text("New.\n")
    (tmp_path / "mkdocs.yml").write_text("")
    build = Build()
    build.files = Files([File("one.md", str(tmp_path), "site", True)])
    build.config = SimpleNamespace(docs_dir=str(tmp_path), config_file_path=str(tmp_path / "mkdocs.yml"))
    build.sources, build.outcomes, build.figures = {"one.md": "Old.\n"}, {}, {}
    build.present, build.settings, build.written = list_files(tmp_path), b"", frozenset()
    build.recall = SimpleNamespace(forget_surroundings=lambda: None)
    build.last = copy.copy(build)
    monkeypatch.setattr(preview, "execute", lambda *asked: ({}, {}))
    monkeypatch.setattr(preview, "show", lambda last, files: [build.sources[f.src_uri] for f in files])
    assert preview.render_changed(build, None) == ["New.\n"]
    assert build.last.sources == {"one.md": "Old.\n"}, "what the last build made stays known"


class Server:
    """The counters by which MkDocs tells browsers to load again."""

    def __init__(self):
        self._epoch_cond = threading.Condition()
        self._visible_epoch, self._wanted_epoch = 1, 2

    def loop(self, rebuild):
        """One turn of MkDocs' loop; the counters that browsers saw."""
        seen = []
        rebuild(lambda config: seen.append(self._visible_epoch))
        self._visible_epoch = self._wanted_epoch
        return [*seen, self._visible_epoch]


def turn(early, differs=True, error=None):
    server = Server()

    def rebuild(note):
        def builder(config):
            note(config)
            if error:
                raise error

        Preview(server, builder, early, lambda: differs).rebuild()

    return server.loop(rebuild)


@pytest.mark.parametrize(("count", "words"), [(1, "1 page,"), (2, "2 pages,")])
def test_what_is_shown_early_is_counted(count, words, caplog):
    with caplog.at_level("INFO", "mkdocs.plugins.handbook"):
        turn(lambda: count)
    assert f"Shown early: {words} " in caplog.text


def test_browsers_load_again_at_once_and_once_more_if_other_pages_differ():
    during, after = turn(lambda: 1, differs=True)
    assert during == 2 and after > 2
    assert turn(lambda: 1, differs=False) == [2, 2]
    assert turn(lambda: 0, differs=True) == [1, 2], "as MkDocs does it"


def test_what_fails_early_is_left_to_the_whole_build(caplog):
    def fail():
        raise ValueError("early")

    assert turn(fail) == [1, 2]
    assert "early" not in caplog.text


def test_a_snippet_that_fails_does_not_run_again_in_a_whole_build(caplog):
    def fail():
        raise ProblemsError(["snippets/one.py:1: ZeroDivisionError"])

    assert turn(fail) == [2], "nothing was built"
    assert "ZeroDivisionError" in caplog.text and "The last good site is still shown" in caplog.text


def test_a_page_that_came_or_went_or_another_setting_is_left_to_the_whole_build(tmp_path):
    (tmp_path / "a").mkdir()
    for name in ("a/one.md", "a/style.css", "a/lab.py"):
        (tmp_path / name).touch()
    files = list_files(tmp_path)
    assert files == {"a/one.md", "a/style.css", "a/lab.py"}
    settings = tmp_path / ".mkdocs.yml"
    settings.write_text("site_name: one")
    config = SimpleNamespace(docs_dir=str(tmp_path), config_file_path=str(settings))
    last = SimpleNamespace(config=config, present=files, settings=b"site_name: one")
    assert still_holds(last)
    (tmp_path / "two.md").touch()
    assert not still_holds(last)
    (tmp_path / "two.md").unlink()
    settings.write_text("site_name: two")
    assert not still_holds(last)
    settings.write_text("site_name: one")
    (tmp_path / "a" / "lab.py").unlink()
    assert not still_holds(last)


@pytest.mark.parametrize(("host", "family"), [("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)])
def test_a_port_is_free_or_refused(host, family):
    with socket.socket(family) as other:
        try:
            other.bind((host, 0))
        except OSError:
            pytest.skip(f"this system has no {host}")
        port = other.getsockname()[1]
        other.listen()
        with pytest.raises(ValueError, match=rf"serve on {host}:{port} \(Address.*PORT={port + 1}`") as error:
            check_port(host, port)
        assert error.value.__suppress_context__
    check_port(host, port)


def test_a_save_is_looked_for_often(tmp_path):
    observer = PollingObserver(timeout=0.5)  # as MkDocs makes one
    for name in ("docs", "lego"):
        observer.schedule(FileSystemEventHandler(), str(tmp_path / name))
    look_often(SimpleNamespace(observer=observer))
    assert [watcher.timeout for watcher in (observer, *observer.emitters)] == [LOOK] * 3


@pytest.mark.parametrize("error", [Abort("why"), ValueError("why")])
def test_a_failed_build_does_not_end_the_server(error, caplog):
    assert turn(lambda: 0, error=error) == [1, 2]
    assert "The last good site is still shown" in caplog.text
    assert turn(lambda: 1, error=error) == [2, 2]


def test_a_page_that_fails_leaves_the_others_as_they_were(monkeypatch, tmp_path):
    from hooks import preview

    def populate(page, config, files):
        if page.content == "fails":
            raise ValueError("formula")

    monkeypatch.setattr(preview.mkdocs_build, "_populate_page", populate)

    def build(page, *rest):
        if page.content == "has no template":
            raise ValueError("template")
        path = Path(page.file.abs_dest_path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page.content)

    monkeypatch.setattr(preview.mkdocs_build, "_build_page", build)
    for number in range(3):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "index.html").write_text("old")

    def stand():
        assert {path.name for path in tmp_path.iterdir()} == {"0", "1", "2"}, "nothing else is left there"
        return [(tmp_path / str(number) / "index.html").read_text() for number in range(3)]

    def pages(*contents):
        files = [SimpleNamespace(dest_uri=f"{number}/index.html") for number in range(len(contents))]
        for file, content in zip(files, contents, strict=True):
            file.page = SimpleNamespace(content=content, file=file)
        return files

    config, known = SimpleNamespace(site_dir=str(tmp_path)), SimpleNamespace(documentation_pages=list)
    last = SimpleNamespace(config=config, files=known, nav=None, env=None)
    with pytest.raises(ValueError, match="formula"):
        show(last, pages("fine", "fails"))
    with pytest.raises(ValueError, match="template"):
        show(last, pages("fine", "good", "has no template"))
    assert stand() == ["old", "old", "old"]
    assert show(last, pages("fine", "<autoref>", "good")) == 2
    assert stand() == ["fine", "old", "good"]
