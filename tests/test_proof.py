"""What is kept of the checks that take long."""

import json
import subprocess
import sys

import pytest

from benchmarks import proof


@pytest.mark.parametrize(
    ("lines", "code", "expected"),
    [
        (
            ["1 failed, 2 passed in 1.0s", "===== 52 passed, 3 skipped in 600.10s (0:10:00) ====="],
            0,
            "52 passed, 3 skipped",
        ),
        (["==== 1 failed, 51 passed, 2 errors in 9.1s ===="], 1, "1 failed, 51 passed, 2 errors"),
        (["12 passed"], 0, "12 passed"),
        (["=== 2 errors in 5.1s ==="], 2, "2 errors"),
        (["== 1 deselected, 1 error in 2.00s =="], 2, "1 error"),
        (["== 1 warning, 2 errors in 2.00s =="], 2, "1 warning, 2 errors"),
        (["== 1 passed, 57 deselected in 2.00s =="], 0, "1 passed"),
        (["No known vulnerabilities found"], 0, "No known vulnerabilities found"),
        (
            ["Found 2 known vulnerabilities in 1 package", "Name Version ID"],
            1,
            "Found 2 known vulnerabilities in 1 package",
        ),
        (["it took 3 passed balls"], 2, "no result, exit code 2"),
        ([], -9, "no result, exit code -9"),
    ],
)
def test_the_outcome_is_the_last_line_that_counts(lines, code, expected):
    assert proof.find_outcome(lines, code) == expected


@pytest.mark.parametrize("code", [0, 3])
def test_a_result_is_kept_beside_the_others_and_the_code_passed_on(tmp_path, monkeypatch, capsys, code):
    (tmp_path / "proof.json").write_text(
        json.dumps(
            {
                "kills": {
                    "date": "2026-01-02",
                    "what": "7 builds",
                    "outcome": "1 passed",
                    "minutes": 3.4,
                    "versions": "Python 3",
                }
            }
        )
    )
    script = f"print('first'); print('== 2 passed in 1.00s =='); raise SystemExit({code})"
    monkeypatch.setattr(proof, "RESULTS", tmp_path)
    monkeypatch.setattr(proof, "LOGS", tmp_path / "logs")
    monkeypatch.setenv("LEGO_FUZZ_EXAMPLES", "300")
    monkeypatch.setattr(sys, "argv", ["proof.py", "fuzz", sys.executable, "-c", script])
    assert proof.main() == code
    assert capsys.readouterr().out == "first\n== 2 passed in 1.00s ==\n"
    (log,) = (tmp_path / "logs").glob("fuzz 20*.log")
    assert log.read_text() == "first\n== 2 passed in 1.00s ==\n"
    found = json.loads((tmp_path / "proof.json").read_text())
    assert found["fuzz"]["outcome"] == "2 passed" and "torch" in found["fuzz"]["versions"]
    text = (tmp_path / "proof.md").read_text()
    _, _, *rows, _, fuzz, kills = text.splitlines()
    assert [row.split("|")[1].strip() for row in rows] == ["`make fuzz`", "`make kills`"]
    assert "function, 300 draws for a cheap one | 2 passed |" in rows[0]
    assert "| 7 builds | 1 passed | 3 | 2026-01-02 |" in rows[1]
    assert fuzz.startswith("With Python 3.") and "hypothesis" in fuzz and fuzz.endswith(": `fuzz`.")
    assert kills == "With Python 3: `kills`."


def test_another_check_is_refused(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["proof.py", "quick", "true"])
    with pytest.raises(SystemExit, match="one of slow, fuzz, kills, advisories, got 'quick'"):
        proof.main()


def test_each_check_is_run_by_the_target_of_its_name():
    for name in proof.CHECKS:
        shown = subprocess.run(
            ["make", "--dry-run", name], cwd=proof.ROOT, capture_output=True, text=True
        ).stdout
        assert f"python -m benchmarks.proof {name} " in shown, shown
