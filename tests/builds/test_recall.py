"""What a build recalls of the one before is what it would have made: whatever is edited, the site is that of a clean build."""

import shutil

import pytest

from tests.builds import test_faults
from tests.builds.test_faults import build, content
from tests.conftest import PAGE, mkdocs

NAV = """
nav:
  - index.md
  - First: one.md
  - Others:
      - two.md
      - three.md
  - glossary.md
  - reference/index.md
  - reference/tiny.md
not_in_nav: |
  alone.md
"""
PAGES = {
    "one.md": PAGE + "\nTo the [depth](two.md#deep).\n",
    "two.md": "---\ntitle: Second\n---\n\n# Two\n\nA slope, and $x^2$.\n\n## Deep\n\nOf [one](one.md).\n\n### Deeper\n\nEnd.\n",
    "three.md": "# Three\n\nA note[^1].\n\n[^1]: Below.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n",
    "glossary.md": "# Glossary\n\n| Term | Russian | Meaning |\n|---|---|---|\n| slope | наклон | the derivative |\n",
    "reference/index.md": "# Same\n\nTo [three](../three.md).\n",
    "reference/tiny.md": "# Tiny\n\n::: lego.tiny\n",
    "alone.md": "---\ntitle: Apart\n---\n\n# Alone\n\nBy [itself](data.txt).\n",
    "data.txt": "1\n",
}
MODULE = '"""Small."""\n\n\ndef double(x: float) -> float:\n    """Twice."""\n    return 2 * x\n'


@pytest.fixture(scope="module")
def good(tmp_path_factory, make_project):
    """Pages that show something of each other, built."""
    root = make_project(tmp_path_factory.mktemp("recalled"))
    for name, text in PAGES.items():
        (root / "docs" / name).parent.mkdir(exist_ok=True)
        (root / "docs" / name).write_text(text)
    (root / "lego" / "tiny.py").write_text(MODULE)
    (root / "mkdocs.yml").write_text((root / "mkdocs.yml").read_text() + NAV)
    result = build(root)
    assert result.returncode == 0, result.stderr
    return root


project = test_faults.project


def in_file(name, old, new):
    def edit(root):
        text = (root / name).read_text()
        assert old in text
        (root / name).write_text(text.replace(old, new, 1))

    return edit


def new_page(root):
    (root / "docs" / "four.md").write_text("# Four\n\nAnd [one](one.md).\n")
    in_file("mkdocs.yml", "      - three.md\n", "      - three.md\n      - four.md\n")(root)


def new_icon(root):
    """One that takes the place of Material's."""
    icon = root / "hooks" / "theme" / ".icons" / "material" / "magnify.svg"
    icon.parent.mkdir(parents=True)
    icon.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path d="M1 1h22v22H1z"/></svg>'
    )


def no_page(root):
    (root / "docs" / "alone.md").unlink()


EDITS = {
    "a sentence": in_file("docs/three.md", "A note", "Another note"),
    "a title": in_file("docs/three.md", "# Three", "# Thirdly"),
    "a title in the front matter": in_file("docs/two.md", "title: Second", "title: Next"),
    "a page that no other shows": in_file(
        "docs/alone.md", "title: Apart", "title: Apart\nsearch:\n  exclude: true"
    ),
    "a description": in_file("docs/two.md", "title: Second", "title: Second\ndescription: Of depth."),
    "a place in search": in_file("docs/two.md", "title: Second", "title: Second\nsearch:\n  exclude: true"),
    "a heading below": in_file("docs/two.md", "### Deeper", "### Deeper still"),
    "a meaning": in_file("docs/glossary.md", "the derivative", "how steep it is"),
    "what a snippet prints": in_file("snippets/one.py", '"drawn"', '"printed"'),
    "a docstring": in_file("lego/tiny.py", "Twice.", "Two times."),
    "the order": in_file(
        "mkdocs.yml", "      - two.md\n      - three.md\n", "      - three.md\n      - two.md\n"
    ),
    "a name in the navigation": in_file("mkdocs.yml", "First: one.md", "Start: one.md"),
    "the site's name": in_file("mkdocs.yml", "site_name: lego", "site_name: bricks"),
    "a feature of the theme": in_file("mkdocs.yml", "    - navigation.top\n", ""),
    "an option of Markdown": in_file("mkdocs.yml", "Link to this section", "Here"),
    "a template": in_file("hooks/theme/partials/actions.html", "This page as Markdown", "As Markdown"),
    "an icon of the theme": new_icon,
    "a hook": in_file("hooks/terms.py", 'class="term"', 'class="term known"'),
    "a hook that only the theme sees": in_file(
        "hooks/navigation.py",
        "known[key] = render(entry, *place)",
        'known[key] = render(entry, *place) + "<!-- -->"',
    ),
    "a page more": new_page,
    "a page less": no_page,
}


@pytest.mark.parametrize("name", EDITS)
def test_after_any_edit_the_site_is_that_of_a_clean_build(project, name):
    before = content(project / "site")
    EDITS[name](project)
    assert (result := build(project)).returncode == 0, result.stderr
    warm = content(project / "site")
    shutil.rmtree(project / ".cache" / "kept")
    (project / ".cache" / "built").unlink(missing_ok=True)
    assert (result := build(project)).returncode == 0, result.stderr
    assert content(project / "site") == warm != before


def test_another_address_or_repository_is_another_page(project):
    sites = []
    for settings in ({"REPO_URL": "https://github.com/a/b"}, {"SITE_URL": "https://a.example/b/"}, {}):
        assert build(project, env=settings).returncode == 0
        sites.append((project / "site" / "one" / "index.html").read_text())
    assert "github.com/a/b/edit/main/docs/one.md" in sites[0]
    assert 'href="https://a.example/b/one/"' in sites[1]
    assert "github.com" not in sites[2] and "a.example" not in sites[2]


def test_a_warning_of_a_page_is_said_in_each_build(project):
    """Also after a quiet build, which does not see it."""
    in_file("docs/three.md", "A note", "[A note](nowhere.md)")(project)
    assert mkdocs("build", "--quiet", cwd=project).returncode == 0
    for count in range(1, 4):
        (project / "docs" / "one.md").write_text(PAGES["one.md"] + "More.\n" * count)
        result = mkdocs("build", *["--strict"] * (count > 1), cwd=project)
        assert "'nowhere.md'" in result.stderr and result.returncode == (count > 1)


def test_a_link_to_a_heading_that_went_is_told_though_its_page_is_the_same(project):
    in_file("docs/two.md", "## Deep\n", "## Shallow\n")(project)
    result = build(project)
    assert result.returncode == 1
    assert (
        "contains a link 'two.md#deep', but the doc 'two.md' does not contain an anchor '#deep'"
        in result.stderr
    )


def test_a_link_to_a_file_that_went_is_told_though_its_page_is_the_same(project):
    (project / "docs" / "data.txt").unlink()
    result = build(project)
    assert result.returncode == 1
    assert "contains a link 'data.txt', but the target is not found" in result.stderr


def test_the_same_text_elsewhere_leads_elsewhere(project):
    new_page(project)
    text = "# Same\n\nTo [three](three.md).\n"
    (project / "docs" / "four.md").write_text(text)
    (project / "docs" / "index.md").write_text(text)
    assert build(project).returncode == 0
    assert '<a href="../three/">three</a>' in (project / "site" / "four" / "index.html").read_text()
    assert '<a href="three/">three</a>' in (project / "site" / "index.html").read_text()


def test_pages_that_are_the_same_are_not_made_again(project):
    """What is new among what is kept was made: of the page that was edited, and of no other."""
    kept = project / ".cache" / "kept"
    before = set(kept.iterdir())
    in_file("docs/three.md", "| 1 | 2 |", "| 1 | 3 |")(project)
    assert build(project).returncode == 0
    new = [path.read_bytes() for path in set(kept.iterdir()) - before]
    assert len(new) == 3 and all(b"<td>3</td>" in data or b"a b 1 3" in data for data in new), new
