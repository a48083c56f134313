"""The reference: directives and names of objects become what readers of the page and of its twin can use."""

import pytest

from hooks import reference
from hooks.pages import PageError

MODULE = '''"""A module: see [double][lego.tiny.double]."""

__all__ = ["LIMIT", "Box", "double"]

LIMIT = 3
"""How many."""


def double(x: int, *, times: int = 2) -> int:
    r"""Multiplies.

    $$2x$$

    Args:
        x: a number.
        times: how often.

    Returns:
        The product.

    Raises:
        ValueError: if `x` is odd.

    Examples:
        ```python
        from lego.tiny import double

        print(double(2))
        ```

    Source: Euclid
    """
    return x * times


class Box:
    """Holds things."""

    def open(self) -> None:
        """Opens it."""

    def _hinge(self) -> None:
        """Private."""


def undocumented() -> None: ...


def _hidden() -> None:
    """Hidden."""
'''


@pytest.fixture
def root(tmp_path):
    (tmp_path / "lego").mkdir()
    (tmp_path / "lego" / "__init__.py").write_text("")
    (tmp_path / "lego" / "tiny.py").write_text(MODULE)
    return tmp_path


def test_no_code_of_the_library_runs(root):
    """What is no source could tell what it holds only by running, with all rights of who builds."""
    (root / "lego" / "__init__.py").write_text(f"open({str(root / 'ran')!r}, 'w')\n")
    for name in ("fast.so", "old.pyc"):
        (root / "lego" / name).write_bytes(b"")
    assert "double" in reference.plain("::: lego.tiny\n", "tiny.md", root)
    assert not (root / "ran").exists()


def test_the_twin_holds_every_public_object(root):
    text = reference.plain("# Tiny\n\n::: lego.tiny\n", "tiny.md", root)
    headings = [line for line in text.splitlines() if line.startswith("#")]
    assert headings == [
        "# Tiny",
        "## `LIMIT`",
        "## `double(x: int, *, times: int = 2) -> int`",
        "## `Box`",
        "### `open() -> None`",
    ]
    assert "$$2x$$" in text and "- `x`: a number." in text and "- `ValueError`: if `x` is odd." in text
    assert "- `int`: The product." in text and "\nSource: Euclid" in text and ":::" not in text
    assert "\n```python\nfrom lego.tiny import double\n\nprint(double(2))\n```\n" in text


def test_a_directive_that_is_shown_stays(root):
    page = "```\n::: lego.none\n```\n\n    ::: lego.none\n::: lego.none.x\n::: other.none"
    assert reference.plain(page, "how.md", root) == page


def test_a_module_that_is_not_there_or_is_no_python_is_named_with_its_line(root):
    with pytest.raises(PageError) as error:
        reference.plain("# Tiny\n\n::: lego.tinny", "a/tiny.md", root, above=3)
    assert str(error.value) == (
        "docs/a/tiny.md:6: the library has no module tinny that can be read; the nearest name is tiny"
    )
    (root / "lego" / "broken.py").write_text("def (")
    with pytest.raises(PageError, match=r"^docs/b\.md:1: the library has no module broken that can be read$"):
        reference.plain("::: lego.broken", "b.md", root)


@pytest.mark.parametrize(
    ("page", "address"),
    [
        ("index.md", "reference/tiny.md"),
        ("gradients/vanishing.md", "../reference/tiny.md"),
        ("reference/tiny.md", "tiny.md"),
    ],
)
def test_names_of_objects_become_links(page, address):
    text = "See [`double`][lego.tiny.double] and [tiny][lego.tiny].\n```\n[x][lego.tiny.double]\n```"
    assert reference.link_objects(text, page) == (
        f"See [`double`]({address}#lego.tiny.double) and [tiny]({address}#lego.tiny).\n```\n[x][lego.tiny.double]\n```"
    )


def test_uses_are_found_in_all_forms_of_import_and_not_in_the_reference_itself():
    one = "```python\nfrom lego.tiny import double as d, Box\n```"
    two = "from lego.tiny import (\n    double,\n    LIMIT,\n)\n"
    assert reference.uses({"one.md": one, "two.md": two, "reference/tiny.md": one}) == {
        "lego.tiny.double": ["one.md", "two.md"],
        "lego.tiny.Box": ["one.md"],
        "lego.tiny.LIMIT": ["two.md"],
    }


def test_an_object_lists_its_pages_after_its_signature():
    heading = '<h2 id="lego.tiny.double" class="doc doc-heading">double</h2>'
    signature = '\n<div class="language-python doc-signature highlight"><pre>double()</pre></div>'
    content = f"{heading}{signature}<p>Multiplies.\nSource: Euclid</p>"
    joined = reference.join(content, {"lego.tiny.double": [("One", "../one/"), ("Two", "../two/")]})
    links = '<a href="../one/">One</a>, <a href="../two/">Two</a>'
    assert joined == (
        f'{heading}{signature}<p class="doc-uses">Used on {links}</p><p>Multiplies.<br>Source: Euclid</p>'
    )
    assert reference.join(heading, {}) == heading
