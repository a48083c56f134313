"""Entries of the navigation that are rendered once for many pages, and templates that are compiled once."""

from pathlib import PurePosixPath

import jinja2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.nav import get_navigation
from mkdocs.theme import Theme

from hooks.kept import Kept
from hooks.navigation import remember_entries
from hooks.templates import Compiled

PAGES = ["index.md", "a/index.md", "a/b.md", "a/b/c.md", "a/d.md", "e.md", "e/f/g.md", "h/i.md", "j.md"]
NAVIGATION = """{% import "partials/nav-item.html" as item with context %}
{% for entry in nav.items %}{{ item.render(entry, "__nav_" ~ loop.index, 1) }}{% endfor %}
{% for entry in nav.items %}{{ item.render(entry, "__other_" ~ loop.index, 2) }}{% endfor %}"""


def renderer(names, features):
    """What renders a page's navigation, and the navigation."""
    config = MkDocsConfig()
    config.load_dict({"site_name": "site", "theme": Theme(name="material"), "plugins": []})
    config.validate()
    files = Files([File(name, "docs", "site", use_directory_urls=True) for name in names])
    nav = get_navigation(files, config)
    env = config.theme.get_env()

    def render(page):
        page.active = True
        base = "/".join([".."] * (len(PurePosixPath(page.url).parts))) or "."
        context = {"page": page, "nav": nav, "features": features, "base_url": base, "config": config}
        text = env.from_string(NAVIGATION).render(context)
        page.active = False
        return text

    return env, nav, render


def check(names, features):
    """Each page has the navigation that the theme would give it."""
    _, nav, plain = renderer(names, features)
    expected = {page.url: plain(page) for page in nav.pages}
    assert len(set(expected.values())) == len(names)
    env, nav, render = renderer(names, features)
    remember_entries(env, nav)
    for page in [*nav.pages, *reversed(nav.pages)]:
        assert render(page) == expected[page.url], page.url


FEATURES = [[], ["navigation.indexes"], ["navigation.indexes", "navigation.prune"]]


@pytest.mark.parametrize("features", FEATURES)
def test_each_page_has_the_navigation_that_the_theme_would_give_it(features):
    check(PAGES, features)


NAMES = st.lists(st.sampled_from(["a", "b", "index"]), min_size=1, max_size=4).map("/".join)


@settings(deadline=None, max_examples=25, derandomize=True)
@given(
    st.lists(NAMES, min_size=1, max_size=6, unique_by=lambda name: name.removesuffix("/index")),
    st.sampled_from(FEATURES),
)
def test_so_it_has_in_any_tree_of_pages(names, features):
    check([f"{name}.md" for name in names], features)


def test_an_entry_is_rendered_once_for_all_pages_beside_it():
    env, nav, render = renderer([f"page{number}.md" for number in range(20)], [])
    times = []
    env.filters["url"] = lambda url: times.append(url) or url
    remember_entries(env, nav)
    for page in nav.pages:
        render(page)
    assert len(times) == 2 * (20 + 20), "at each place once, and once as the page's own"


def test_what_is_no_page_has_no_entries_to_share():
    env, nav, _ = renderer(PAGES, [])
    context = {"page": None, "nav": nav, "features": [], "base_url": "/handbook"}
    expected = env.from_string(NAVIGATION).render(context)
    env, nav, _ = renderer(PAGES, [])
    remember_entries(env, nav)
    for base in ("/other", "/handbook"):
        text = env.from_string(NAVIGATION).render(context | {"nav": nav, "base_url": base})
    assert text == expected and 'href="/handbook/j/"' in text


@pytest.fixture
def kept(tmp_path):
    return Kept(tmp_path)


def compile_with(kept, text, monkeypatch, name="a"):
    """What a template says, and how often it was compiled."""
    count = []
    compiled = jinja2.Environment.compile
    with monkeypatch.context() as patch:
        patch.setattr(
            jinja2.Environment,
            "compile",
            lambda *args, **options: count.append(1) or compiled(*args, **options),
        )
        env = jinja2.Environment(loader=jinja2.DictLoader({name: text}), bytecode_cache=Compiled(kept))
        return env.get_template(name).render(), len(count)


def test_a_template_is_compiled_once_until_it_changes(kept, monkeypatch):
    assert compile_with(kept, "{{ 1 + 1 }}", monkeypatch) == ("2", 1)
    assert compile_with(kept, "{{ 3 + 1 }}", monkeypatch, "b") == ("4", 1)
    assert compile_with(kept, "{{ 1 + 1 }}", monkeypatch) == ("2", 0)
    assert compile_with(kept, "{{ 1 + 2 }}", monkeypatch) == ("3", 1)
    monkeypatch.setattr("hooks.templates.MAKER", "another version")
    assert compile_with(kept, "{{ 1 + 2 }}", monkeypatch) == ("3", 1)


@pytest.mark.parametrize(
    "damage", [lambda data: b"", lambda data: data[:-9], lambda data: data[:-1] + b"\xff"]
)
def test_a_damaged_entry_is_as_good_as_absent(kept, tmp_path, damage, monkeypatch):
    compile_with(kept, "{{ 1 + 1 }}", monkeypatch)
    (file,) = tmp_path.iterdir()
    file.write_bytes(damage(file.read_bytes()))
    assert compile_with(kept, "{{ 1 + 1 }}", monkeypatch) == ("2", 1)
    assert compile_with(kept, "{{ 1 + 1 }}", monkeypatch) == ("2", 0)


def test_what_a_build_used_stays(kept, monkeypatch):
    compile_with(kept, "a", monkeypatch)
    compile_with(kept, "b", monkeypatch)
    kept.prune()
    assert compile_with(kept, "b", monkeypatch) == ("b", 0)
    kept.prune()
    assert compile_with(kept, "a", monkeypatch) == ("a", 1)
