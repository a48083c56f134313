"""What stands in docs/: files that are no part of the site, labs, news, and what is refused."""

import html
import json
import re
import shutil
from xml.etree import ElementTree

import pytest

from tests.conftest import PAGE, ROOT, mkdocs

LAB = """# %% [markdown]
# # A lab
#
# ## Part
#
# See [the page](../one.md), [`double`][lego.tiny.double] and [the part](#part).

# %%
print(1)
"""
CHANGELOG = """# What is new

## 2026-01-02: One

[`double`][lego.tiny.double] doubles, as [below](#2026-01-01-two).

## 2026-01-01: Two

Text.
"""
ADDRESS = "https://site.test/sub/"


def write(root, texts):
    for name, text in texts.items():
        path = root / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())


@pytest.fixture(scope="module")
def built(tmp_path_factory, make_project):
    """A project whose docs/ holds more than the site shows, and its site."""
    root = make_project(tmp_path_factory.mktemp("docs"))
    (root / "lego" / "tiny.py").write_text('def double(x):\n    """Twice."""\n    return 2 * x\n')
    settings = (root / "mkdocs.yml").read_text()
    more = "exclude_docs: |\n  notes.docx\n  labs/draft.py\n  draft.ipynb\n"
    (root / "mkdocs.yml").write_text(settings.replace("exclude_docs: |\n", more))
    write(
        root,
        {
            "one.md": PAGE.replace("# One\n", "# `<pre>` for p < 0.05 and n > 3\n\nIt *keeps* [lines](#lines).\n\n## Lines\n"),
            "changelog.md": CHANGELOG,
            "reference/tiny.md": "# Tiny\n\n::: lego.tiny\n",
            "labs/lab.py": LAB,
            "labs/draft.py": "1 / 0\n",
            "labs/.ipynb_checkpoints/lab.py": "1 / 0\n",
            "notes.docx": b"\xff",
            "draft.ipynb": "{",
            ".DS_Store": b"\xff",
            ".one.md.swp": b"\xff",
            ".drawing.svg": b"\xff",
        },
    )  # fmt: skip
    for name in (".#x.svg", "labs/.#lab.py"):
        (root / "docs" / name).symlink_to("someone@host.1:2")  # Emacs's sign that a file is being edited
    result = mkdocs("build", "--strict", cwd=root, env={"SITE_URL": ADDRESS})
    assert result.returncode == 0, result.stderr
    return root


def test_hidden_and_excluded_files_and_labs_are_passed_over(built):
    assert (built / "site" / "labs" / "lab" / "index.html").is_file()
    for name in ("notes.docx", "draft.ipynb", "draft", "labs/draft", "labs/draft.py", ".DS_Store"):
        assert not (built / "site" / name).exists()


def test_links_of_what_is_taken_along_lead_to_the_site(built):
    folder = built / "site" / "labs" / "lab"
    for name in ("lab.ipynb", "lab.py"):
        assert re.findall(r"\]\(([^)]*)\)", (folder / name).read_text()) == [
            f"{ADDRESS}#how-to-read-it",
            f"{ADDRESS}one/",
            f"{ADDRESS}reference/tiny/#lego.tiny.double",
            f"{ADDRESS}labs/lab/#part",
        ]
    cells = json.loads((built / "site" / "one" / "one.ipynb").read_text())["cells"]
    assert f"[lines]({ADDRESS}one/#lines)" in cells[1]["source"]


def test_a_lab_may_name_objects(built):
    folder = built / "site" / "labs" / "lab"
    page = (folder / "index.html").read_text()
    assert re.search(r'<a href="../../reference/tiny/#lego.tiny.double"><code>double</code></a>', page)
    assert "[`double`](../../reference/tiny/index.md#lego.tiny.double)" in (folder / "index.md").read_text()


def test_the_feed_names_objects_as_the_page_does(built):
    feed = ElementTree.parse(built / "site" / "feed.xml").getroot()
    text = feed.find("{*}entry/{*}content").text
    assert "[lego." not in text
    assert re.findall('href="([^"]*)"', text) == [
        f"{ADDRESS}reference/tiny/#lego.tiny.double",
        f"{ADDRESS}changelog/#2026-01-01-two",
    ]


def test_a_title_keeps_its_words_where_it_stands_alone(built):
    page = (built / "site" / "one" / "index.html").read_text()
    (title,) = re.findall('<meta property="og:title" content="([^"]*)">', page)
    assert html.unescape(title) == "<pre> for p < 0.05 and n > 3"


def test_a_changelog_that_is_excluded_is_no_news(built, tmp_path):
    root = tmp_path / "project"
    shutil.copytree(built, root, symlinks=True)
    settings = (root / "mkdocs.yml").read_text()
    (root / "mkdocs.yml").write_text(
        settings.replace("exclude_docs: |\n", "exclude_docs: |\n  changelog.md\n")
    )
    result = mkdocs("build", "--strict", cwd=root, env={"SITE_URL": ADDRESS})
    assert result.returncode == 0, result.stderr
    assert not (root / "site" / "feed.xml").exists()
    assert "feed.xml" not in (root / "site" / "one" / "index.html").read_text()


UNTITLED = "# %%\nimport matplotlib.pyplot as plt\n\nplt.plot([1, 2])\nplt.show()\n"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "pic.svg",
            '<svg xmlns="http://www.w3.org/2000/svg"/>'.encode("utf-16"),
            "docs/pic.svg would come onto the site as it is: a drawing is text in UTF-8, and this is none",
        ),
        ("one.md", PAGE + "\n[x](javascript:alert(1))\n", "docs/one.md: the policy forbids"),
        ("labs/x.py", UNTITLED, "docs/labs/x.py: code cell 1 draws a figure"),
        ("one.md", PAGE + "\n## A {#x}\n\n## B {#x}\n", "docs/one.md: the anchor x stands there 2 times"),
        (
            "labs/x.py",
            "# %% [markdown]\n# Text.\n#\n# $y^$\n\n# %%\n",
            "docs/labs/x.py:4: formula 'y^', character 2",
        ),
        (
            "a/tiny.md",
            "---\na: b\n---\n\n# Tiny\n\n::: lego.tinny\n",
            "docs/a/tiny.md:7: the library has no module tinny that can be read; the nearest name is tiny",
        ),
    ],
    ids=["drawing", "link", "lab", "anchor", "formula", "module"],
)
def test_what_is_refused_is_named_once(project, name, text, message):
    write(project, {name: text})
    result = mkdocs("build", "--strict", cwd=project)
    assert result.returncode == 1 and message in result.stderr, result.stderr
    assert "Traceback" not in result.stderr and f"docs/{name}: docs/{name}" not in result.stderr


def test_drafts_are_refused(project):
    with (project / "mkdocs.yml").open("a") as settings:
        settings.write("draft_docs: one.md\n")
    result = mkdocs("build", "--strict", cwd=project)
    message = "draft_docs is not known here: name such pages in exclude_docs"
    assert result.returncode == 1 and message in result.stderr, result.stderr


@pytest.mark.parametrize(("address", "told"), [("http://127.0.0.1:8000/", 1), (ADDRESS, 0)])
def test_who_builds_for_this_machine_alone_is_told_how_to_publish(project, address, told):
    result = mkdocs("build", "--strict", cwd=project, env={"SITE_URL": address})
    assert result.returncode == 0, result.stderr
    assert result.stderr.count(f"Its address is {address}: before you publish it, see") == told
    assert "\n## Publish it\n" in (ROOT / "README.md").read_text()
