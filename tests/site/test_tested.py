"""The page *What is tested* states what the built site holds, counted here once more by other means."""

import ast
import datetime
import json
import re
import tomllib

import pytest
from lxml import html

from hooks import links, tested
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def trees(site):
    return {
        path.relative_to(site).as_posix(): html.parse(str(path)).getroot()
        for path in site.rglob("index.html")
    }


@pytest.fixture(scope="module")
def stated(trees):
    """The numbers in the rows of the first table, by the beginning of the row."""
    rows = trees["tested/index.html"].xpath("(//table)[1]/tbody/tr")
    return {
        row[0].text_content(): re.findall(r"[\d,]+", row[1].text_content().replace(", ", " ")) for row in rows
    }


def count(trees, path):
    return sum(len(tree.xpath(path)) for tree in trees.values())


def test_the_numbers_are_those_of_the_site(site, trees, stated):
    numbers = {name: [int(number.replace(",", "")) for number in found] for name, found in stated.items()}
    code = "//div[contains(@class, 'language-python')][not(contains(@class, 'doc-signature'))]/pre/code"
    labs = {name: tree for name, tree in trees.items() if name.startswith("labs/")}
    links = [
        link
        for tree in trees.values()
        for link in tree.xpath("//a/@href | //link/@href | //script/@src | //img/@src")
    ]
    assert numbers == {
        "Pages": [len(list((ROOT / "docs").rglob("*.md"))) + len(labs)],
        "Snippets": [len(list((ROOT / "snippets").rglob("*.py")))],
        "Figures": [count(trees, "//figure[contains(@class, 'plot')]")],
        "Blocks of Python, except in labs": [count(trees, code) - count(labs, code)],
        "Outputs": [count(trees, "//samp")],
        "Labs, with their cells": [len(list((ROOT / "docs" / "labs").glob("*.py"))), count(labs, code)],
        "Notebooks to take away": [sum(bool(tree.xpath(code)) for tree in trees.values())],
        "Explorers": [count(trees, "//figure[@data-explorer]")],
        "Formulas": [count(trees, "//*[local-name()='math']")],
        "Links and anchors on the site": [sum(not re.match(r"\w+:", link) for link in links)],
        "Claims of the lecture": [len(tomllib.loads((ROOT / "docs" / "claims.toml").read_text())["claim"])],
        "Search": [],
    }


def test_verdicts_tests_and_addresses_elsewhere_are_counted(trees):
    text = " ".join(trees["tested/index.html"].text_content().split())
    verdicts = [
        claim["verdict"] for claim in tomllib.loads((ROOT / "docs" / "claims.toml").read_text())["claim"]
    ]
    numbers = [
        verdicts.count(verdict) for verdict in ("holds", "holds with care", "wrong in part", "announced")
    ]
    assert sum(numbers) == len(verdicts)
    assert "{} hold, {} hold with care, {} are wrong in part, and {} only announce".format(*numbers) in text
    files = list((ROOT / "tests").rglob("test_*.py"))
    functions = [
        node
        for path in files
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]
    assert f"{len(functions):,} test functions in {len(files)} files" in text
    elsewhere = {
        link.partition("#")[0]
        for tree in trees.values()
        for link in tree.xpath("//a/@href")
        if link.startswith("http")
    }
    assert f"{len(elsewhere)} addresses on other hosts" in text


def test_page_twin_and_search_state_the_same_and_no_name_is_left(site, stated):
    page, twin = ((site / "tested" / name).read_text() for name in ("index.html", "index.md"))
    entries = json.loads((site / "search" / "search_index.json").read_text())["docs"]
    searched = "".join(entry["text"] for entry in entries if entry["location"].startswith("tested/"))
    for text in (page, twin, searched):
        assert not tested.NAME.search(text) and stated["Formulas"][0] in text


def test_the_date_is_that_of_the_build(trees):
    text = trees["tested/index.html"].text_content()
    date = datetime.date.fromisoformat(re.search(r"made on (\d{4}-\d\d-\d\d)", text)[1])
    assert datetime.timedelta(0) <= datetime.datetime.now(datetime.UTC).date() - date <= datetime.timedelta(1)


def test_no_link_of_the_site_is_broken(site):
    assert links.find_broken(site, tested.read(site)) == []


def test_the_tests_that_the_page_names_are_there():
    page = (ROOT / "docs" / "tested.md").read_text()
    names = re.findall(r"`(tests/[^`]*)`", page)
    assert len(names) == len(re.findall(r"^\| [A-Z].*` \|$", page, re.MULTILINE))
    for name in names:
        assert (ROOT / name).exists(), name


def test_the_audit_stands_on_the_page(trees):
    report = (ROOT / "benchmarks" / "results" / "audit.md").read_text()
    assert report.split("\n")[0] in trees["tested/index.html"].text_content()
