"""What is kept between builds besides outcomes."""

import re
from types import SimpleNamespace

import pytest
from mkdocs.structure.toc import AnchorLink, TableOfContents

from hooks import kept as module
from hooks.engine.cache import Cache
from hooks.kept import Kept, maker
from hooks.recall import render_once


def never():
    raise AssertionError("it was made again")


@pytest.fixture
def kept(tmp_path):
    return Kept(tmp_path / "not yet" / "kept")


def test_the_same_parts_are_made_once(kept):
    assert kept.get(("a", 1), lambda: b"one\n\xff") == b"one\n\xff"
    assert kept.get(["a", 1], never) == b"one\n\xff"
    for other in (("a", "1"), ("a", 2), ("a",), ("a", 1, None)):
        with pytest.raises(AssertionError, match="again"):
            kept.get(other, never)


def test_what_cannot_be_removed_stays(kept, tmp_path, monkeypatch):
    """Or a build that has published would fail."""
    cache = Cache(tmp_path / "outcomes", tmp_path)
    cache.folder.mkdir()
    (cache.folder / "gone.py.json").write_text("")
    kept.get("a", lambda: b"one")
    kept.used.clear()

    def refuse(path, **options):
        raise PermissionError(13, "Permission denied", str(path))

    with monkeypatch.context() as patch:
        patch.setattr(module.Path, "unlink", refuse)
        kept.prune()
        cache.prune(set())
    assert list(kept.folder.iterdir()) and list(cache.folder.iterdir())
    kept.prune()
    cache.prune(set())
    assert not list(kept.folder.iterdir()) and not list(cache.folder.iterdir())


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-1], lambda data: b"", lambda data: data[:-2] + b"zz", lambda data: b"\xff"]
)
def test_a_damaged_entry_is_made_again(kept, damage):
    kept.get("a", lambda: b"one")
    (path,) = kept.folder.iterdir()
    path.write_bytes(damage(path.read_bytes()))
    assert kept.get("a", lambda: b"two") == b"two" == kept.get("a", never)


def test_what_fails_is_not_kept(kept):
    with pytest.raises(ZeroDivisionError):
        kept.get("a", lambda: bytes(1 // 0))
    assert kept.get("a", lambda: b"one") == b"one"


def test_where_nothing_can_be_kept_all_is_made(tmp_path):
    (tmp_path / "file").touch()
    kept = Kept(tmp_path / "file" / "kept")
    assert [kept.get("a", lambda: b"one"), kept.get("a", lambda: b"two")] == [b"one", b"two"]
    kept.prune()


def test_what_was_not_asked_for_is_forgotten(kept):
    for name in "ab":
        kept.get(name, lambda: b"one")
    kept.prune()
    assert kept.get("a", never) == b"one"
    kept.prune()
    assert len(list(kept.folder.iterdir())) == 1
    assert kept.get("b", lambda: b"two") == b"two"


def test_another_version_or_another_maker_makes_again(tmp_path, monkeypatch):
    (tmp_path / "a.py").write_text("1")
    first = maker(str(tmp_path / "a.py"), "pillow", "torch")
    assert re.fullmatch(r"\w+ pillow \S+ torch \S+", first)
    (tmp_path / "a.py").write_text("2")
    assert (second := maker(str(tmp_path / "a.py"), "pillow", "torch")) != first
    monkeypatch.setattr(module.importlib.metadata, "version", lambda package: "99")
    assert maker(str(tmp_path / "a.py"), "pillow", "torch") not in {first, second}


class Page(SimpleNamespace):
    """As much of a page as rendering a lab needs."""

    def render(self, config, files):
        self.count += 1
        inner = AnchorLink("Inner", "inner", 2)
        outer = AnchorLink("Outer", "outer", 1)
        outer.children = [inner]
        self.content, self.title, self.toc = f"<p>{self.count}</p>", "Outer", TableOfContents([outer])


def shown(page):
    def tree(links):
        return [(link.title, link.id, link.level, tree(link.children)) for link in links]

    return page.content, page.title, tree(page.toc)


def test_a_lab_is_rendered_once(kept):
    def render(text, options, title=None):
        page = Page(count=0, file=SimpleNamespace(content_string=text), content=None, title=title, toc=None)
        render_once(page, kept, options)
        page.render(None, None)
        return page.count, shown(page)

    made = ("<p>1</p>", "Outer", [("Outer", "outer", 1, [("Inner", "inner", 2, [])])])
    assert render("{}", ["a"]) == (1, made)
    assert render("{}", ["a"]) == (0, made)
    assert render("{ }", ["a"])[0] == render("{}", ["b"])[0] == 1
    assert render("{}", ["a"], "Named in nav")[0] == 1, "a lab without a heading keeps this title"
