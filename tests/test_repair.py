import re
import shutil
from pathlib import Path

import material
import pytest

from hooks.repair import MENDED, repair, repair_files, strip_comments
from tests.conftest import ROOT

PAGE = """<link rel="stylesheet" href="../assets/stylesheets/palette.0a1b.min.css">
<input class="md-toggle" data-md-toggle="drawer" type="checkbox" id="__drawer" autocomplete="off">
<input class="md-toggle" data-md-toggle="search" type="checkbox" id="__search" autocomplete="off">
<div class="md-search" data-md-component="search" role="dialog">
<label class="md-search__overlay" for="__search"></label>
<input type="text" class="md-search__input" autocomplete="off">
<nav class="md-search__options" aria-label="Поиск"></nav><div class="md-search-result__meta">Type</div></div>
<figure class="plot" id="f"><svg role="img" viewBox="0 0 504 200"><g/></svg><figcaption>c</figcaption></figure>
<div class="md-progress" data-md-component="progress" role="progressbar"></div>
<script id="__config" type="application/json">{"search": "../assets/javascripts/workers/search.0a1b.min.js"}</script>"""
ASSETS = Path(material.__file__).parent / "templates" / "assets"


def test_search_dialog_is_labelled_in_the_language_of_the_page():
    assert 'role="dialog" aria-label="Поиск">' in repair(PAGE)


def test_progress_bar_is_hidden_from_assistive_technology():
    assert '<div class="md-progress" data-md-component="progress" aria-hidden="true">' in repair(PAGE)


def test_checkboxes_lose_autocomplete_and_the_search_field_keeps_it():
    assert re.findall(r"<input [^>]*autocomplete[^>]*>", repair(PAGE)) == [
        '<input type="text" class="md-search__input" autocomplete="off">'
    ]


@pytest.mark.parametrize(
    ("width", "size", "reach"),
    [
        ("504", "", ' tabindex="0"'),
        ("216", " plot__box--3", ""),
        ("325.2", " plot__box--4-5", ' tabindex="0"'),
        ("300", " plot__box--4", ""),
        ("300.1", " plot__box--4", ' tabindex="0"'),
        ("3600", " plot__box--10", ' tabindex="0"'),
    ],
)
def test_figure_gets_a_box_that_the_keyboard_reaches_if_a_phone_must_scroll(width, size, reach):
    page = repair(PAGE.replace("504", width))
    assert f'<div class="plot__box{size}"{reach}><svg ' in page
    assert "</svg></div><figcaption>c" in page


@pytest.mark.parametrize("folder", ["stylesheets", "javascripts"])
def test_a_file_of_a_changed_theme_is_an_error_and_a_mended_one_too(tmp_path, folder):
    shutil.copytree(ASSETS, tmp_path / "assets")
    repair_files(tmp_path / "assets")
    for sign in "min.css", "min.js":
        for path in (ASSETS / folder).rglob(f"*.{sign}"):
            shutil.copy(path, tmp_path / path.relative_to(ASSETS.parent))
    with pytest.raises(ValueError, match="Has the theme changed"):
        repair_files(tmp_path / "assets")


def test_addresses_of_mended_files_are_others_than_the_theme_s():
    assert re.findall(r"[^/]+\?\w+", repair(PAGE)) == [
        f"palette.0a1b.min.css?{MENDED}",
        f"search.0a1b.min.js?{MENDED}",
    ]


@pytest.mark.parametrize(
    "piece",
    ['role="dialog"', 'role="progressbar"', "md-toggle", "md-search__options", "palette.0a1b", "search.0a1b"],
)
def test_a_changed_theme_is_an_error(piece):
    with pytest.raises(ValueError, match="Has the theme changed"):
        repair(PAGE.replace(piece, "other"))


def test_the_installed_theme_has_what_is_repaired():
    partials = Path(material.__file__).parent / "templates" / "partials"
    base = (partials.parent / "base.html").read_text()
    progress = (partials / "progress.html").read_text()
    search = (partials / "search.html").read_text()
    base = re.sub(r"\{\{ '([^']+)' \| url \}\}", r"\1", base)
    base = base.replace('.js" | url,', '.js",')
    repair(base + search.replace("{{ lang.t('search') }}", "Search") + progress)


def test_every_width_has_its_rule_in_the_style_sheet():
    css = (ROOT / "docs" / "assets" / "extra.css").read_text()
    for half in range(4, 21):
        page = repair(PAGE.replace("504", str(half * 36)))
        (name,) = re.findall(r'class="(plot__box[^"]*)"', page)
        rule = name.split()[-1]
        assert re.search(rf"\.{rule} {{\n  --width: {half * 36};", css), rule


def test_a_label_that_shows_an_arrow_gets_the_name_of_its_section():
    arrow = '<span class="md-nav__icon md-icon"></span>'
    bare = f'<label class="md-nav__link " for="__nav_2" id="__nav_2_label" tabindex="0">\n {arrow}\n</label>'
    title = f'<nav aria-labelledby="__nav_2_label"><label class="md-nav__title" for="__nav_2">{arrow}\n Reg &amp; more\n</label>'
    named = bare.replace("\n ", '<span class="unseen">Reg &amp; more</span>\n ', 1)
    whole = bare.replace(arrow, f"Other {arrow}").replace("__nav_2", "__nav_3")
    page = repair(f"{PAGE}{whole}{bare}{title}")
    assert whole in page and named in page and title.replace("\n", "").replace(" Reg", "Reg") in page
    assert page.count("unseen") == 1


def test_a_label_of_a_table_of_contents_that_the_page_lacks_leads_nowhere():
    label, contents = '<label class="md-nav__link" for="__toc">a</label>', '<input id="__toc">'
    assert label in repair(f"{PAGE}{contents}{label}")
    assert label.replace(' for="__toc"', "") in repair(f"{PAGE}{label}")


def test_what_appears_by_itself_is_a_status():
    assert '<div class="md-search-result__meta" role="status">' in repair(PAGE)


def test_readers_load_no_comments(tmp_path):
    (tmp_path / "extra.css").write_text("/* One\n   two */\na {\n  b: c; /* d */\n}\n")
    (tmp_path / "a.js").write_text("// One\nfoo('//a') // stays\n\n  // two\n  bar()\n")
    (tmp_path / "other.css").write_text("/* stays */")
    strip_comments(tmp_path)
    assert (tmp_path / "extra.css").read_text() == "a {\n  b: c; }\n"
    assert (tmp_path / "a.js").read_text() == "foo('//a') // stays\nbar()\n"
    assert (tmp_path / "other.css").read_text() == "/* stays */"
