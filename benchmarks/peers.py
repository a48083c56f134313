"""The contestants of the race: what a user of each tool writes for the same snippets, and how it is built."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import ROOT


@dataclass
class Snippet:
    """A script, and the sentence that stands above it."""

    name: str
    code: str
    prose: str = "What it shows."


@dataclass(frozen=True)
class Peer:
    """How one contestant makes a site of snippets.

    `write` writes everything that a user of the tool would write, `page` is the HTML of a snippet, `kept` what the
    tool keeps from one build to the next.
    """

    packages: tuple[str, ...]
    write: Callable[[Path, list[Snippet]], None]
    command: tuple[str, ...]
    page: str
    kept: tuple[str, ...]


MKDOCS = "site_name: race\ntheme: {{name: material, font: false}}\nplugins:\n  - search\n{}"
MKDOCS_BUILD = ("-m", "mkdocs", "build", "--quiet")


def write_lego(root: Path, snippets: list[Snippet]) -> None:
    """This project: a page that includes a script; no page needs the plugins for notebooks and docstrings."""
    config = (ROOT / "mkdocs.yml").read_text()
    config = re.sub(r"\n  - (?:mkdocstrings|mkdocs-jupyter):.*(?:\n    .*)*", "", config)
    write(root / "mkdocs.yml", config[: config.index("\nnav:")] + "\n")
    (root / "benchmarks/results").mkdir(parents=True, exist_ok=True)  # as the settings say that it is watched
    for name in ("hooks", "docs/assets"):
        shutil.copytree(
            ROOT / name, root / name, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__")
        )
    write(root / "docs" / "index.md", "# Home\n")
    for name, code, prose in map(parts, snippets):
        write(root / "snippets" / f"{name}.py", code)
        prints = f'\n```text title="Output"\n--8<-- "{name}.txt"\n```\n' if "print(" in code else ""
        write(
            root / "docs" / f"{name}.md",
            f'# Snippet {name}\n\n{prose}\n\n![A line]({name}.svg "It moves.")\n\n'
            f'```python\n--8<-- "{name}.py"\n```\n{prints}',
        )


def write_mkdocs_jupyter(root: Path, snippets: list[Snippet]) -> None:
    """A notebook a page, as a script with cells."""
    options = "  - mkdocs-jupyter: {execute: true, allow_errors: false, include_source: false}\n"
    write(root / "mkdocs.yml", MKDOCS.format(options))
    write(root / "docs" / "index.md", "# Home\n")
    for name, code, prose in map(parts, snippets):
        write(
            root / "docs" / f"{name}.py", f"# %% [markdown]\n# # Snippet {name}\n#\n# {prose}\n\n# %%\n{code}"
        )


def write_mkdocs_gallery(root: Path, snippets: list[Snippet]) -> None:
    """A script a page, all in one gallery."""
    options = "  - gallery: {examples_dirs: examples, gallery_dirs: docs/gallery, filename_pattern: '.*'}\n"
    write(root / "mkdocs.yml", MKDOCS.format(options) + "nav: [index.md, Gallery: gallery]\n")
    write(root / "docs" / "index.md", "# Home\n")
    write(root / "examples" / "README.md", "# Gallery\n")
    for name, code, prose in map(parts, snippets):
        write(
            root / "examples" / f"{name}.py",
            f'"""\n# Snippet {name}\n\n{prose}\n"""\n\n{without_docstring(code)}',
        )


def write_sphinx_gallery(jobs: int) -> Callable[[Path, list[Snippet]], None]:
    """A script a page, all in one gallery; with some jobs at a time."""

    def write_all(root: Path, snippets: list[Snippet]) -> None:
        write(
            root / "source" / "conf.py",
            "extensions = ['sphinx_gallery.gen_gallery']\n"
            "sphinx_gallery_conf = {'examples_dirs': '../examples', 'gallery_dirs': 'gallery', "
            f"'filename_pattern': '.*', 'parallel': {jobs}, 'abort_on_example_error': True}}\n",
        )
        write(root / "source" / "index.rst", "Home\n====\n\n.. toctree::\n\n   gallery/index\n")
        write(root / "examples" / "README.rst", "Gallery\n=======\n")
        for name, code, prose in map(parts, snippets):
            title = f"Snippet {name}"
            head = f'"""\n{title}\n{"=" * len(title)}\n\n{prose}\n"""\n\n'
            write(root / "examples" / f"{name}.py", head + without_docstring(code))

    return write_all


def write_myst_nb(root: Path, snippets: list[Snippet]) -> None:
    """A Markdown notebook a page, with the cache of executed notebooks."""
    write(
        root / "source" / "conf.py",
        "extensions = ['myst_nb']\nnb_execution_mode = 'cache'\nnb_execution_timeout = 300\n"
        "nb_execution_raise_on_error = True\n",
    )
    names = "\n".join(snippet.name for snippet in snippets)
    write(root / "source" / "index.md", f"# Home\n\n```{{toctree}}\n{names}\n```\n")
    for name, code, prose in map(parts, snippets):
        head = "---\nfile_format: mystnb\nkernelspec:\n  name: python3\n---\n"
        write(
            root / "source" / f"{name}.md",
            f"{head}# Snippet {name}\n\n{prose}\n\n```{{code-cell}} python\n{code}```\n",
        )


def write_markdown_exec(root: Path, snippets: list[Snippet]) -> None:
    """A page with a block that runs; as its documentation shows, the block prints its own figure."""
    write(
        root / "mkdocs.yml",
        MKDOCS.format("  - markdown-exec\n") + "markdown_extensions: [pymdownx.superfences]\n",
    )
    write(root / "docs" / "index.md", "# Home\n")
    figure = (
        "from io import StringIO  # markdown-exec: hide\n"
        "buffer = StringIO()  # markdown-exec: hide\n"
        "plt.savefig(buffer, format='svg')  # markdown-exec: hide\n"
        "plt.close('all')  # markdown-exec: hide\n"
        "print(buffer.getvalue())  # markdown-exec: hide\n"
    )
    for name, code, prose in map(parts, snippets):
        block = f'```python exec="true" source="above" html="true"\n{code.replace("plt.show()", figure.rstrip())}```\n'
        write(root / "docs" / f"{name}.md", f"# Snippet {name}\n\n{prose}\n\n{block}")


PEERS = {
    "lego": Peer((), write_lego, (*MKDOCS_BUILD, "--strict"), "site/{}/index.html", (".cache", "site")),
    "mkdocs-jupyter": Peer(
        ("mkdocs-jupyter", "mkdocs-material"),
        write_mkdocs_jupyter,
        MKDOCS_BUILD,
        "site/{}/index.html",
        (".cache", "site"),
    ),
    "mkdocs-gallery": Peer(
        ("mkdocs-gallery", "mkdocs-material"),
        write_mkdocs_gallery,
        MKDOCS_BUILD,
        "site/gallery/{}/index.html",
        ("docs/gallery", "site"),
    ),
    **{
        f"sphinx-gallery, {jobs} job{'s' * (jobs > 1)}": Peer(
            ("sphinx-gallery", "pillow", "joblib"),
            write_sphinx_gallery(jobs),
            ("-m", "sphinx", "-q", "source", "build"),
            "build/gallery/{}.html",
            ("source/gallery", "build"),
        )
        for jobs in (1, 2)
    },
    "myst-nb": Peer(
        ("myst-nb",),
        write_myst_nb,
        ("-m", "sphinx", "-q", "source", "build/html"),
        "build/html/{}.html",
        ("build",),
    ),
    "markdown-exec": Peer(
        ("markdown-exec[ansi]", "mkdocs-material"),
        write_markdown_exec,
        MKDOCS_BUILD,
        "site/{}/index.html",
        ("site",),
    ),
}


def parts(snippet: Snippet) -> tuple[str, str, str]:
    """Name, code and prose."""
    return snippet.name, snippet.code, snippet.prose


def without_docstring(code: str) -> str:
    """A script without its first string: a gallery has a text of its own there."""
    return re.sub(r'\A(?:"""|\'\'\').*?(?:"""|\'\'\')\s*', "", code, flags=re.DOTALL)


def write(path: Path, text: str) -> None:
    """Write a file whose text changed; a build tool may look at its time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)
