"""What the audit asks axe, and what axe finds."""

import pytest

from benchmarks import audit

CORE = audit.TOOLS / "node_modules" / "axe-core" / "axe.min.js"
STAND_IN = """window.axe = {run: async () => ({violations: [{
    id: `${innerWidth}, hover ${matchMedia("(hover)").matches}, dark ${matchMedia("(prefers-color-scheme: dark)").matches}`,
    nodes: [...document.querySelectorAll("article details:not(.run)")].map((part) => ({target: [`open ${part.open}`]})),
}]})}"""


def test_axe_looks_at_a_desktop_in_light_and_dark_and_at_a_phone_with_all_unfolded(
    browser, address, tmp_path, monkeypatch
):
    monkeypatch.setattr(audit, "TOOLS", tmp_path)
    core = tmp_path / "node_modules" / "axe-core" / "axe.min.js"
    core.parent.mkdir(parents=True)
    core.write_text(STAND_IN)
    row = audit.visit(browser, f"{address}activations/cost/")
    for name, situation in (
        ("axe_light", "1280, hover true, dark false"),
        ("axe_dark", "1280, hover true, dark true"),
        ("axe_phone", "320, hover false, dark false"),
    ):
        (found,) = row[name]
        where, _, parts = found.partition(": ")
        assert where == situation
        assert set(parts.split(", ")) == {"open true"}


@pytest.mark.skipif(not CORE.exists(), reason="make audit installs axe-core")
@pytest.mark.parametrize("path", ["activations/cost/", "broken/", "gradients/explorer/"])
def test_axe_finds_nothing(browser, address, path):
    row = audit.visit(browser, address + path)
    assert {name: row[name] for name in ("axe_light", "axe_dark", "axe_phone") if row[name]} == {}


def test_a_page_that_lacks_one_measure_is_missing():
    whole = dict.fromkeys(audit.MEASURES, 0)
    early = {name: 0 for name in whole if name != "axe_phone"}
    assert audit.missing(["", "a/", "b/"], {"": whole, "a/": early}) == ["a/", "b/"]
