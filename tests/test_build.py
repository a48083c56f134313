"""What one build knows, asked of a small project that no MkDocs builds."""

import json
from types import SimpleNamespace

import pytest
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page

from hooks.build import Build, blamed_on, list_files, read_glossary, read_sources
from hooks.engine import Cell, Failure, Outcome
from hooks.engine.engine import ServerError
from hooks.mathematics import mathml
from hooks.terms import Term

SVG = '<svg viewBox="0 0 4 2"><path d="M0 0"/></svg>'
LAB = '# %% [markdown]\n# A lab.\n\n# %% alt="A line" caption="It rises."\nx = 1\n'
PAGE = '# One\n\n![A line](one.svg "It rises.")\n\n```python\n--8<-- "one.py"\n```\n'
TEXTS = {
    "index.md": "# Home\n\n![Still](still.svg)\n",
    "one.md": PAGE,
    "labs/a.py": LAB,
    "labs/deep/b.py": LAB,
    "labs/deep/c.py": LAB,
    "still.svg": SVG,
}
OUTCOMES = {
    "snippets/one.py": Outcome("x = 1\n", (Cell("", (SVG,)),), {}),
    "docs/labs/a.py": Outcome(LAB, (Cell("1\n", (SVG, f"{SVG}\n")),), {}),
    "docs/labs/deep/b.py": Outcome(LAB, (Cell("2\n", (SVG,)),), {}),
    "docs/labs/deep/c.py": Outcome(LAB, (Cell("3\n"),), {}),
}


class Engine:
    """What has run everything before."""

    def __init__(self, root, results):
        self.root, self.results, self.asked = root, results, []
        self.cache, self.remarks = SimpleNamespace(prune=set), list

    def run(self, scripts, report):
        self.asked = list(scripts)
        if isinstance(self.results, Exception):
            raise self.results
        return self.results


def settings(root, **more):
    config = MkDocsConfig(config_file_path=str(root / "mkdocs.yml"))
    folders = {"docs_dir": str(root / "docs"), "site_dir": str(root / "site")}
    config.load_dict({"site_name": "Small", "plugins": []} | folders | more)
    errors, warnings = config.validate()
    assert not errors and not warnings
    config.plugins._current_plugin = "hooks"  # as while MkDocs calls one
    return config


@pytest.fixture
def root(tmp_path):
    """A project of pages, labs, a picture and a snippet."""
    others = {"snippets/one.py": "x = 1\n", "mkdocs.yml": "site_name: Small\n", "docs/claims.toml": ""}
    for name, text in ({f"docs/{name}": text for name, text in TEXTS.items()} | others).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture
def build(root):
    """A build that has read this project."""
    config, made = settings(root), Build()
    made.read(Files([File(name, config.docs_dir, config.site_dir, True) for name in TEXTS]), config)
    return made


@pytest.fixture
def ran(build, root):
    """A build that has run what this project shows."""
    build.run(Engine(root, OUTCOMES))
    return build


def test_a_build_takes_place_beside_the_site(root):
    build, config = Build(), settings(root)
    build.stage(config)
    assert config.site_dir == str(build.staging.folder) and build.staging.site == root / "site"
    assert build.staging.folder.parent == root and not (root / "site").exists()
    build.staging.discard()
    assert Build().differs, "until a build says otherwise, browsers load pages again"


def test_a_repository_is_no_place_for_a_site(root):
    (root / "site" / ".git").mkdir(parents=True)
    with pytest.raises(PluginError) as error:
        Build().stage(settings(root))
    assert str(error.value) == (
        f"{root / 'site'} is a repository, and a build would replace it: name another folder with --site-dir"
    )


def test_a_place_where_nothing_can_be_written_is_named(root):
    with pytest.raises(PluginError) as error:
        Build().stage(settings(root, site_dir=str(root / "mkdocs.yml" / "below" / "site")))
    assert str(error.value) == (
        f"The site can't be written in {root / 'mkdocs.yml' / 'below'} (Not a directory): "
        "name another folder with --site-dir"
    )


def test_what_is_read(build, root):
    assert build.sources == {"index.md": TEXTS["index.md"], "one.md": PAGE}
    assert build.written == set(TEXTS), "what is excluded is no part of the site"
    assert build.present == {*TEXTS, "claims.toml"}
    assert build.settings == b"site_name: Small\n"
    assert build.markdown == build.notebooks == build.explorers == {}
    (root / "docs" / "left_out.txt").touch()
    (root / "docs" / ".hidden").touch()
    (root / "docs" / "empty").mkdir()
    assert list_files(root / "docs") == {*build.present, "left_out.txt"}


def test_a_page_that_is_no_text_is_named(root):
    (root / "docs" / "one.md").write_bytes(b"Gr\xf6\xdfe")
    with pytest.raises(PluginError) as error:
        read_sources(Files([File("one.md", str(root / "docs"), "site", True)]))
    assert str(error.value) == (
        "docs/one.md: a page is text in UTF-8, and this is none: "
        "'utf-8' codec can't decode byte 0xf6 in position 2: invalid start byte"
    )


def test_the_source_of_a_lab_is_what_ran(ran):
    named = {file.src_uri: ran.source_of(file) for file in ran.files if file.src_uri != "still.svg"}
    assert named == {name: text for name, text in TEXTS.items() if name != "still.svg"}
    ran.outcomes["docs/labs/a.py"] = Outcome("another", (), {})
    assert ran.source_of(ran.files.get_file_from_path("labs/a.py")) == "another"


def test_labs_and_snippets_run_and_excluded_labs_do_not(build, root):
    build.files.get_file_from_path("labs/deep/c.py").inclusion = InclusionLevel.EXCLUDED
    engine = Engine(root, OUTCOMES)
    build.run(engine)
    assert engine.asked == ["docs/labs/a.py", "docs/labs/deep/b.py", "snippets/one.py"]
    assert build.figures == {"one.svg": SVG}, "a picture of docs/ is none"
    assert build.by_source == {outcome.source.strip(): outcome for outcome in OUTCOMES.values()}


@pytest.mark.parametrize(
    ("results", "message"),
    [
        (ServerError("the server died"), "the server died"),
        (
            OUTCOMES | {"snippets/one.py": Failure("snippets/one.py", "fails", 7)},
            "1 problem; the site stays as it was.\n\nsnippets/one.py:7: fails\n  shown by docs/one.md:3",
        ),
    ],
)
def test_what_does_not_run_ends_the_build(build, root, results, message):
    with pytest.raises(PluginError) as error:
        build.run(Engine(root, results))
    assert str(error.value) == message and error.value.__suppress_context__


def test_figures_and_labs_become_files_of_the_site(ran, tmp_path):
    ran.add_what_was_made(tmp_path / "scratch")
    names = {file.src_uri for file in ran.files}
    drawn = {"one.svg", "labs/a-1.svg", "labs/a-1-2.svg", "labs/deep/b-1.svg"}
    assert names == {*TEXTS, *drawn, "llms.txt"} and set(ran.figures) == drawn
    assert ran.figures["labs/a-1-2.svg"] == f"{SVG}\n"
    picture = ran.files.get_file_from_path("labs/a-1.svg").content_string
    assert '<svg width="5.33333" height="2.66667" color="#1b1b1b"' in picture
    for name in ("labs/a", "labs/deep/b", "labs/deep/c"):
        file = ran.files.get_file_from_path(f"{name}.py")
        assert file.is_documentation_page() and file.edit_uri == f"{name}.py"
        assert file.abs_src_path == str(tmp_path / "scratch" / f"{name}.ipynb")
        cells = json.loads(file.content_string)["cells"]
        assert [cell["source"] for cell in cells] == ["A lab.", "x = 1"]
    assert ran.explorers == {}, "no page asks for one"
    assert read_sources(ran.files) == ran.sources, "a lab is a page now, but a script all the same"


def test_explorers_bring_their_forms_and_their_script(ran, tmp_path):
    made = json.dumps({"forms": {"a": "<form>"}, "script": "run()"})
    ran.outcomes["hooks/explorers/bundle.py"] = Outcome("", (Cell(made),), {})
    ran.add_what_was_made(tmp_path)
    assert ran.explorers == {"a": "<form>"}
    assert ran.files.get_file_from_path("assets/explorers.js").content_string == "run()"


def test_a_lab_whose_cells_are_not_those_that_ran_is_named(ran, tmp_path):
    ran.outcomes["docs/labs/deep/b.py"] = Outcome(LAB, (Cell(), Cell()), {})
    with pytest.raises(PluginError, match=r"^docs/labs/deep/b\.py: a lab must mark each cell"):
        ran.add_what_was_made(tmp_path)


MARKDOWN = {"markdown": "index.md"}
NOTEBOOK = MARKDOWN | {"notebook": "v%201.ipynb", "script": "v%201.py"}
COLAB = "https://colab.research.google.com/github/me/bricks/blob/gh-pages/a/v%201/v%201.ipynb"


@pytest.mark.parametrize(
    ("repository", "twins"),
    [
        ("", NOTEBOOK),
        ("https://github.com/me/bricks", NOTEBOOK | {"colab": COLAB}),
        ("https://github.com/me/bricks.git/", NOTEBOOK | {"colab": COLAB}),
        ("https://other.test/me/bricks", NOTEBOOK),
        ("https://my-github.com/me/bricks", NOTEBOOK),
    ],
)
def test_the_twins_of_a_page(root, build, repository, twins):
    build.config = settings(root, repo_url=repository)
    page = Page(None, File("a/v 1.md", str(root), "site", True), build.config)
    assert build.twins_of(page) == MARKDOWN
    build.notebooks["a/v 1.md"] = "{}"
    assert build.twins_of(page) == twins
    build.config.repo_url = None
    assert build.twins_of(page) == NOTEBOOK


def test_the_pages_that_use_an_object_in_the_order_in_which_they_were_read(build):
    for file in build.files.documentation_pages():
        Page(f"<{file.name}>", file, build.config)
    build.markdown = {
        "one.md": "from lego.tiny import double\n",
        "index.md": "from lego.tiny import double, half\n",
    }
    source = File("reference/tiny.md", "docs", "site", True)
    one, home = ("<one>", "../../one/"), ("<index>", "../../")
    assert build.uses_from(source) == {"lego.tiny.double": [one, home], "lego.tiny.half": [home]}


def test_who_is_to_blame_for_an_error():
    with blamed_on("docs/one.md"):
        pass
    with pytest.raises(PluginError, match=r"^docs/one\.md: why$") as error, blamed_on("docs/one.md"):
        raise ValueError("why")
    assert error.value.__suppress_context__
    with pytest.raises(KeyError), blamed_on("docs/one.md"):
        raise KeyError("a fault of ours")
    with (
        pytest.raises(PluginError, match=r"^docs/one\.md:3: formula"),
        blamed_on("docs/one.md", "# A\n\n$x^$"),
    ):
        mathml("x^")
    with pytest.raises(PluginError, match=r"^docs/one\.md: formula"), blamed_on("docs/one.md", "# A\n\n$x$"):
        mathml("x^")


def test_the_glossary(build, root):
    assert read_glossary(build.files) == {}
    glossary = root / "docs" / "glossary.md"
    build.files.append(File("glossary.md", build.config.docs_dir, "site", True))
    glossary.write_text("| Term | Russian | Meaning |\n|---|---|---|\n| Bias | смещение | A number. |\n")
    assert read_glossary(build.files) == {"bias": Term("A number.", "glossary.md#term-bias")}
    glossary.write_text("| Term | Russian | Meaning |\n|---|---|---|\n| Bias | A number. |\n")
    with pytest.raises(PluginError, match=r"^docs/glossary\.md: a row must hold a term, its Russian name"):
        read_glossary(build.files)
