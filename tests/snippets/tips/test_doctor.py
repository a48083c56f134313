import pytest

ILLNESSES = (
    "vanishing gradient", "exploding gradient", "saturated units", "dead units", "identical units",
    "unscaled input", "loss above chance", "learning rate too low", "learning rate too high", "frozen parameters",
)  # fmt: skip


@pytest.mark.parametrize("illness", ILLNESSES)
def test_each_illness_is_named_and_each_cure_works(run_snippet, illness):
    (findings, sick), (left, cured) = run_snippet("tips/doctor")["ward"][illness]
    assert illness in findings and left == []
    assert cured > 0.9 and cured > sick


def test_one_illness_can_be_overlooked_in_the_score(run_snippet):
    ward = run_snippet("tips/doctor")["ward"]
    assert [illness for illness in ward if ward[illness][0][1] > 0.6] == ["loss above chance"]
    assert ward["loss above chance"][0][1] < ward["loss above chance"][1][1] < 0.97


def test_the_page_names_the_findings_that_there_are(run_snippet):
    from tests.conftest import ROOT

    page = (ROOT / "docs" / "tips" / "doctor.md").read_text()
    assert all(f"**{illness}**" in page for illness in run_snippet("tips/doctor")["ward"])


def test_what_the_page_says_of_its_cost_was_measured():
    """Two to three steps, more for narrow layers; every fiftieth step, about a twentieth of a run."""
    from tests.conftest import ROOT

    text = (ROOT / "benchmarks" / "results" / "diagnose.md").read_text()
    *usual, narrow = (
        float(row.split("|")[2]) for row in text.splitlines() if row.startswith(("| 8", "| 3", "| 2"))
    )
    assert min(usual) > 1.5 and max(usual) < 3.5 and narrow > max(usual)
    assert sum(usual) / len(usual) / 50 == pytest.approx(1 / 20, abs=0.01)
